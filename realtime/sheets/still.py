"""A picture that stands still before a network: the tiles of any of its layers, lit by their own peaks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.spec import GraphSpec, Grid, Hw, LayerInfo, MosaicHead, Network
from realtime.imaging.frame import Image, hw
from realtime.inference.channels import check_channels
from realtime.inference.engine import Engine
from realtime.inference.network_input import input_size, network_input
from realtime.views.tiles import Gains


@dataclass(frozen=True, slots=True)
class Tiling:
    """Channels of a layer on a panel: `grey` is uint8 (panel_h, panel_w), the tiles in reading order."""

    layer: LayerInfo
    grid: Grid
    channels: tuple[int, ...]
    grey: NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Still:
    """A picture, the network that looks at it, and the short side of what it sees."""

    image: Image
    network: Network
    engine: Engine
    short_side: int = 224

    @property
    def input_hw(self) -> Hw:
        """What the network sees of the picture."""
        return self.network.info.input.fixed_hw or input_size(hw(self.image), self.short_side)

    @property
    def aspect(self) -> float:
        """Width to height of the tiles: that of what the network sees, were it not squeezed into one size."""
        height, width = input_size(hw(self.image), self.short_side)
        return width / height

    def tiles(self, layer: LayerInfo, grid: Grid, count: int, channels: Sequence[int] = ()) -> Tiling:
        """The `count` most active channels of a layer, strongest first, or the `channels` given, on `grid`.

        Raises SettingError for a channel that the layer does not have. Waits until the graph is made.
        """
        check_channels(layer, channels)
        chosen = np.array(channels, np.int64) if channels else self._most_active(layer, grid, count)
        gains = Gains()
        peak = self._run(layer, grid, chosen, np.ones(len(chosen), np.float32))["peak"]
        gains.learn(layer.name, chosen, peak, total=layer.channels)
        gain = gains.gain(layer.name, chosen, normalise="tile")
        return Tiling(layer, grid, tuple(chosen.tolist()), self._run(layer, grid, chosen, gain)["picture"])

    def _most_active(self, layer: LayerInfo, grid: Grid, count: int) -> NDArray[np.int64]:
        any_of_them = np.arange(count)
        energy = self._run(layer, grid, any_of_them, np.ones(count, np.float32))["energy"]
        return np.argsort(-np.nan_to_num(energy), kind="stable")[:count].astype(np.int64)

    def _run(
        self, layer: LayerInfo, grid: Grid, channels: NDArray[np.int64], gain: NDArray[np.float32]
    ) -> dict[str, NDArray[Any]]:
        head = MosaicHead(layer.name, grid, len(channels))
        spec = GraphSpec(self.network, head, self.input_hw)
        feeds: dict[str, NDArray[Any]] = {
            "image": network_input(self.image, self.input_hw),
            "channels": channels,
            "gain": gain,
        }
        return self.engine.run_when_ready(spec, feeds)
