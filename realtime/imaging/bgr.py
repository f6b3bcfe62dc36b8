"""From the arrays of cameras and pictures to images."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.errors import SourceError
from realtime.imaging.compositing import BACKGROUND
from realtime.imaging.frame import Image


def as_bgr(array: NDArray[Any], name: str) -> Image:
    """Convert a grey, BGR or BGRA array of 8 or 16 bits to a contiguous image, over the background where it is clear.

    Raises SourceError, which names the source, for any other array.
    """
    channels = 1 if array.ndim == 2 else array.shape[-1]
    if array.ndim not in (2, 3) or channels not in (1, 3, 4) or array.dtype not in (np.uint8, np.uint16):
        raise SourceError(
            f"{name}: unsupported pixel format: expected grey, BGR or BGRA with 8 or 16 bits,"
            f" but got shape {array.shape} of {array.dtype}"
        )
    if array.dtype == np.uint16:
        array = (array >> 8).astype(np.uint8)
    if channels == 1:
        array = np.repeat(array.reshape(*array.shape[:2], 1), 3, axis=2)
    if channels == 4:
        array = over_background(array)
    return np.ascontiguousarray(array)


def over_background(image: NDArray[np.uint8]) -> Image:
    """Blend a BGRA image over the background of the canvas."""
    alpha = image[..., 3:].astype(np.uint16)
    behind = np.array(BACKGROUND, np.uint16) * (255 - alpha)
    return ((image[..., :3] * alpha + behind + 127) // 255).astype(np.uint8)
