"""Tiles of the layers of a still picture, each scaled by its own peak."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from models.build.graph_spec import GraphSpec
from models.build.heads.grid import Grid
from models.build.heads.mosaic import MosaicHead
from models.spec import Hw, LayerInfo, Network
from realtime.imaging.frame import Image, hw
from realtime.inference.channels import check_channels
from realtime.inference.engine import Engine
from realtime.inference.network_input import input_size, network_input, proportional
from realtime.views.tile_drawer import TileDrawer


@dataclass(frozen=True, slots=True)
class LayerTiles:
    """Channels of a layer on a panel: `grey` is uint8 (panel_h, panel_w), the tiles in reading order."""

    layer: LayerInfo
    grid: Grid
    channels: tuple[int, ...]
    grey: NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class PictureActivations:
    """A picture, a network, and the short side of its input."""

    image: Image
    network: Network
    engine: Engine
    short_side: int = 224

    @property
    def input_hw(self) -> Hw:
        """The size of the input of the network."""
        return input_size(hw(self.image), self.short_side, self.network.info.input.limits)

    @property
    def aspect(self) -> float:
        """Width to height of the tiles: that of the input, or of the picture where the input has one fixed size."""
        height, width = proportional(hw(self.image), self.short_side)
        return width / height

    def tiles(self, layer: LayerInfo, grid: Grid, count: int, channels: Sequence[int] = ()) -> LayerTiles:
        """The `count` active channels of a layer that differ from each other, or the given `channels`, on `grid`.

        Raises SettingError for a channel that the layer does not have. Waits until the graph is ready.
        """
        check_channels(layer, channels)
        spec = GraphSpec(self.network, MosaicHead(layer.name, grid, len(channels) or count), self.input_hw)
        run, image = partial(self.engine.run_when_ready, spec), network_input(self.image, self.input_hw)
        drawer, shown = TileDrawer(), np.array(channels, np.int64)
        if not channels:
            _, (shown,) = drawer.draw(run, image, (layer,), count=count)
        grey, _ = drawer.draw(run, image, (layer,), channels=shown)
        return LayerTiles(layer, grid, tuple(shown.tolist()), grey)
