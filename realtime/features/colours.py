"""Maps of features as colours, in OKLab: differences that are equally large look equally large."""

from functools import lru_cache

import cv2
import numpy as np

from realtime.imaging.frame import Floats, Image
from realtime.imaging.guided_filter import enlarge_along_edges
from realtime.imaging.oklab import bgr_of_oklab

VIVID, STRONG = 0.65, 0.2
"""Weak colours are made stronger: a chroma c becomes STRONG * (c / STRONG) ** VIVID."""

UNIT = 100.0  # the level of a gain of 1

MIDDLE, LIGHT, YELLOW, RED = 0.70, 0.20, 0.19, 0.17
"""Lightness, and how far it, yellow to blue and red to green go from the middle.

The first component is yellow or blue and the second light or dark, which people who confuse red and green see as well.
"""


def colours_of_components(maps: Floats) -> Floats:
    """Three components (3, h, w) of -1 to 1 as BGR (h, w, 3) of 0 to 1."""
    first, second, third = np.clip(maps, -1.2, 1.2)
    yellow, red = YELLOW * first, RED * third
    lift = (np.hypot(yellow, red) / STRONG + 1e-3) ** (VIVID - 1)
    return bgr_of_oklab(np.stack([MIDDLE + LIGHT * second, red * lift, yellow * lift], axis=-1))


def colours_of_clusters(maps: Floats, sharpness: float = 150.0) -> Floats:
    """The scores of clusters (n, h, w) as BGR (h, w, 3): the colour of the best one, mixed where several are close."""
    scores = np.exp(sharpness * (maps - maps.max(axis=0)))
    shares = scores / scores.sum(axis=0)
    return np.asarray(np.tensordot(shares, palette(len(maps)), axes=(0, 0)), np.float32)


PALETTE = (
    *("ff7a66", "36d3c6", "f3d38c", "6f80ff", "f6ee58", "c79aff", "ff9d3c", "8fd2ff"),
    *("a6e05f", "ff9ccb", "2fb8e6", "e9e9e4", "e2577f", "a5efc9", "b9a26b", "9fb1cc"),
)
"""Coral, turquoise, sand, ultramarine, lemon, lilac and so on, in RGB: none darker than 0.6 in OKLab."""


@lru_cache(maxsize=32)
def palette(count: int) -> Floats:
    """The first colours of PALETTE (count, 3) as BGR of 0 to 1."""
    return np.array([tuple(bytes.fromhex(each)[::-1]) for each in PALETTE[:count]], np.float32) / np.float32(255)


DARKEST = 0.55  # light of a colour where the picture is black
DARKEST_REGION = 0.7  # the same of a region, whose colours would become brown
DIMMED = 0.22  # light of a picture where nothing is alike


def lit_by(colours: Image, image: Image, darkest: float = DARKEST) -> Image:
    """Colours with the light and shadow of an image of the same size; `darkest` is the light where it is black."""
    light = cv2.cvtColor(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR)
    light = cv2.convertScaleAbs(light, alpha=1 - darkest, beta=255 * darkest)
    return cv2.multiply(colours, light, scale=1 / 255)  # type: ignore[return-value]


def tint(colours: Image, image: Image) -> Image:
    """The image in its own light and shadow, its colours replaced."""
    light, own = (cv2.cvtColor(each, cv2.COLOR_BGR2GRAY) for each in (image, colours))
    gain = cv2.cvtColor(cv2.divide(light, own, scale=UNIT), cv2.COLOR_GRAY2BGR)
    return cv2.multiply(colours, gain, scale=1 / UNIT)  # type: ignore[return-value]


def light_places(image: Image, light: Floats) -> Image:
    """The image in its colours where `light` (h, w) is 1, dark and grey where it is 0."""
    grey = cv2.cvtColor(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR)
    dark = cv2.convertScaleAbs(grey, alpha=DIMMED, beta=6)
    mask = enlarge_along_edges(np.repeat(light[..., None], 3, axis=2), image)
    lit = cv2.multiply(image, mask, scale=1 / 255)
    return cv2.add(lit, cv2.multiply(dark, 255 - mask, scale=1 / 255))  # type: ignore[return-value]
