"""The image types, and the frames of a source."""

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from models.spec import Hw

Image: TypeAlias = NDArray[np.uint8]
"""An image: uint8 BGR, (height, width, 3)."""

Floats: TypeAlias = NDArray[np.float32]
"""A picture or a map in floats: float32, (height, width, 3) or (height, width)."""


def hw(image: NDArray[Any]) -> Hw:
    """The height and width of an image."""
    return image.shape[0], image.shape[1]


@dataclass(frozen=True, slots=True)
class Frame:
    """An image from a source, with its number; `timestamp` is time.monotonic() at capture, in seconds."""

    image: Image
    index: int
    timestamp: float
