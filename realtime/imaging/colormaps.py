"""Perceptual colormaps for grey tiles: lightness rises from dark, so that a brighter tile is a stronger activation."""

from collections.abc import Sequence
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from realtime.imaging.frame import Image
from realtime.imaging.oklab import bgr_of_oklab, oklab_of_bgr

_DARK = "0b0d10"  # the background, level 0
_FLOOR = 0.18  # the OKLab lightness of level 1: a tile without activation is darker than any other, but can be seen

_ANCHORS = {
    "ember": ("56106e", "a52c60", "e3593a", "fba40a", "fcffc8"),
    "sunset": ("3b1a78", "8a2f9a", "e8517c", "ff9466", "ffdc86", "fffbe8"),
    "gold": ("3a1732", "7a2c34", "bd5a24", "e89a2b", "fbd862", "fffcea"),
    "rose": ("35145c", "7d1c78", "c93878", "f4707a", "ffb6a0", "fff6ea"),
    "violet": ("251a70", "5636c2", "8f58ee", "c486f6", "eec2fb", "fffaff"),
    "ice": ("14225a", "2350b4", "2f8ce8", "63cbf5", "b8f1f8", "fbffff"),
    "ocean": ("0b3f77", "107ba0", "2fb7a8", "9be3a4", "fbfbe0"),
    "aurora": ("12285e", "0c5a80", "0c9482", "3fc878", "b0ea72", "fbffe0"),
    "meadow": ("12381f", "2f803f", "84c44c", "dcf287", "fdffee"),
    "ink": ("20346e", "fff3da"),
    "dusk": ("45207e", "ffce72"),
    "neon": ("6a14b8", "4df5d6"),
    "grey": ("ffffff",),
}

PHOTO = "photo"  # in place of a colormap: the picture itself, lit by the activations
STAGE = "stage"  # in place of a colormap: the one of INKS that belongs to the stage of the layer
COLORMAPS = (*_ANCHORS, PHOTO)
INKS = ("ice", "aurora", "gold", "rose", "violet")  # of the stages of a network, from the first on


def ink(colormap: str, block: int) -> str:
    """The colormap for a layer of a block, which is counted from 1: STAGE stands for that of the block."""
    return INKS[min(block, len(INKS)) - 1] if colormap == STAGE else colormap


def ink_colour(colormap: str, block: int) -> tuple[int, int, int]:
    """The colour of a strong activation in the colormap for a layer of a block, BGR; grey where it has none."""
    blue, green, red = (int(each) for each in _table(ink(colormap, block), 1.0)[190, 0])
    return blue, green, red


def apply_colormap(grey: NDArray[np.uint8], colormap: str, contrast: float) -> Image:
    """Grey (H, W) to BGR (H, W, 3); `contrast` is the exponent 1/gamma, which brightens weak values above 1.

    Without a picture to light, PHOTO is grey.
    """
    return cv2.applyColorMap(grey, _table(colormap, round(contrast, 3)))  # type: ignore[return-value]


def light_photo(grey: NDArray[np.uint8], photo: Image, contrast: float) -> Image:
    """`photo` (H, W, 3) with the activations (H, W) as the light that falls on it; the strongest ones shine."""
    light, shine = _light(round(contrast, 3))
    lit = cv2.multiply(_bright_colours(photo), cv2.cvtColor(cv2.LUT(grey, light), cv2.COLOR_GRAY2BGR), scale=1 / 255)
    return cv2.add(lit, cv2.cvtColor(cv2.LUT(grey, shine), cv2.COLOR_GRAY2BGR))  # type: ignore[return-value]


def _bright_colours(photo: Image) -> Image:
    """The colours of a picture, lifted so that its shadows can be lit too."""
    lifted = np.rint(255 * (np.arange(256) / 255) ** 0.7).astype(np.uint8)
    return cv2.LUT(photo, lifted)  # type: ignore[return-value]


@lru_cache(maxsize=64)
def _light(contrast: float) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """For each level the share of the photo that is seen, and the white that is added, in 255ths."""
    level = np.linspace(0.0, 1.0, 256) ** (1.0 / contrast)
    return np.rint(255 * level).astype(np.uint8), np.rint(70 * level**4).astype(np.uint8)


def interpolate(anchors: Sequence[str], positions: NDArray[np.float64]) -> NDArray[np.uint8]:
    """The colours (..., 3) BGR at `positions` from 0 to 1 along `anchors`, which are RGB in hexadecimal."""
    table = np.array([tuple(bytes.fromhex(each))[::-1] for each in anchors], np.float64)
    scaled = positions * (len(table) - 1)
    channels = [np.interp(scaled, np.arange(len(table)), channel) for channel in table.T]
    return np.stack(channels, axis=-1).round().astype(np.uint8)


@lru_cache(maxsize=64)
def _table(colormap: str, contrast: float) -> Image:
    """The 256 colours, (256, 1, 3) BGR; each anchor has the place of its lightness, so that lightness rises evenly."""
    anchors = (_DARK, *_ANCHORS.get(colormap, _ANCHORS["grey"]))
    rgb = np.array([tuple(bytes.fromhex(each)) for each in anchors], np.float32)
    lab = oklab_of_bgr(rgb[:, ::-1] / np.float32(255))
    places = _FLOOR + np.linspace(0.0, 1.0, 255) ** (1.0 / contrast) * (lab[-1, 0] - _FLOOR)
    places = np.concatenate([lab[:1, 0], places])
    colours = np.stack([np.interp(places, lab[:, 0], axis) for axis in lab.T], axis=-1)
    return np.rint(255 * bgr_of_oklab(np.asarray(colours, np.float32))).astype(np.uint8)[:, None]
