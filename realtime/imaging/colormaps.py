"""Perceptual colormaps for grey tiles: lightness rises from dark, so that a brighter tile is a stronger activation."""

from collections.abc import Sequence
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from realtime.imaging.frame import Image

_DARK = "0b0d10"  # the background: tiles lie on it without an edge, and a channel without activation is invisible

_ANCHORS = {
    "ember": (_DARK, "1b0c3a", "56106e", "a52c60", "e3593a", "fba40a", "fcffc8"),
    "ocean": (_DARK, "07163a", "0b3f77", "107ba0", "2fb7a8", "9be3a4", "fbfbe0"),
    "viridian": (_DARK, "14123f", "27406f", "1f7a7a", "3fae63", "a6d83c", "fdfbc0"),
    "grey": (_DARK, "ffffff"),
}

COLORMAPS = tuple(_ANCHORS)


def apply_colormap(grey: NDArray[np.uint8], colormap: str, contrast: float) -> Image:
    """Grey (H, W) to BGR (H, W, 3); `contrast` is the exponent 1/gamma, which brightens weak values above 1."""
    return cv2.applyColorMap(grey, _table(colormap, round(contrast, 3)))  # type: ignore[return-value]


def interpolate(anchors: Sequence[str], positions: NDArray[np.float64]) -> NDArray[np.uint8]:
    """The colours (..., 3) BGR at `positions` from 0 to 1 along `anchors`, which are RGB in hexadecimal."""
    table = np.array([tuple(bytes.fromhex(each))[::-1] for each in anchors], np.float64)
    scaled = positions * (len(table) - 1)
    channels = [np.interp(scaled, np.arange(len(table)), channel) for channel in table.T]
    return np.stack(channels, axis=-1).round().astype(np.uint8)


@lru_cache(maxsize=64)
def _table(colormap: str, contrast: float) -> Image:
    """The 256 colours, (256, 1, 3) BGR."""
    return interpolate(_ANCHORS[colormap], np.linspace(0.0, 1.0, 256) ** (1.0 / contrast))[:, None]
