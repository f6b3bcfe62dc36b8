"""What the tile views share: the grid that fills a panel, gains that do not flicker, tiles that do not jump."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from models.spec import Grid, Hw
from realtime.controls.value import Bind, value
from realtime.imaging.colormaps import COLORMAPS

GAP = 2
"""Pixels between tiles."""

STRETCH = 0.12
"""How far a tile may leave the camera's aspect ratio to fill the panel whole."""


@dataclass(frozen=True, slots=True)
class TileSettings:
    """How tiles are chosen, lit and coloured."""

    group: ClassVar[str] = "tiles"

    channel: int = value(0, "selected channel", high=4095)
    zoom: bool = value(
        False, "show the selected tile only", Bind(("z",), "toggle", "selected tile large, or all tiles")
    )
    active: bool = value(
        False, "show only the most active channels", Bind(("a",), "toggle", "most active channels, or all")
    )
    count: int = value(16, "minimum number of most active channels", low=1, high=256)
    contrast: float = value(
        1.8,
        "contrast (gamma); above 1 brightens weak activations",
        Bind(("b",), "cycle", "more contrast, then back to none", 0.4, feedback="contrast"),
        low=1.0,
        high=3.0,
    )
    normalise: str = value(
        "tile",
        "what is full brightness: the maximum of each tile, or of the layer",
        Bind(("n",), "cycle", "normalise per tile or per layer", feedback="normalise per"),
        choices=("tile", "layer"),
    )
    colormap: str = value(
        COLORMAPS[0],
        "colormap of the tiles",
        Bind(("t",), "cycle", "next colormap", feedback="colormap"),
        choices=COLORMAPS,
    )


@lru_cache(maxsize=1024)
def fill_panel(count: int, panel_hw: Hw, *, aspect: float, gap: int = GAP) -> Grid:
    """The grid of `count` tiles that covers most of a panel, each about `aspect` (width / height) wide."""
    best, best_cover = None, 0.0
    for cols in range(1, count + 1):
        rows = -(-count // cols)
        cell_hw = _cell(panel_hw, rows, cols, aspect=aspect, gap=gap)
        cover = cell_hw[0] * cell_hw[1] * count
        if cover > best_cover:
            best, best_cover = Grid(rows, cols, cell_hw, gap, panel_hw), cover
    if best is None:
        return fill_panel(count, panel_hw, aspect=aspect, gap=0) if gap else Grid(1, count, (1, 1), 0, panel_hw)
    return best


def fullest(count: int, total: int, panel_hw: Hw, *, aspect: float) -> int:
    """How many tiles, from `count` to half as many more and at most `total`, leave least of a panel dark."""

    def covered(number: int) -> int:
        height, width = fill_panel(number, panel_hw, aspect=aspect).cell_hw
        return height * width * number

    return max(range(min(count, total), min(count + count // 2, total) + 1), key=covered)


def _cell(panel_hw: Hw, rows: int, cols: int, *, aspect: float, gap: int) -> Hw:
    """The largest cell in its share of the panel whose aspect ratio is within STRETCH of `aspect`."""
    height = (panel_hw[0] - gap * (rows - 1)) // rows
    width = (panel_hw[1] - gap * (cols - 1)) // cols
    if height < 1 or width < 1:
        return 0, 0
    return min(height, int(width / aspect * (1 + STRETCH))), min(width, int(height * aspect * (1 + STRETCH)))


class Gains:
    """The factor that brings each channel's peak to full brightness, smoothed over time so that tiles do not flicker.

    A peak rises within a few pictures and falls within some dozens: light never clips for long, and a tile that goes
    quiet fades to black instead of amplifying its noise.
    """

    RISE, FALL = 0.35, 0.04
    FLOOR = 0.02  # of the strongest channel: noise below it stays dark

    def __init__(self) -> None:
        self._peaks: dict[str, NDArray[np.float32]] = {}

    def gain(self, key: str, channels: NDArray[np.int64], *, normalise: str) -> NDArray[np.float32]:
        """The gain of each of `channels` of the layer `key`."""
        peaks = self._peaks.get(key)
        if peaks is None:
            return np.full(len(channels), 1e-2, np.float32)
        highest = max(float(peaks.max()), 1e-9)
        level = peaks[channels] if normalise == "tile" else np.full(len(channels), highest)
        unseen = level == 0.0
        return (1.0 / np.where(unseen, highest, np.maximum(level, highest * self.FLOOR))).astype(np.float32)

    def known(self, key: str) -> bool:
        """Whether the layer `key` has been seen."""
        return key in self._peaks

    def learn(self, key: str, channels: NDArray[np.int64], peaks: NDArray[np.float32], *, total: int) -> None:
        """Take in the peaks that came out of the graph for `channels`, of `total` there are."""
        seen = np.nan_to_num(peaks.astype(np.float32), posinf=0.0, neginf=0.0)
        kept = self._peaks.setdefault(key, np.zeros(total, np.float32))
        old = kept[channels]
        rate = np.where(old == 0.0, 1.0, np.where(seen > old, self.RISE, self.FALL))
        kept[channels] = old + rate.astype(np.float32) * (seen - old)


class MostActive:
    """Which channels of a layer are shown when only the most active are; a tile keeps its place.

    A channel comes in only when it is clearly above the weakest shown, takes that one's place, and comes alone: at
    most one tile changes per picture.
    """

    MARGIN, SMOOTHING = 1.3, 0.08

    def __init__(self) -> None:
        self._energy: dict[str, NDArray[np.float32]] = {}
        self._shown: dict[str, NDArray[np.int64]] = {}

    def known(self, key: str) -> bool:
        """Whether the layer `key` has been seen."""
        return key in self._energy

    def channels(self, key: str, count: int, total: int) -> NDArray[np.int64]:
        """The `count` channels shown now, by place."""
        shown = self._shown.get(key)
        if shown is None or len(shown) != count:
            energy = self._energy.get(key)
            order = np.arange(total) if energy is None else np.argsort(-energy, kind="stable")
            shown = self._shown[key] = order[:count].astype(np.int64)
        return shown.copy()

    def learn(self, key: str, energy: NDArray[np.float32]) -> None:
        """Take in the mean activation of every channel of the layer."""
        energy = np.nan_to_num(energy)
        if key not in self._energy:
            self._energy[key] = energy.copy()
            self._shown.pop(key, None)
            return
        kept = self._energy[key]
        kept += self.SMOOTHING * (energy - kept)
        self._swap(self._shown[key], kept)

    def _swap(self, shown: NDArray[np.int64], energy: NDArray[np.float32]) -> None:
        outside = np.setdiff1d(np.arange(len(energy)), shown)
        if len(outside):
            weakest, strongest = int(np.argmin(energy[shown])), int(outside[np.argmax(energy[outside])])
            if energy[strongest] > energy[shown[weakest]] * self.MARGIN:
                shown[weakest] = strongest
