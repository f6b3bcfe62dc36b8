"""Enlarge a small picture so that its edges follow those of a large one (fast guided filter, He and Sun 2015)."""

import cv2
import numpy as np

from realtime.imaging.frame import Floats, Image, hw

RADIUS = 3  # pixels of the small picture
EPSILON = 1e-3  # a variance of grey from 0 to 1; flatter places are smoothed


def enlarge_along_edges(colours: Floats, image: Image) -> Image:
    """`colours` (height, width, 3) of 0 to 1 at the size of `image`, with the edges of its grey."""
    guide = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
    small = cv2.resize(guide, hw(colours)[::-1], interpolation=cv2.INTER_AREA)
    slope, offset = _lines(colours, np.asarray(small / np.float32(255), np.float32))
    size = hw(image)[::-1]
    large = cv2.multiply(cv2.resize(slope, size), cv2.cvtColor(guide, cv2.COLOR_GRAY2BGR), dtype=cv2.CV_32F)
    return cv2.add(large, cv2.resize(offset * 255, size), dtype=cv2.CV_8U)  # type: ignore[return-value]


def _lines(colours: Floats, guide: Floats) -> tuple[Floats, Floats]:
    """Slope and offset, (height, width, 3), of the line from guide to colour that fits best around each pixel."""
    guide = np.repeat(guide[..., None], 3, axis=2)
    mean_guide, mean_colours = _mean(guide), _mean(colours)
    covariance = _mean(guide * colours) - mean_guide * mean_colours
    slope = covariance / (_mean(guide * guide) - mean_guide**2 + EPSILON)
    return _mean(slope), _mean(mean_colours - slope * mean_guide)


def _mean(values: Floats) -> Floats:
    """The mean around every pixel."""
    return np.asarray(cv2.blur(values, (2 * RADIUS + 1,) * 2), np.float32)
