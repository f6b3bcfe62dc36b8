"""The base class of views. A view is one file in `realtime/views` that draws one kind of image from a frame."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from models.build.graph_spec import GraphSpec
from models.build.heads.grid import Grid
from models.build.heads.head import Head
from models.build.precision import Precision
from models.spec import Hw, LayerInfo, ModelInfo, Network, Prediction
from realtime.controls.controls import Controls, Snapshot
from realtime.controls.settings import ShowSettings
from realtime.controls.value import KeyBinding, Scalar, Settings
from realtime.imaging.compositing import covering, fitted, resize
from realtime.imaging.frame import Frame, Image, hw
from realtime.inference.engine import Engine, Outputs
from realtime.inference.network_input import network_input
from realtime.inference.providers import Tensors
from realtime.views.click import Click
from realtime.views.tiles import TileSettings


@dataclass(frozen=True, slots=True)
class Scene:
    """What a view draws from: the frame, the settings, the network, and the size of its panel.

    With `cover` the picture fills the panel, and what lies beyond its edges is not seen. `effort`, from 0 to 1, is the
    share of the work in the background that there is time for.
    """

    frame: Frame
    settings: Snapshot
    network: Network
    engine: Engine
    input_hw: Hw
    panel_hw: Hw
    precision: Precision = "fp32"
    cover: bool = False
    effort: float = 1.0

    @property
    def info(self) -> ModelInfo:
        """The metadata of the network."""
        return self.network.info

    @property
    def layer(self) -> LayerInfo:
        """The selected layer."""
        return self.info.layer(self.settings[ShowSettings].layer)

    @property
    def channel(self) -> int | None:
        """The selected channel, or the last one of the layer; None where none is selected."""
        channel = self.settings[TileSettings].channel
        return min(channel, self.layer.channels - 1) if channel >= 0 else None

    @property
    def frame_hw(self) -> Hw:
        """The size of the frame."""
        return hw(self.frame.image)

    @property
    def aspect(self) -> float:
        """Width to height of the tiles: that of the input, or of the frame where the input has one fixed size."""
        height, width = self.frame_hw if self.info.input.fixed_hw else self.input_hw
        return width / height

    @property
    def input_image(self) -> Image:
        """The frame at the size of the input."""
        return network_input(self.frame.image, self.input_hw)

    @property
    def whole_hw(self) -> Hw:
        """The size at which the whole frame lies in the panel, or covers it."""
        return (covering if self.cover else fitted)(self.frame_hw, self.panel_hw)

    def fitted_frame(self) -> Image:
        """The frame as large as the panel allows, or the part of it that fills the panel."""
        part = self.frame.image[self.visible(self.frame_hw)]
        return resize(part, self.panel_hw if self.cover else self.whole_hw)

    def visible(self, size_hw: Hw) -> tuple[slice, slice]:
        """The rows and columns that are seen of an image or a map of the whole frame of that size."""
        if not self.cover:
            return slice(None), slice(None)
        shares = (seen / whole for seen, whole in zip(self.panel_hw, self.whole_hw, strict=True))
        spans = [(side, max(round(side * share), 1)) for side, share in zip(size_hw, shares, strict=True)]
        rows, columns = (slice((side - span) // 2, (side + span) // 2) for side, span in spans)
        return rows, columns

    def graph(self, head: Head, size_hw: Hw | None = None) -> GraphSpec:
        """The graph of `head`, at the size of the input or at another one."""
        return GraphSpec(self.network, head, size_hw or self.input_hw, head.nearest(self.precision))

    def runner(self, head: Head) -> Callable[[Tensors], Outputs]:
        """Runs the graph of `head`; raises what Engine.run raises."""
        return partial(self.engine.run, self.graph(head))


@dataclass(frozen=True, slots=True)
class Tiles:
    """The channels on a grid in reading order; `selected` is the place of the selected one, None where it is not shown.

    The cursor, the mouse and the labels use it.
    """

    grid: Grid
    channels: tuple[int, ...]
    selected: int | None

    @classmethod
    def of(cls, grid: Grid, channels: NDArray[np.int64], selected: int | None) -> Tiles:
        """The tiles of `channels`; the channel `selected` is selected where it is among them."""
        places = np.flatnonzero(channels == (-1 if selected is None else selected))
        return cls(grid, tuple(channels.tolist()), int(places[0]) if len(places) else None)

    def at(self, x: float, y: float) -> int | None:
        """The channel of the tile at a point of the panel, or None."""
        place = self.grid.place(x, y)
        return self.channels[place] if place is not None and place < len(self.channels) else None


@dataclass(frozen=True, slots=True)
class Rendered:
    """The image of a view, which fills its panel, and what it shows.

    `caption` is a title and a sentence; without it the caption is that of the layer's stage. `predictions` replace
    those of the show.
    """

    image: Image
    layer: LayerInfo | None = None
    tiles: Tiles | None = None
    caption: tuple[str, str] | None = None
    predictions: tuple[Prediction, ...] | None = None


class View(ABC):
    """Draws one kind of image. Only the view thread uses what it keeps between frames.

    `settings` are the groups of values that it reads, without those that are `unused`. A view that `hides_camera`
    fills the canvas. One that `is_picture` may be covered by camera and caption. A layer that is chosen in another view
    is not for one with an `own_layer`. The network of one `in_background` works as fast as it can, in int8 where that
    helps. A picture that is alone on the canvas fills it. The key of the view, pressed in it, sets the path and the
    value that are `plain`.
    """

    name: ClassVar[str]
    bind: ClassVar[KeyBinding]
    settings: ClassVar[tuple[type[Settings], ...]] = ()
    unused: ClassVar[tuple[str, ...]] = ()
    hides_camera: ClassVar[bool] = False
    is_picture: ClassVar[bool] = False
    own_layer: ClassVar[bool] = False
    in_background: ClassVar[bool] = False
    plain: ClassVar[tuple[str, Scalar] | None] = None

    @abstractmethod
    def render(self, scene: Scene) -> Rendered:
        """The image for this frame; raises NotReady while a graph is being prepared."""

    def upcoming(self, scene: Scene) -> Iterable[GraphSpec]:
        """The graphs that the next key press may need, the most likely first."""
        return ()

    def default_layer(self, controls: Controls, info: ModelInfo) -> str | None:
        """The layer that the view begins with while nobody has chosen one; None for that of the show."""
        return None

    def shows(self, path: str, settings: Snapshot) -> bool:
        """Whether a change of the value at `path` can be seen in this view."""
        if path == "show/fit" and not self.fills(settings):
            return False
        if path == "show/caption" and settings[ShowSettings].layout == "full":
            return False
        groups = {"show", "window", "predict", *(each.group for each in self.settings)}
        return path.partition("/")[0] in groups and path not in self.unused

    def fills(self, settings: Snapshot) -> bool:
        """Whether the view is a picture that is alone on the canvas."""
        return self.is_picture and (self.hides_camera or settings[ShowSettings].layout == "full")

    def click(self, controls: Controls, click: Click) -> str:
        """Do what a click means, on the main thread; the answer for the status line where the picture shows none.

        A click selects a tile, a double click enlarges it.
        """
        if click.right:
            return "a right click means 'not this' in features (6)"
        if click.channel is None:
            return f"there is nothing to select here in {self.name}"
        controls.set("tiles/channel", click.channel)
        if click.twice:
            controls.toggle("tiles/zoom")
        return ""

    def register(self, controls: Controls, info: ModelInfo) -> None:
        """Add the actions of the view; some views also add rules."""
        controls.register(self)
