"""Limits flashing, so that nobody is hurt: where canvases flash, they change slowly.

Flashes become a calm picture of medium brightness; everything else passes unchanged.
"""

import cv2
import numpy as np

from realtime.canvas.flash_detector import FlashDetector, Mask
from realtime.canvas.flash_grid import FlashGrid
from realtime.canvas.low_pass import WIDE, LowPass
from realtime.imaging.frame import Floats, Image

HOLD = 1.0  # seconds for which changes stay slow after the last flash
RELEASE = 1.0  # seconds in which they then become free again
AROUND = np.ones((9, 9), np.uint8)  # blocks: the edges of what flashes are filtered too


class FlashLimiter:
    """Takes every canvas of a show in turn; at another size it begins anew."""

    def __init__(self) -> None:
        self._grid = FlashGrid()
        self._detector: FlashDetector | None = None
        self._filter: LowPass | None = None
        self._left: Floats | None = None  # seconds for which each block is still filtered
        self._last, self._clock = 0.0, 0.0

    def apply(self, image: Image, now: float) -> tuple[Image, bool]:
        """The canvas that may be shown at the time `now` in seconds, and whether it is limited.

        Where nothing flashes it is `image` itself. Time that runs backwards stands still.
        """
        if self._filter is not None and self._filter.shape != image.shape:
            self._grid, self._detector, self._filter, self._left = FlashGrid(), None, None, None
        grid = self._grid.measure(image)
        if self._detector is None or self._filter is None:
            self._detector, self._filter, self._last = FlashDetector(grid), LowPass(image), now
        seconds = max(now - self._last, 0.0)
        self._last, self._clock = now, self._clock + seconds
        strength = self._strength(self._detector.update(grid, self._clock), seconds)
        if strength.any():
            return self._filter.filter(image, strength, seconds), True
        self._filter.follow(image)
        return image, False

    def _strength(self, flashing: Mask, seconds: float) -> Floats:
        """How much each block is filtered, 0 to 1."""
        if self._left is None:
            self._left = np.zeros(flashing.shape, np.float32)
        np.maximum(self._left - seconds, 0, out=self._left)
        around = cv2.dilate(flashing.view(np.uint8), AROUND) > 0
        self._left[around if around.mean() < WIDE else ...] = HOLD + RELEASE
        strength: Floats = np.minimum(self._left / np.float32(RELEASE), 1)
        return strength
