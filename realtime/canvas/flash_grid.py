"""What may hurt in a canvas, on a coarse grid: relative luminance and saturated red, as WCAG 2.3.1 defines them."""

import cv2
import numpy as np
from numpy.typing import NDArray

from realtime.imaging.frame import Image

Grid = NDArray[np.uint8]
"""One byte for each cell, (planes, height, width) or (height, width); 255 is the maximum."""

LONG_SIDE = 400  # cells at most: a cell then covers about 0.1 degrees of view, the finest pattern that counts
BRIGHT = 223  # 0.875: what is brighter counts as this, so that changes between two bright images are none

_CODES = np.arange(256) / 255
_TO_LINEAR = np.round(255 * np.where(_CODES <= 0.04045, _CODES / 12.92, ((_CODES + 0.055) / 1.055) ** 2.4))
_TO_LINEAR = _TO_LINEAR.astype(np.uint8)

_PLANES = np.array([[0.0722, 0.7152, 0.2126], [-1, -1, 1], [-3.5, -3.5, 1]], np.float32)
"""From linear BGR to luminance, to R - G - B, and to a value above 0 where R / (R + G + B) is above 0.78."""


class FlashGrid:
    """Measures canvases of one size. Its buffer saves more time than the arithmetic takes."""

    def __init__(self) -> None:
        self._half: Image | None = None

    def measure(self, image: Image) -> Grid:
        """The cells of a canvas, (3, height, width): relative luminance, R - G - B, and whether red is saturated."""
        if max(image.shape[:2]) > LONG_SIDE:  # two pixels each way first: the error is small, the time a third
            image = self._half = halved(image, self._half)
        linear = cv2.LUT(image, _TO_LINEAR, dst=self._half)
        while max(linear.shape[:2]) > LONG_SIDE:
            linear = halved(linear)  # type: ignore[arg-type]
        luminance, red, saturated = cv2.split(cv2.transform(linear, _PLANES))
        return np.array((cv2.min(luminance, BRIGHT), red, cv2.min(saturated, 1)), np.uint8)  # type: ignore[call-overload]


def halved(image: NDArray[np.uint8], into: NDArray[np.uint8] | None = None) -> NDArray[np.uint8]:
    """Half the size, by averages; `into` is an array of that size that may be overwritten."""
    height, width = image.shape[:2]
    size = max(width // 2, 1), max(height // 2, 1)
    return cv2.resize(image, size, dst=into, interpolation=cv2.INTER_AREA)  # type: ignore[return-value]
