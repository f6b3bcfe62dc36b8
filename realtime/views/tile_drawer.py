"""Runs graphs of tiles so that they neither flicker nor jump: each tile is scaled by its peak, smoothed over time.

The nodes that draw the tiles are in `models/build/heads/tiles.py`.
"""

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from models.spec import LayerInfo
from realtime.imaging.frame import Image
from realtime.inference.engine import Outputs
from realtime.inference.providers import Tensors

RunGraph: TypeAlias = Callable[[Tensors], Outputs]
"""Runs one graph of tiles: from its inputs to its outputs."""

Channels: TypeAlias = NDArray[np.int64]


class TileDrawer:
    """Draws channels of one or more layers. A new layer takes two passes: the first one measures its peaks."""

    def __init__(self) -> None:
        self._gains: dict[str, Gains] = {}
        self._ranks: dict[str, MostActive] = {}

    def draw(
        self,
        run: RunGraph,
        image: Image,
        layers: Sequence[LayerInfo],
        *,
        channels: Channels | None = None,
        count: int | None = None,
        normalize: str = "tile",
    ) -> tuple[NDArray[np.uint8], list[Channels]]:
        """The grey panel that the graph draws of an image, and the channels on its tiles, layer by layer.

        They are the `channels` given, else the `count` most active ones of each layer, else all.
        """
        gains = [self._gains.setdefault(layer.name, Gains(layer.channels)) for layer in layers]
        ranks = [self._ranks.setdefault(layer.name, MostActive(layer.channels)) for layer in layers]
        measured = all(each.measured for each in gains) and (count is None or all(each.measured for each in ranks))
        for _ in range(1 if measured else 2):
            shown = [np.arange(layer.channels) if channels is None else channels for layer in layers]
            if count is not None:
                shown = [rank.channels(count) for rank in ranks]
            factors = [each.gain(some, normalize=normalize) for each, some in zip(gains, shown, strict=True)]
            feeds: dict[str, NDArray[Any]] = {"image": image, "gain": np.concatenate(factors)}
            if channels is not None or count is not None:
                feeds["channels"] = np.concatenate(shown)
            outputs = run(feeds)
            for each, some, peaks in zip(gains, shown, np.split(outputs["peak"], len(layers)), strict=True):
                each.update(some, peaks)
            if count is not None:
                ends = np.cumsum([layer.channels for layer in layers])[:-1]
                for rank, means in zip(ranks, np.split(outputs["means"], ends), strict=True):
                    rank.update(means)
        return outputs["picture"], shown

    def keep(self, layer: LayerInfo, channel: int | None) -> None:
        """Keep one channel among the most active ones of its layer, until another one is to be kept."""
        for rank in self._ranks.values():
            rank.kept = None
        self._ranks.setdefault(layer.name, MostActive(layer.channels)).kept = channel

    def gain(self, layer: LayerInfo, channel: int) -> float:
        """The factor that scales the activations of a channel to the range of 0 to 1."""
        return float(self._gains[layer.name].gain(np.array([channel]), normalize="tile")[0])


class Gains:
    """The factor that scales the peak of each channel of a layer to full brightness.

    A peak rises within a few frames and falls within some dozens: tiles do not clip for long, and one whose activation
    drops fades to black instead of amplifying its noise.
    """

    RISE, FALL = 0.35, 0.04
    FLOOR = 0.02  # share of the strongest channel; weaker ones stay dark

    def __init__(self, total: int) -> None:
        self.measured = False
        self._peaks = np.zeros(total, np.float32)

    def gain(self, channels: Channels, *, normalize: str) -> NDArray[np.float32]:
        """The gain of each of `channels`."""
        if not self.measured:
            return np.full(len(channels), 1e-2, np.float32)
        highest = max(float(self._peaks.max()), 1e-9)
        level = self._peaks[channels] if normalize == "tile" else np.full(len(channels), highest)
        unmeasured = level == 0.0
        return (1.0 / np.where(unmeasured, highest, np.maximum(level, highest * self.FLOOR))).astype(np.float32)

    def update(self, channels: Channels, peaks: NDArray[np.float32]) -> None:
        """Add the measured peaks of `channels`."""
        self.measured = True
        new, old = np.nan_to_num(peaks.astype(np.float32), posinf=0.0, neginf=0.0), self._peaks[channels]
        rate = np.where(old == 0.0, 1.0, np.where(new > old, self.RISE, self.FALL))
        self._peaks[channels] = old + rate.astype(np.float32) * (new - old)


class MostActive:
    """The most active channels of a layer, each in a fixed place; or all in order, those without activation last.

    A channel replaces the weakest one shown only when it is clearly stronger, and one tile changes at a time. The one
    that is `kept` is always shown.
    """

    MARGIN, SMOOTHING = 1.5, 0.05
    REST = 15  # frames between two changes

    def __init__(self, total: int) -> None:
        self.measured = False
        self.kept: int | None = None
        self._means = np.zeros(total, np.float32)
        self._shown = np.arange(0)
        self._places: dict[int, Channels] = {}
        self._rest = 0

    def channels(self, count: int) -> Channels:
        """The `count` channels shown now, in order of place; the one to keep takes the place of the weakest."""
        if len(self._shown) != count:
            ranks = -self._means if count < len(self._means) else self._means == 0
            first = np.argsort(ranks, kind="stable")[:count].astype(np.int64)
            self._shown = self._places.setdefault(count, first)
        if self.kept is not None and self.kept not in self._shown:
            self._shown[int(np.argmin(self._means[self._shown]))] = self.kept
        return self._shown.copy()

    def update(self, means: NDArray[np.float32]) -> None:
        """Add the mean activation of every channel; the one to keep is not replaced."""
        means = np.nan_to_num(means)
        if not self.measured:
            self.measured, self._means, self._shown = True, means.copy(), np.arange(0)
            self._places.clear()
            return
        self._means += self.SMOOTHING * (means - self._means)
        shown, outside = self._shown, np.setdiff1d(np.arange(len(means)), self._shown)
        self._rest = max(self._rest - 1, 0)
        if len(shown) and len(outside) and not self._rest:
            levels = np.where(shown == self.kept, np.inf, self._means[shown])
            weakest, strongest = int(np.argmin(levels)), int(outside[np.argmax(self._means[outside])])
            if self._means[strongest] > levels[weakest] * self.MARGIN:
                shown[weakest], self._rest = strongest, self.REST
