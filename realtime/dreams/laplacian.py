"""Laplacian normalization: every scale of a gradient gets the same strength, so that shapes grow as readily as noise.

From the DeepDream notebook of TensorFlow (Mordvintsev 2016), with the pyramid of Burt and Adelson (1983).
"""

import cv2
import numpy as np

from realtime.imaging.frame import Floats

SMALLEST = 8  # pixels of the shorter side below which a level is not divided further


def normalize_scales(gradient: Floats, levels: int) -> Floats:
    """A gradient (height, width, 3) whose `levels` of scale have a root mean square of 1 each, and their sum too."""
    bands: list[Floats] = []
    rest = gradient
    while len(bands) < levels - 1 and min(rest.shape[:2]) >= 2 * SMALLEST:
        smaller = cv2.pyrDown(rest)
        bands.append(_normalized(rest - cv2.pyrUp(smaller, dstsize=rest.shape[1::-1])))
        rest = np.asarray(smaller, np.float32)
    total = _normalized(rest)
    for band in reversed(bands):
        total = np.asarray(cv2.pyrUp(total, dstsize=band.shape[1::-1]) + band, np.float32)
    return _normalized(total)


def root_mean_square(field: Floats) -> float:
    """The root of the mean of the squares."""
    return float(cv2.norm(field.reshape(len(field), -1)) / field.size**0.5)


def _normalized(band: Floats) -> Floats:
    strength = root_mean_square(band)
    return band / np.float32(strength) if strength > np.finfo(np.float32).tiny else band
