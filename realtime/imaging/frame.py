"""What travels through the show: a picture, its number, and when it was taken."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from models.spec import Hw

Image: TypeAlias = NDArray[np.uint8]
"""A picture: uint8 BGR, (height, width, 3)."""

Floats: TypeAlias = NDArray[np.float32]
"""What becomes a picture, or is found in one: float32, (height, width, 3) or (height, width)."""


def hw(image: NDArray[Any]) -> Hw:
    """The height and width of a picture."""
    return image.shape[0], image.shape[1]


@dataclass(frozen=True, slots=True)
class Frame:
    """A picture with its place in the stream; `timestamp` is time.monotonic() seconds at capture."""

    image: Image
    index: int
    timestamp: float
