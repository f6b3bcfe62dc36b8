"""Finds where canvases flash: more opposing changes in a second than are safe, over an area that matters (WCAG 2.3.1).

All limits are below those of WCAG, which allows three flashes in a second, each of two opposing changes of 0.1 in
luminance or 20 / 320 in saturated red, where less than a quarter of ten degrees of view changes.
"""

from collections import deque

import cv2
import numpy as np
from numpy.typing import NDArray

from realtime.canvas.flash_grid import Grid, halved

CHANGES = np.array([20, 13], np.uint8).reshape(2, 1, 1)
"""The smallest changes of luminance (0.08) and of red (16 / 320) that count."""

MOST = 5  # opposing changes in a second with which a window flashes: the fifth is not shown
NEAR = 3  # with which it flashes too where another does: both halves of a picture dim together
AREA = 0.2  # the share of a window that has to change at once
REVERSED = (
    0.3  # the share that rises, and the share that falls at once, from which a pattern is reversed; less is motion
)
NET_AREA = 0.25  # or within a moment, less what changes the other way
MOMENT = 0.1  # seconds
MOVED = 1.0  # changes per cell in a second with which a block takes part in flashes
FIELDS = 3  # a window of ten degrees is as wide and as high as a third of the canvas
SECOND = 1.05  # seconds; a little more, for canvases that come late

Mask = NDArray[np.bool_]
Shares = NDArray[np.float32]


class FlashDetector:
    """Counts how often, in the last second, much of a window of ten degrees has changed against its last change.

    What moves makes as many places brighter as darker, few of them at the same time: it does not count.
    """

    def __init__(self, grid: Grid) -> None:
        self._cells = OpposingChanges(grid[:2])
        self._last = np.zeros(_blocks(grid[:2]).shape, np.int8)  # the last change of each window: 1 a rise, -1 a fall
        self._net, self._moved, self._turns = RecentSum(MOMENT), RecentSum(SECOND), RecentSum(SECOND)
        self._saturated = RecentSum(SECOND)

    def update(self, grid: Grid, now: float) -> Mask:
        """Take the grid of a canvas; the blocks of 4x4 cells that flash, (height, width)."""
        changed, rising = self._cells.update(grid[:2])
        changed[1] &= np.negative((self._saturated.add(grid[2], now) > 0).view(np.uint8))
        rises, falls = _shares(changed & rising), _shares(changed & ~rising)
        moved = self._moved.add(rises + falls, now)
        net = _in_window(self._net.add(rises - falls, now))
        risen, fallen = _in_window(rises), _in_window(falls)
        moves = (np.minimum(risen, fallen) >= AREA) & (np.minimum(risen, fallen) < REVERSED)
        up = ((risen >= AREA) & ~moves) | (net >= NET_AREA)
        down = ((fallen >= AREA) & ~moves) | (net <= -NET_AREA)
        turns = self._turns.add(self._turned(up, down), now)
        if not (turns >= MOST).any():
            return np.zeros(turns.shape[1:], np.bool_)
        return np.asarray((_around(turns >= NEAR) & (moved >= MOVED)).any(axis=0))

    def _turned(self, up: Mask, down: Mask) -> Shares:
        """How often windows change against their last change: twice where much rises and much falls at once."""
        change = up.astype(np.int8) - down
        turned = (change != 0) & (change != self._last)
        self._last[turned] = change[turned]
        times: Shares = turned + 2 * (up & down).astype(np.float32)
        return times


class OpposingChanges:
    """Follows each place from turning point to turning point.

    A falling place is kept inverted, so that every place is compared with the maximum since it turned.
    """

    def __init__(self, values: Grid) -> None:
        self._falling = np.negative((values < 128).view(np.uint8))  # 255 where the last change was a fall
        self._extreme = values ^ self._falling

    def update(self, values: Grid) -> tuple[Grid, Grid]:
        """Two masks of 0 and 255: the places that have changed against the change before, and those that rise."""
        value = values ^ self._falling
        np.maximum(self._extreme, value, out=self._extreme)
        turned = np.negative((self._extreme - value >= CHANGES).view(np.uint8))
        self._extreme ^= (self._extreme ^ ~value) & turned
        self._falling ^= turned
        return turned, ~self._falling


class RecentSum:
    """The sum of what was added in the last `seconds`, for each place."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._recent: deque[tuple[float, Shares]] = deque()
        self._sum: Shares | None = None

    def add(self, values: Shares, now: float) -> Shares:
        """Add the values of now; the sums."""
        total: Shares = values if self._sum is None else self._sum + values
        self._recent.append((now, values))
        while self._recent[0][0] <= now - self._seconds:
            total = total - self._recent.popleft()[1]
        self._sum = total
        return total


def _blocks(planes: Grid) -> Grid:
    """The means of blocks of 4x4 cells, for each plane."""
    return np.stack([halved(halved(plane)) for plane in planes])


def _shares(mask: Grid) -> Shares:
    """The share of the cells of each block for which a mask is 255, for each plane; their sums are exact."""
    return _blocks(mask) * np.float32(1 / 256)


def _window_wh(blocks: NDArray[np.generic]) -> tuple[int, int]:
    height, width = blocks.shape[1:]
    return width // FIELDS | 1, height // FIELDS | 1


def _in_window(blocks: Shares) -> Shares:
    """The means of the window around each block, for each plane."""
    size = _window_wh(blocks)
    return np.stack([cv2.blur(plane, size, borderType=cv2.BORDER_CONSTANT) for plane in blocks])


def _around(windows: Mask) -> Mask:
    """The blocks that lie in any of these windows, for each plane."""
    kernel = np.ones(_window_wh(windows)[::-1], np.uint8)
    return np.stack([cv2.dilate(plane, kernel) for plane in windows.view(np.uint8)]) > 0
