"""What a view is: one file in `realtime/views`, drawing one kind of picture from a frame."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from models.spec import GraphSpec, Grid, Head, Hw, LayerInfo, ModelInfo, Network, Precision
from realtime.controls.controls import Controls, Snapshot
from realtime.controls.settings import ShowSettings
from realtime.controls.value import Bind, Settings
from realtime.imaging.frame import Frame, Image, hw
from realtime.inference.engine import Engine
from realtime.views.tiles import TileSettings


@dataclass(frozen=True, slots=True)
class Scene:
    """All that a view may look at: the frame, the settings, the network, and the size of its panel."""

    frame: Frame
    settings: Snapshot
    network: Network
    engine: Engine
    input_hw: Hw
    panel_hw: Hw
    precision: Precision = "fp32"

    @property
    def info(self) -> ModelInfo:
        """The network's facts."""
        return self.network.info

    @property
    def layer(self) -> LayerInfo:
        """The layer that the settings name."""
        return self.info.layer(self.settings[ShowSettings].layer)

    @property
    def channel(self) -> int:
        """The channel that the settings name, or the last that the layer has."""
        return min(self.settings[TileSettings].channel, self.layer.channels - 1)

    @property
    def aspect(self) -> float:
        """Width to height of the tiles: that of what the network sees, were it not squeezed into one size."""
        height, width = self.input_hw
        if self.info.input.fixed_hw:
            height, width = hw(self.frame.image)
        return width / height

    def graph(self, head: Head) -> GraphSpec:
        """The graph that draws `head` from what the network sees."""
        return GraphSpec(self.network, head, self.input_hw, self.precision)


@dataclass(frozen=True, slots=True)
class Tiles:
    """Which channel lies where on a panel, for the cursor, the mouse and the labels.

    `channels` are in reading order; `selected` is the place of the chosen one among them, None when it is not shown.
    """

    grid: Grid
    channels: tuple[int, ...]
    selected: int | None

    @classmethod
    def of(cls, grid: Grid, channels: NDArray[np.int64], chosen: int) -> Tiles:
        """The tiles of `channels`, with the channel `chosen` selected where it is among them."""
        places = np.flatnonzero(channels == chosen)
        return cls(grid, tuple(channels.tolist()), int(places[0]) if len(places) else None)

    def at(self, x: float, y: float) -> int | None:
        """The channel of the tile under a point of the panel, or None."""
        place = self.grid.place(x, y)
        return self.channels[place] if place is not None and place < len(self.channels) else None


@dataclass(frozen=True, slots=True)
class Rendered:
    """A view's picture, filling its panel, and what is known about it.

    `words` are a large word and a sentence for the caption; a layer has its own when a view has none.
    """

    image: Image
    layer: LayerInfo | None = None
    tiles: Tiles | None = None
    words: tuple[str, str] | None = None


class View(ABC):
    """Draws one kind of picture. What it keeps between frames is touched by the render thread alone.

    `settings` are the groups of values that it reads. A view that is `alone` wants no camera beside it; a `worded` one
    contains text, on which nothing else may be written.
    """

    name: ClassVar[str]
    bind: ClassVar[Bind]
    settings: ClassVar[tuple[type[Settings], ...]] = ()
    alone: ClassVar[bool] = False
    worded: ClassVar[bool] = False

    @abstractmethod
    def render(self, scene: Scene) -> Rendered:
        """The picture for this frame; engine.NotReady escapes while a graph is being made."""

    def upcoming(self, scene: Scene) -> Iterable[GraphSpec]:
        """The graphs that a next key press may need, the likeliest first."""
        return ()

    def register(self, controls: Controls, info: ModelInfo) -> None:
        """Add what the view brings beside its settings: its actions, and in some views rules."""
        controls.register(self)
