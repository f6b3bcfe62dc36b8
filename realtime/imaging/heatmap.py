"""A heatmap over an image, which stays readable: dim where the heatmap is low, glowing where it is high."""

from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from models.spec import Hw
from realtime.imaging.colormaps import COLORMAPS, apply_colormap
from realtime.imaging.frame import Floats, Image, hw

DIM, GLOW = 0.4, 0.55  # the light left where the heatmap is 0, and the share of the glow where it is 1
BRIGHTEST = 215  # of the 255 levels of the colormap: those above are nearly white and would hide the image


def overlay_heatmap(image: Image, heatmap: Floats) -> Image:
    """`image` with a heatmap, 0 to 1 and of any size, laid over it."""
    levels = cv2.merge([_enlarged(heatmap, hw(image))] * 3)
    shade, light = _tables()
    return cv2.add(cv2.multiply(image, cv2.LUT(levels, shade), scale=1 / 255), cv2.LUT(levels, light))  # type: ignore[return-value]


def _enlarged(heatmap: Floats, size_hw: Hw) -> NDArray[np.uint8]:
    """The heatmap at the size of an image, smooth, 0 to 255."""
    smooth = cv2.resize(heatmap, size_hw[::-1], interpolation=cv2.INTER_CUBIC)
    return cv2.convertScaleAbs(cv2.max(smooth, 0.0), alpha=255)  # type: ignore[call-overload,return-value]


@cache
def _tables() -> tuple[Image, Image]:
    """For each level of the heatmap the factor of the image, in 255ths, and the light to add: (256, 1, 3) each.

    Look-up tables take less than half the time of the same arithmetic on floats.
    """
    level = np.arange(256, dtype=np.float32)[:, None, None] / 255
    cover = GLOW * level
    glow = apply_colormap(np.rint(level[..., 0] * BRIGHTEST).astype(np.uint8), COLORMAPS[0], 1.0)
    shade = np.repeat((DIM + (1 - DIM) * level) * (1 - cover) * 255, 3, axis=2)
    return np.rint(shade).astype(np.uint8), np.rint(glow * cover).astype(np.uint8)
