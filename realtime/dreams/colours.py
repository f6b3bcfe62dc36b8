"""The colours of a dream: its own without the fine ones, those of the camera, or two inks for the whole picture."""

from functools import cache

import cv2
import numpy as np

from realtime.imaging.colormaps import interpolate
from realtime.imaging.colour_axes import AXES
from realtime.imaging.frame import Floats, Image

BLUR = 2.5  # pixels: colours that change faster than this are noise to the eye
FINE = 1.8  # pixels: lines that are finer than this are sharpened
CONTRAST = 1.3  # how much deeper the darks and how much lighter the lights of inks are
LIGHT = 0.7, 0.9  # lightness, 0 to 1, from which on a picture is nearly white, and where it is
CALMED = 0.45, 0.75, 0.75  # how much less lightness and colour the detail has there
CALM, VIVID = 0.6, 1.2  # how much of the other colours is kept

INKS = {
    "ink": ("16130f", "4b4239", "a89a86", "f4ecdd"),
    "moon": ("070b16", "1d3557", "7fa3bd", "f3f6ee"),
    "gold": ("0d0907", "5a2a16", "c98a34", "fff0c4"),
    "rose": ("120a1c", "5c2a5a", "e0857a", "fff0e2"),
    "tide": ("04101a", "0b4557", "45a59a", "f4efdc"),
    "moss": ("0a110d", "23483c", "8fae6b", "f6f3da"),
}
"""Colours from dark to light, RGB in hexadecimal, that replace those of picture and dream."""

COLOURS = ("dream", "vivid", "camera", *INKS)
"""What `dream/colours` may be."""


def treat_detail(detail: Floats, colours: str) -> Floats:
    """The detail (height, width, 3) in other colours: its lightness stays sharp, and fine colours are blurred away."""
    axes = cv2.transform(detail, AXES)
    if colours not in ("dream", "vivid"):
        axes[..., 1:] = 0
    else:
        share = np.float32(VIVID if colours == "vivid" else CALM)
        axes[..., 1:] = cv2.GaussianBlur(axes[..., 1:], (0, 0), BLUR) * share
    return np.asarray(cv2.transform(axes, AXES.T), np.float32)


def calm_lights(detail: Floats, image: Image) -> Floats:
    """The detail, weaker where the image, of any size, is nearly white: noise is seen there."""
    level = cv2.GaussianBlur(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), (0, 0), image.shape[0] / 90)
    level = cv2.resize(level, detail.shape[1::-1], interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    light = np.clip((level - LIGHT[0]) / (LIGHT[1] - LIGHT[0]), 0, 1)[..., None]
    axes = cv2.transform(detail, AXES) * (1 - light * np.array(CALMED, np.float32))
    return np.asarray(cv2.transform(axes, AXES.T), np.float32)


def sharpened(detail: Floats, amount: float) -> Floats:
    """The detail with more of its fine lightness, or with less where the `amount` is negative."""
    lightness = cv2.transform(detail, AXES[:1])
    fine = (lightness - cv2.GaussianBlur(lightness, (0, 0), FINE)) * np.float32(amount)
    return np.asarray(cv2.add(detail, cv2.transform(fine, np.ascontiguousarray(AXES[:1].T))), np.float32)


def treat_picture(image: Image, colours: str) -> Image:
    """The picture with its dream, in colours or grey, in the two inks called `colours`; in others as it is."""
    if colours not in INKS:
        return image
    level = image if image.ndim == 2 else cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
    return cv2.applyColorMap(level, _inks(colours))  # type: ignore[return-value]


@cache
def _inks(colours: str) -> Image:
    """The 256 colours, (256, 1, 3) BGR."""
    levels = np.linspace(-1.0, 1.0, 256)
    return interpolate(INKS[colours], 0.5 + 0.5 * np.tanh(CONTRAST * levels) / np.tanh(CONTRAST))[:, None]
