"""What travels through the show: a picture, its number, and when it was taken."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Image: TypeAlias = NDArray[np.uint8]
"""A picture: uint8 BGR, (height, width, 3)."""


@dataclass(frozen=True, slots=True)
class Frame:
    """A picture with its place in the stream; `timestamp` is time.monotonic() seconds at capture."""

    image: Image
    index: int
    timestamp: float
