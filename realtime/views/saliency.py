"""Saliency: one channel, and beside it the pixels that activate it, from the gradient of the channel."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from typing import ClassVar, TypeAlias, cast

import cv2
import numpy as np

from models.autodiff.backprop_rule import BackpropRule
from models.build.graph_spec import GraphSpec
from models.build.heads.dream import DreamHead
from models.build.heads.grid import Grid
from models.build.heads.mosaic import MosaicHead
from models.spec import LayerInfo
from realtime.controls.controls import Controls
from realtime.controls.value import KeyBinding, value
from realtime.imaging.colormaps import apply_colormap
from realtime.imaging.compositing import background, fitted, paste, resize
from realtime.imaging.frame import Floats, Image
from realtime.inference.channels import one_hot
from realtime.inference.engine import Outputs
from realtime.threads.background_result import BackgroundResult
from realtime.views.click import Click
from realtime.views.tile_drawer import TileDrawer
from realtime.views.tiles import GAP, TileSettings
from realtime.views.view import Rendered, Scene, Tiles, View

PEAK_QUANTILE = 0.999  # the quantile of the absolute gradient that is drawn as black or white
SMOOTHING = 0.2  # how fast the brightness follows the strength of the gradient

CAPTION = ("saliency", "The pixels that activate this channel.")

Subject: TypeAlias = tuple[GraphSpec, int]
"""A gradient graph, and the channel whose gradient it computes."""


@dataclass(frozen=True, slots=True)
class SaliencySettings:
    """How the gradient is computed and drawn."""

    group: ClassVar[str] = "saliency"

    rule: str = value(
        "guided",
        "backprop rule: how the gradient passes through a ReLU",
        KeyBinding((",",), "cycle", "backprop rule: guided, plain, deconv", feedback="backprop rule"),
        choices=("guided", "plain", "deconv"),
    )
    show: str = value(
        "raw",
        "how the gradient is drawn: raw (in colour), grey, norm (over the colours), or blurred (the norm, blurred)",
        KeyBinding(("'",), "cycle", "gradient style: raw, grey, norm, blurred", feedback="gradient style"),
        choices=("raw", "grey", "norm", "blurred"),
    )


class SaliencyView(View):
    """The tile of the selected channel, and beside it its gradient, computed in the background."""

    name = "saliency"
    bind = KeyBinding(("/",), "set", "saliency: the pixels that activate a channel", "saliency")
    settings = (TileSettings, SaliencySettings)
    unused = ("tiles/zoom", "tiles/active", "tiles/count")

    def __init__(self) -> None:
        self._drawer = TileDrawer()
        self._reset(None)

    def _reset(self, subject: Subject | None) -> None:
        self._subject = subject
        self._request = BackgroundResult[Outputs]()
        self._gradient: Floats | None = None
        self._peak = 0.0

    def render(self, scene: Scene) -> Rendered:
        """The tile and the pixels, side by side or one above the other, whichever is larger."""
        (height, width), grid = scene.panel_hw, _grid(scene)
        panel, (left, top) = background(scene.panel_hw), grid.corner(0)
        paste(panel, self._tile(scene, grid), 0, 0)
        pixels = resize(self._pixels(scene), grid.cell_hw)
        paste(panel, pixels, width - grid.panel_hw[1] + left, height - grid.panel_hw[0] + top)
        return Rendered(panel, scene.layer, Tiles(grid, (scene.channel,), 0), caption=CAPTION)

    def click(self, controls: Controls, click: Click) -> str:
        """There is one channel, so there is nothing to select."""
        return super().click(controls, click) if click.right else "j and l choose another channel, m shows all"

    def upcoming(self, scene: Scene) -> Iterable[GraphSpec]:
        """The tile and the gradient of the selected layer and of its neighbours."""
        for layer in scene.info.around(scene.layer)[:5]:
            yield scene.graph(_tile_head(layer, _grid(scene)))
            yield scene.graph(_gradient_head(scene, layer))

    def _tile(self, scene: Scene, grid: Grid) -> Image:
        settings, layer = scene.settings[TileSettings], scene.layer
        grey, _ = self._drawer.draw(
            scene.runner(_tile_head(layer, grid)),
            scene.input_image,
            (layer,),
            channels=np.array([scene.channel]),
            normalize=settings.normalize,
        )
        return apply_colormap(grey, settings.colormap, settings.contrast)

    def _pixels(self, scene: Scene) -> Image:
        """The newest gradient; the next one is started."""
        spec = scene.graph(_gradient_head(scene, scene.layer))
        if (spec, scene.channel) != self._subject:
            self._reset((spec, scene.channel))
        if scene.engine.ready(spec) and self._request.idle:
            weights = one_hot(scene.layer.channels, scene.channel)
            feeds = {"image": scene.input_image.astype(np.float32), "weights": weights}
            self._request.send(scene.engine.start(partial(scene.engine.run_checked, spec, feeds)))
        outputs = self._request.take()
        if outputs is not None:
            self._gradient = outputs["gradient"]
            peak = float(np.quantile(np.abs(self._gradient), PEAK_QUANTILE))
            self._peak += (peak - self._peak) * (SMOOTHING if self._peak else 1.0)
        if self._gradient is None:
            return background(scene.input_hw)
        tiles, show = scene.settings[TileSettings], scene.settings[SaliencySettings].show
        return draw_gradient(self._gradient / max(self._peak, 1e-12), show, tiles)


def draw_gradient(gradient: Floats, show: str, tiles: TileSettings) -> Image:
    """A gradient whose largest values are about 1, (height, width, 3), as an image."""
    if show in ("norm", "blurred"):
        norm = np.linalg.norm(gradient, axis=2) / np.sqrt(3)
        if show == "blurred":
            norm = cv2.GaussianBlur(norm, (0, 0), max(min(norm.shape) / 60, 1))
            norm = norm / max(float(norm.max()), 1e-9)
        return apply_colormap((255 * np.clip(norm, 0, 1)).astype(np.uint8), tiles.colormap, tiles.contrast)
    if show == "grey":
        gradient = np.repeat(gradient.mean(axis=2, keepdims=True), 3, axis=2)
    return np.clip(128 + 127 * gradient, 0, 255).astype(np.uint8)


def _grid(scene: Scene) -> Grid:
    """The place of the tile in its half of the panel."""
    height, width = scene.panel_hw
    stacked = width < height * scene.aspect * 1.4
    half_hw = ((height - GAP) // 2, width) if stacked else (height, (width - GAP) // 2)
    return Grid(1, 1, fitted(scene.frame_hw, half_hw), GAP, half_hw)


def _tile_head(layer: LayerInfo, grid: Grid) -> MosaicHead:
    return MosaicHead(layer.name, grid, 1)


def _gradient_head(scene: Scene, layer: LayerInfo) -> DreamHead:
    return DreamHead((layer.name,), backprop_rule=cast(BackpropRule, scene.settings[SaliencySettings].rule))


VIEW = SaliencyView
