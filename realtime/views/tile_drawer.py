"""Draws channels as grey tiles that neither flicker nor jump: each is scaled by its own peak, smoothed over time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from models.spec import LayerInfo
from realtime.imaging.frame import Image
from realtime.inference.engine import Outputs
from realtime.inference.providers import Tensors

Run: TypeAlias = Callable[[Tensors], Outputs]
"""Runs one graph of tiles: from its inputs to its outputs."""

Channels: TypeAlias = NDArray[np.int64]


class TileDrawer:
    """Draws channels of one or more layers. A new layer takes two passes: the first one measures its peaks."""

    def __init__(self) -> None:
        self._gains = Gains()
        self._most_active = MostActive()

    def draw(
        self,
        run: Run,
        image: Image,
        layers: Sequence[LayerInfo],
        *,
        channels: Channels | None = None,
        count: int | None = None,
        normalise: str = "tile",
    ) -> tuple[NDArray[np.uint8], list[Channels]]:
        """The grey panel that the graph draws of an image, and the channels on its tiles, layer by layer.

        They are the `channels` given, else the `count` most active ones of each layer, else all.
        """
        for _ in range(1 if self._measured(layers, count) else 2):
            shown = [self._channels(layer, count) if channels is None else channels for layer in layers]
            gains = [
                self._gains.gain(layer.name, each, normalise=normalise)
                for layer, each in zip(layers, shown, strict=True)
            ]
            feeds: dict[str, NDArray[Any]] = {"image": image, "gain": np.concatenate(gains)}
            if channels is not None or count is not None:
                feeds["channels"] = np.concatenate(shown)
            outputs = run(feeds)
            self._update(layers, shown, outputs, ranked=count is not None)
        return outputs["picture"], shown

    def _measured(self, layers: Sequence[LayerInfo], count: int | None) -> bool:
        return all(
            self._gains.measured(layer.name) and (count is None or self._most_active.measured(layer.name)) for layer in layers
        )

    def _channels(self, layer: LayerInfo, count: int | None) -> Channels:
        if count is None:
            return np.arange(layer.channels)
        return self._most_active.channels(layer.name, count, layer.channels)

    def _update(
        self, layers: Sequence[LayerInfo], shown: Sequence[Channels], outputs: Outputs, *, ranked: bool
    ) -> None:
        for layer, channels, peaks in zip(layers, shown, np.split(outputs["peak"], len(layers)), strict=True):
            self._gains.update(layer.name, channels, peaks, total=layer.channels)
        if ranked:
            ends = np.cumsum([layer.channels for layer in layers])[:-1]
            for layer, energy in zip(layers, np.split(outputs["energy"], ends), strict=True):
                self._most_active.update(layer.name, energy)


class Gains:
    """The factor that scales the peak of each channel to full brightness.

    A peak rises within a few frames and falls within some dozens: tiles do not clip for long, and one whose activation
    drops fades to black instead of amplifying its noise.
    """

    RISE, FALL = 0.35, 0.04
    FLOOR = 0.02  # share of the strongest channel; weaker ones stay dark

    def __init__(self) -> None:
        self._peaks: dict[str, NDArray[np.float32]] = {}

    def gain(self, key: str, channels: Channels, *, normalise: str) -> NDArray[np.float32]:
        """The gain of each of `channels` of the layer `key`."""
        peaks = self._peaks.get(key)
        if peaks is None:
            return np.full(len(channels), 1e-2, np.float32)
        highest = max(float(peaks.max()), 1e-9)
        level = peaks[channels] if normalise == "tile" else np.full(len(channels), highest)
        unmeasured = level == 0.0
        return (1.0 / np.where(unmeasured, highest, np.maximum(level, highest * self.FLOOR))).astype(np.float32)

    def measured(self, key: str) -> bool:
        """Whether the layer `key` has been measured."""
        return key in self._peaks

    def update(self, key: str, channels: Channels, peaks: NDArray[np.float32], *, total: int) -> None:
        """Add the measured peaks of `channels`, which are some of `total`."""
        measured = np.nan_to_num(peaks.astype(np.float32), posinf=0.0, neginf=0.0)
        stored = self._peaks.setdefault(key, np.zeros(total, np.float32))
        old = stored[channels]
        rate = np.where(old == 0.0, 1.0, np.where(measured > old, self.RISE, self.FALL))
        stored[channels] = old + rate.astype(np.float32) * (measured - old)


class MostActive:
    """The most active channels of each layer, each in a fixed place.

    A channel replaces the weakest one shown only when it is clearly stronger, and at most one tile changes per frame.
    """

    MARGIN, SMOOTHING = 1.3, 0.08

    def __init__(self) -> None:
        self._energy: dict[str, NDArray[np.float32]] = {}
        self._shown: dict[str, Channels] = {}

    def measured(self, key: str) -> bool:
        """Whether the layer `key` has been measured."""
        return key in self._energy

    def channels(self, key: str, count: int, total: int) -> Channels:
        """The `count` channels shown now, in order of place."""
        shown = self._shown.get(key)
        if shown is None or len(shown) != count:
            energy = self._energy.get(key)
            order = np.arange(total) if energy is None else np.argsort(-energy, kind="stable")
            shown = self._shown[key] = order[:count].astype(np.int64)
        return shown.copy()

    def update(self, key: str, energy: NDArray[np.float32]) -> None:
        """Add the mean activation of every channel of the layer."""
        energy = np.nan_to_num(energy)
        if key not in self._energy:
            self._energy[key] = energy.copy()
            self._shown.pop(key, None)
            return
        mean = self._energy[key]
        mean += self.SMOOTHING * (energy - mean)
        self._swap(self._shown[key], mean)

    def _swap(self, shown: Channels, energy: NDArray[np.float32]) -> None:
        outside = np.setdiff1d(np.arange(len(energy)), shown)
        if len(outside):
            weakest, strongest = int(np.argmin(energy[shown])), int(outside[np.argmax(energy[outside])])
            if energy[strongest] > energy[shown[weakest]] * self.MARGIN:
                shown[weakest] = strongest
