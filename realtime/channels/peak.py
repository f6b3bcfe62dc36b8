"""The place in a map where a channel responds most, without jumping between places that are about as strong."""

from typing import Any

import cv2
import numpy as np

from realtime.imaging.compositing import Rect
from realtime.imaging.frame import Floats, hw

GRID = 24  # pixels of the longer side of the map that the peak is searched in
BLUR = 1.2  # pixels of the small map
STAYS = 1.25  # the peak moves to another place that is that much stronger
NEAR = 3  # pixels of the small map: so far it follows at once
FOLLOWS = 0.3  # share of the way in each frame


class Peak:
    """The peak of the maps of one channel."""

    def __init__(self) -> None:
        self._place: tuple[float, float] | None = None

    def update(self, activations: Floats) -> tuple[float, float] | None:
        """Add a map (h, w): row and column of the peak as shares of its sides; None while the channel is silent."""
        small = shrunk(activations)
        if small.max() <= 0:
            self._place = None
            return None
        height, width = small.shape
        if self._place is not None:
            row, column = int(self._place[0] * height), int(self._place[1] * width)
            top, left = max(row - NEAR, 0), max(column - NEAR, 0)
            near = small[top : row + NEAR + 1, left : column + NEAR + 1]
            if near.max() * STAYS >= small.max():
                found = np.unravel_index(int(near.argmax()), near.shape)
                new = (found[0] + top + 0.5) / height, (found[1] + left + 0.5) / width
                was = self._place
                self._place = was[0] + FOLLOWS * (new[0] - was[0]), was[1] + FOLLOWS * (new[1] - was[1])
                return self._place
        place = np.unravel_index(int(small.argmax()), small.shape)
        self._place = (place[0] + 0.5) / height, (place[1] + 0.5) / width
        return self._place


def shrunk(activations: Floats) -> Floats:
    """A map averaged to at most GRID pixels a side, and blurred: the maximum is the middle of what is clipped."""
    height, width = hw(activations)
    scale = min(GRID / max(height, width), 1.0)
    size: Any = max(round(width * scale), 1), max(round(height * scale), 1)
    small = cv2.resize(activations, size, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.GaussianBlur(small, (0, 0), BLUR, borderType=cv2.BORDER_CONSTANT), np.float32)


def square_around(place: tuple[float, float], size_hw: tuple[int, int], side: int) -> Rect:
    """The square with a `side` in pixels around a place, which is given in shares, within a picture."""
    height, width = size_hw
    side = min(side, height, width)
    top, left = round(place[0] * height - side / 2), round(place[1] * width - side / 2)
    return Rect(min(max(left, 0), width - side), min(max(top, 0), height - side), side, side)
