"""One channel, and beside it the pixels that made it answer: its gradient, back through the network."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial
from typing import ClassVar, TypeAlias, cast

import cv2
import numpy as np

from models.spec import DreamHead, GraphSpec, Grid, LayerInfo, MosaicHead, ReluRule
from realtime.controls.value import Bind, value
from realtime.imaging.colormaps import colour
from realtime.imaging.compositing import fitted, paste, resize, stage
from realtime.imaging.frame import Floats, Image, hw
from realtime.inference.channels import single
from realtime.inference.engine import Outputs
from realtime.inference.network_input import network_input
from realtime.threads.request import Request
from realtime.views.tiles import GAP, Gains, TileSettings
from realtime.views.view import Rendered, Scene, Tiles, View

BRIGHTEST = 0.999
"""The share of the gradient that is drawn within black and white."""

Asked: TypeAlias = tuple[GraphSpec, int]
"""A way back, and the channel that it begins at."""

WORDS = ("why", "The pixels that this channel answers to.")

STEADY = 0.2
"""How fast the brightness follows a stronger or weaker gradient."""


@dataclass(frozen=True, slots=True)
class SaliencySettings:
    """How a channel's answer goes back to the pixels."""

    group: ClassVar[str] = "back"

    rule: str = value(
        "guided",
        "how it goes back through a ReLU",
        Bind((",",), "cycle", "way back: guided, plain, deconv", feedback="way back"),
        choices=("guided", "plain", "deconv"),
    )
    show: str = value(
        "raw",
        "how it is drawn",
        Bind(("'",), "cycle", "draw the way back: raw, grey, norm, blurred", feedback="drawn"),
        choices=("raw", "grey", "norm", "blurred"),
    )


class SaliencyView(View):
    """The tile of the chosen channel, and its gradient beside the show."""

    name = "back"
    bind = Bind(("/",), "set", "back: the pixels that a channel answers to", "back")
    settings = (TileSettings, SaliencySettings)

    def __init__(self) -> None:
        self._gains = Gains()
        self._forget(None)

    def _forget(self, asked: Asked | None) -> None:
        """Begin anew with another channel, or another way back to it."""
        self._asked = asked
        self._way = Request[Outputs]()
        self._slope: Floats | None = None
        self._peak = 0.0

    def render(self, scene: Scene) -> Rendered:
        """Tile and pixels, side by side or one above the other, whichever is larger."""
        height, width = scene.panel_hw
        grid = _grid(scene)
        half_hw = grid.panel_hw
        panel = stage(scene.panel_hw)
        paste(panel, self._tile(scene, grid), 0, 0)
        left, top = grid.corner(0)
        pixels = resize(self._pixels(scene), grid.cell_hw)
        paste(panel, pixels, width - half_hw[1] + left, height - half_hw[0] + top)
        return Rendered(panel, scene.layer, Tiles(grid, (scene.channel,), 0), words=WORDS)

    def upcoming(self, scene: Scene) -> Iterable[GraphSpec]:
        """The tile of this layer and the way back from it, and those of the layers around it."""
        for layer in scene.info.around(scene.layer)[:5]:
            yield scene.graph(_tile_head(layer, _grid(scene)))
            yield scene.graph(_head(scene, layer))

    def _tile(self, scene: Scene, grid: Grid) -> Image:
        settings, layer = scene.settings[TileSettings], scene.layer
        channels = np.array([scene.channel])
        head = _tile_head(layer, grid)
        feeds = {"image": network_input(scene.frame.image, scene.input_hw), "channels": channels}
        for _ in range(1 if self._gains.known(layer.name) else 2):  # the first picture is lit by its own peak
            gain = self._gains.gain(layer.name, channels, normalise=settings.normalise)
            result = scene.engine.run(scene.graph(head), {**feeds, "gain": gain})
            self._gains.learn(layer.name, channels, result["peak"], total=layer.channels)
        return colour(result["picture"], settings.colormap, settings.contrast)

    def _pixels(self, scene: Scene) -> Image:
        """The newest way back that is known; the next one is asked for."""
        spec = scene.graph(_head(scene, scene.layer))
        if (spec, scene.channel) != self._asked:
            self._forget((spec, scene.channel))
        if scene.engine.ready(spec) and self._way.idle:
            self._way.send(self._start(scene, spec))
        found = self._way.take()
        if found is not None:
            self._slope = found["gradient"]
            peak = float(np.quantile(np.abs(self._slope), BRIGHTEST))
            self._peak += (peak - self._peak) * (STEADY if self._peak else 1.0)
        if self._slope is None:
            return stage(scene.input_hw)
        tiles, show = scene.settings[TileSettings], scene.settings[SaliencySettings].show
        return drawn(self._slope / max(self._peak, 1e-12), show, tiles)

    def _start(self, scene: Scene, spec: GraphSpec) -> Future[Outputs]:
        image = network_input(scene.frame.image, scene.input_hw).astype(np.float32)
        feeds = {"image": image, "weights": single(scene.layer.channels, scene.channel)}
        return scene.engine.start(partial(scene.engine.run_checked, spec, feeds))


def drawn(slope: Floats, show: str, tiles: TileSettings) -> Image:
    """A gradient whose largest values are about 1, (height, width, 3), as a picture."""
    if show in ("norm", "blurred"):
        strength = np.linalg.norm(slope, axis=2) / np.sqrt(3)
        if show == "blurred":
            strength = cv2.GaussianBlur(strength, (0, 0), max(min(strength.shape) / 60, 1))
            strength = strength / max(float(strength.max()), 1e-9)
        return colour((255 * np.clip(strength, 0, 1)).astype(np.uint8), tiles.colormap, tiles.contrast)
    if show == "grey":
        slope = np.repeat(slope.mean(axis=2, keepdims=True), 3, axis=2)
    return np.clip(128 + 127 * slope, 0, 255).astype(np.uint8)


def _grid(scene: Scene) -> Grid:
    """Where the tile lies in its half of the panel."""
    height, width = scene.panel_hw
    upright = width < height * scene.aspect * 1.4
    half_hw = ((height - GAP) // 2, width) if upright else (height, (width - GAP) // 2)
    return Grid(1, 1, fitted(hw(scene.frame.image), half_hw), GAP, half_hw)


def _tile_head(layer: LayerInfo, grid: Grid) -> MosaicHead:
    return MosaicHead(layer.name, grid, 1)


def _head(scene: Scene, layer: LayerInfo) -> DreamHead:
    return DreamHead((layer.name,), rectifier=cast(ReluRule, scene.settings[SaliencySettings].rule))


VIEW = SaliencyView
