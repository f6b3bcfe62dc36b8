"""Counts flashes in films as WCAG 2.3.1 defines them, pixel by pixel, in floats; shares no code with the limiter.

A flash is a pair of opposing changes of relative luminance by 0.1 or more, where the darker image is below 0.8, or of
(R - G - B) * 320 by more than 20, where the redder image has R / (R + G + B) of 0.8 or more. It counts where more than
a quarter of a window of ten degrees, a third of the image each way, flashes: 2.8 % of the image.

See https://www.w3.org/TR/WCAG22/#dfn-general-flash-and-red-flash-thresholds
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

SAFE = 6
"""Changes in a second: three flashes."""

AREA = 0.25
POSITIONS = 25
"""Windows along each side."""

Field = NDArray[np.float32]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Changes:
    """The most changes that any window shows in any second."""

    luminance: int
    red: int

    @property
    def safe(self) -> bool:
        return max(self.luminance, self.red) <= SAFE


def analyse(frames: Iterable[NDArray[np.uint8]], fps: float) -> Changes:
    """The worst second of a film, uint8 BGR of one size."""
    luminance, red = Pixels(0.1, dark=0.8), Pixels(20.0)
    windows = Windows(fps), Windows(fps)
    for frame in frames:
        b, g, r = np.moveaxis(linear(frame), 2, 0)
        total = np.maximum(r + g + b, 1e-9)
        changes = (
            luminance.follow(0.2126 * r + 0.7152 * g + 0.0722 * b, np.ones(r.shape, np.bool_)),
            red.follow(np.maximum(r - g - b, 0) * 320, r / total >= 0.8),
        )
        for each, (rises, falls) in zip(windows, changes, strict=True):
            each.add(rises, falls)
    return Changes(*(each.most for each in windows))


def linear(image: NDArray[np.uint8]) -> Field:
    codes = np.arange(256) / 255
    table: Field = np.where(codes <= 0.04045, codes / 12.92, ((codes + 0.055) / 1.055) ** 2.4).astype(np.float32)
    return table[image]


class Pixels:
    """Follows every pixel from change to change."""

    def __init__(self, threshold: float, dark: float = np.inf) -> None:
        self._threshold, self._dark = threshold, dark
        self._highest = self._lowest = np.zeros(0, np.float32)
        self._counts = np.zeros(0, np.bool_)
        self._direction = np.zeros(0, np.int8)

    def follow(self, values: Field, counts: Mask) -> tuple[Mask, Mask]:
        """The pixels that have risen and those that have fallen; `counts`: where the upper value of a change may be."""
        if not self._highest.size:
            self._highest, self._lowest, self._counts = values, values, counts
            self._direction = np.zeros(values.shape, np.int8)
        higher = values >= self._highest
        self._counts = np.where(higher, counts, self._counts)
        self._highest, self._lowest = np.maximum(self._highest, values), np.minimum(self._lowest, values)
        fell = (self._highest - values >= self._threshold) & (values < self._dark) & self._counts
        rose = (values - self._lowest >= self._threshold) & (self._lowest < self._dark) & counts
        fell, rose = fell & (self._direction != -1), rose & (self._direction != 1)
        changed = fell | rose
        self._direction[fell], self._direction[rose] = -1, 1
        self._highest, self._lowest = np.where(changed, values, self._highest), np.where(changed, values, self._lowest)
        self._counts = np.where(changed, counts, self._counts)
        return rose, fell


class Windows:
    """Counts changes in every window in two ways, and takes the larger number.

    Together: images in which a quarter of a window rises or falls, against its last change. One by one: what a quarter
    of the pixels of a window has reached, whenever each of them changed.
    """

    def __init__(self, fps: float) -> None:
        self._second = max(round(fps), 1)
        self._together: deque[NDArray[np.int64]] = deque(maxlen=self._second)
        self._single: deque[Mask] = deque()
        self._counts = np.zeros(0, np.uint8)
        self._up = np.zeros(0, np.int8)
        self.most = 0

    def add(self, rises: Mask, falls: Mask) -> None:
        """Take the pixels that have risen or fallen in the next image; `most` is the largest count so far."""
        up, down = share(rises) >= AREA, share(falls) >= AREA
        if not self._up.size:
            self._up, self._counts = np.zeros(up.shape, np.int8), np.zeros(rises.shape, np.uint8)
        both = up & down
        once = (up & ~down & (self._up != 1)) | (down & ~up & (self._up != -1))
        self._up[up & ~down], self._up[down & ~up] = 1, -1
        self._together.append(once + 2 * both.astype(np.int64))
        self.most = max(self.most, int(np.sum(self._together, axis=0).max()))
        self._single.append(rises | falls)
        self._counts += self._single[-1]
        if len(self._single) > self._second:
            self._counts -= self._single.popleft()
        while (share(self._counts > self.most) >= AREA).any():
            self.most += 1


def share(mask: Mask) -> Field:
    """The share of a mask in windows at regular positions, (positions, positions); 0 where none of them matters."""
    height, width = mask.shape
    rows, cols = height // 3, width // 3
    if np.count_nonzero(mask) < AREA * rows * cols:
        return np.zeros((POSITIONS, POSITIONS), np.float32)  # no window reaches AREA, wherever it is
    sums = np.pad(mask.astype(np.int32).cumsum(0).cumsum(1), ((1, 0), (1, 0)))
    top = np.linspace(0, height - rows, POSITIONS).round().astype(int)[:, None]
    left = np.linspace(0, width - cols, POSITIONS).round().astype(int)
    inside = sums[top + rows, left + cols] - sums[top, left + cols] - sums[top + rows, left] + sums[top, left]
    shares: Field = (inside / (rows * cols)).astype(np.float32)
    return shares
