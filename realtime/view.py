"""What a view is: one file in `realtime/views`, drawing one kind of picture from a frame."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

from models.spec import GraphSpec, Grid, Head, Hw, LayerInfo, ModelInfo, Network
from realtime.controls import Bind, Snapshot
from realtime.engine import Engine
from realtime.frame import Frame, Image
from realtime.settings import ShowSettings


@dataclass(frozen=True, slots=True)
class Scene:
    """All that a view may look at: the frame, the settings, the network, and the size of its panel."""

    frame: Frame
    settings: Snapshot
    network: Network
    engine: Engine
    input_hw: Hw
    panel_hw: Hw

    @property
    def info(self) -> ModelInfo:
        """The network's facts."""
        return self.network.info

    @property
    def layer(self) -> LayerInfo:
        """The layer that the settings name."""
        return self.info.layer(self.settings[ShowSettings].layer)

    def graph(self, head: Head) -> GraphSpec:
        """The graph that draws `head` from what the network sees."""
        return GraphSpec(self.network, head, self.input_hw)


@dataclass(frozen=True, slots=True)
class Tiles:
    """Which channel lies where on a panel, for the cursor, the mouse and the labels.

    `channels` are in reading order; `selected` is the place of the chosen one among them, None when it is not shown.
    """

    layer: str
    grid: Grid
    channels: tuple[int, ...]
    selected: int | None

    @classmethod
    def of(cls, layer: str, grid: Grid, channels: NDArray[np.int64], chosen: int) -> Tiles:
        """The tiles of `channels`, with the channel `chosen` selected where it is among them."""
        places = np.flatnonzero(channels == chosen)
        return cls(layer, grid, tuple(channels.tolist()), int(places[0]) if len(places) else None)

    def rect(self, place: int) -> tuple[int, int, int, int]:
        """Left, top, width and height of a tile, in pixels of the panel."""
        (height, width), gap, grid = self.grid.cell_hw, self.grid.gap, self.grid
        top = (grid.panel_hw[0] - grid.rows * (height + gap) + gap) // 2
        left = (grid.panel_hw[1] - grid.cols * (width + gap) + gap) // 2
        row, col = divmod(place, grid.cols)
        return left + col * (width + gap), top + row * (height + gap), width, height

    def at(self, x: float, y: float) -> int | None:
        """The place of the tile under a point of the panel, or None."""
        left, top, width, height = self.rect(0)
        col, row = int((x - left) // (width + self.grid.gap)), int((y - top) // (height + self.grid.gap))
        place = row * self.grid.cols + col
        inside = 0 <= col < self.grid.cols and 0 <= row < self.grid.rows and place < len(self.channels)
        return place if inside else None


@dataclass(frozen=True, slots=True)
class Shown:
    """A view's picture, filling its panel, and what is known about it."""

    image: Image
    layer: LayerInfo | None = None
    tiles: Tiles | None = None


class View(Protocol):
    """Draws one kind of picture; what it keeps between frames is touched by the render thread alone."""

    name: ClassVar[str]
    bind: ClassVar[Bind]

    def render(self, scene: Scene) -> Shown:
        """The picture for this frame; engine.NotReady escapes while a graph is being made."""

    def upcoming(self, scene: Scene) -> Iterable[GraphSpec]:
        """The graphs that a next key press may need, the likeliest first."""


def black(size_hw: Hw) -> Image:
    """A panel with nothing on it."""
    return np.zeros((*size_hw, 3), np.uint8)
