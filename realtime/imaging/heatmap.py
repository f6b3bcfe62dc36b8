"""A heatmap on an image: coloured light on the image in grey, with a thin line around the hottest half."""

from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from models.spec import Hw
from realtime.imaging.colormaps import interpolate
from realtime.imaging.frame import Floats, Image, hw

COLOUR_LEFT = 0.2  # share of the image's own colours
GLOW = 0.3  # share of the light that is added where the heatmap is 1; the rest colours the image
LIGHT = ("ffffff", "ffeed8", "ffc47a", "ff8f2e", "ff5a3a")  # the light for heat from 0 to 1
LINE = (170, 225, 255)  # BGR, around everything hotter than half


def overlay_heatmap(image: Image, heatmap: Floats) -> Image:
    """`image` with a heatmap, 0 to 1 and of any size, as light on it."""
    levels = _enlarged(heatmap, hw(image))
    wide = cv2.merge([levels] * 3)
    light, glow = _tables()
    lit = cv2.add(cv2.multiply(_greyish(image), cv2.LUT(wide, light), scale=1 / 255), cv2.LUT(wide, glow))
    hot = cv2.threshold(levels, 127, 255, cv2.THRESH_BINARY)[1]
    outlines, _ = cv2.findContours(hot, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    cv2.drawContours(lit, outlines, -1, LINE, max(round(image.shape[0] / 360), 1), cv2.LINE_AA)
    return lit  # type: ignore[return-value]


def _greyish(image: Image) -> Image:
    """An image with few of its colours, as bright as before."""
    grey = cv2.cvtColor(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR)
    return cv2.addWeighted(image, COLOUR_LEFT, grey, 1 - COLOUR_LEFT, 0)  # type: ignore[return-value]


def _enlarged(heatmap: Floats, size_hw: Hw) -> NDArray[np.uint8]:
    """The heatmap at the size of an image, smooth, 0 to 255."""
    smooth = cv2.resize(heatmap, size_hw[::-1], interpolation=cv2.INTER_CUBIC)
    return cv2.convertScaleAbs(cv2.max(smooth, 0.0), alpha=255)  # type: ignore[call-overload,return-value]


@cache
def _tables() -> tuple[Image, Image]:
    """For each level of the heatmap the factors of the image, in 255ths, and the light to add: (256, 1, 3) each.

    Look-up tables take less than half the time of the same arithmetic on floats.
    """
    level = np.linspace(0.0, 1.0, 256)
    colour = interpolate(LIGHT, level)[:, None]
    glow = np.rint(GLOW * level[:, None, None] ** 1.5 * colour).astype(np.uint8)
    return colour, glow
