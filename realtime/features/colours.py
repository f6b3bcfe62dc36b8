"""Maps of features as colours, in OKLab: differences that are equally large look equally large."""

from functools import lru_cache

import cv2
import numpy as np

from realtime.imaging.frame import Floats, Image
from realtime.imaging.guided_filter import enlarge_along_edges
from realtime.imaging.oklab import bgr_of_oklab

MIDDLE, LIGHT, YELLOW, RED = 0.70, 0.20, 0.19, 0.17
"""Lightness, and how far it, yellow to blue and red to green go from the middle.

The first component is yellow or blue and the second light or dark, which people who confuse red and green see as well.
"""


def colours_of_components(maps: Floats) -> Floats:
    """Three components (3, h, w) of -1 to 1 as BGR (h, w, 3) of 0 to 1."""
    first, second, third = np.clip(maps, -1.2, 1.2)
    return bgr_of_oklab(np.stack([MIDDLE + LIGHT * second, RED * third, YELLOW * first], axis=-1))


def colours_of_clusters(maps: Floats, sharpness: float = 60.0) -> Floats:
    """The scores of clusters (n, h, w) as BGR (h, w, 3): the colour of the best one, mixed where several are close."""
    scores = np.exp(sharpness * (maps - maps.max(axis=0)))
    shares = scores / scores.sum(axis=0)
    return np.asarray(np.tensordot(shares, palette(len(maps)), axes=(0, 0)), np.float32)


@lru_cache(maxsize=32)
def palette(count: int) -> Floats:
    """Colours (count, 3) far from each other in hue, and neighbours in lightness too."""
    numbers = np.arange(count)
    angle = 2 * np.pi * numbers * 0.381966 + 1.9  # the golden angle
    lightness = np.where(numbers % 2, 0.52, 0.78)
    return bgr_of_oklab(np.stack([lightness, 0.13 * np.cos(angle), 0.13 * np.sin(angle)], axis=-1).astype(np.float32))


DARKEST = 0.45  # light of a colour where the picture is black
DIMMED = 0.22  # light of a picture where nothing is alike


def lit_by(colours: Image, image: Image) -> Image:
    """Colours with the light and shadow of an image of the same size."""
    light = cv2.cvtColor(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR)
    light = cv2.convertScaleAbs(light, alpha=1 - DARKEST, beta=255 * DARKEST)
    return cv2.multiply(colours, light, scale=1 / 255)  # type: ignore[return-value]


def over_picture(colours: Image, image: Image) -> Image:
    """Half colours, half the image."""
    return cv2.addWeighted(lit_by(colours, image), 0.55, image, 0.45, 0)  # type: ignore[return-value]


def light_places(image: Image, light: Floats) -> Image:
    """The image in its colours where `light` (h, w) is 1, dark and grey where it is 0."""
    grey = cv2.cvtColor(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR)
    dark = cv2.convertScaleAbs(grey, alpha=DIMMED, beta=6)
    mask = enlarge_along_edges(np.repeat(light[..., None], 3, axis=2), image)
    lit = cv2.multiply(image, mask, scale=1 / 255)
    return cv2.add(lit, cv2.multiply(dark, 255 - mask, scale=1 / 255))  # type: ignore[return-value]
