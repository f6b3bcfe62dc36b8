"""Saliency: the frame, and beside it the pixels that activate one channel, from the gradient of the channel."""

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from models.autodiff.backprop_rule import BackpropRule
from models.build.graph_spec import GraphSpec
from models.build.heads.dream import DreamHead
from models.build.heads.grid import Grid
from models.build.heads.mosaic import MosaicHead
from models.build.heads.tiles import small_maps
from models.spec import LayerInfo, ModelInfo
from realtime.channels.choice import activity
from realtime.channels.likes import ChannelLikes
from realtime.controls.controls import Controls
from realtime.controls.value import KeyBinding, value
from realtime.imaging.colormaps import PHOTO, apply_colormap, ink, light_photo
from realtime.imaging.drawing import faded
from realtime.imaging.frame import Floats, Image, hw
from realtime.imaging.guided_filter import enlarge_along_guide
from realtime.inference.channels import one_hot
from realtime.inference.engine import Engine
from realtime.threads.background_result import BackgroundResult
from realtime.views.click import Click
from realtime.views.tiles import GAP, TileSettings
from realtime.views.view import Rendered, Scene, Tiles, View

PEAK_QUANTILE = 0.995  # the quantile of the absolute gradient that is drawn at full strength
SMOOTHING = 0.2  # how fast the brightness follows the strength of the gradient
GRAIN = 1.2  # pixels of the input: the gradient is blurred by that much

MAX_STRIDE = 16  # pixels of the input; the gradients of coarser layers are blots

STAYS = 1.3  # the strongest channel changes when another one is that much stronger

DARK_QUANTILE = 0.8  # the quantile of the gradient that is drawn black: only the strongest pixels are lit
CERTAIN = 12  # gradients of one channel after which it is asked what the channel likes, which takes seconds

ACTIVITY = Grid(1, 1, (8, 8), 0, (8, 8))  # the smallest mosaic: only the small maps are read


@dataclass(frozen=True, slots=True)
class SaliencySettings:
    """How the gradient is computed and drawn."""

    group: ClassVar[str] = "saliency"

    rule: str = value(
        "guided",
        "backprop rule: how the gradient passes through a ReLU",
        KeyBinding((",",), "cycle", "saliency rule: guided, plain, deconv", feedback="backprop rule"),
        choices=("guided", "plain", "deconv"),
    )
    show: str = value(
        "norm",
        "how the gradient is drawn: norm (over the colours), blurred (the norm, blurred), raw (in colour), or grey",
        KeyBinding(("'",), "cycle", "saliency style: norm, blurred, raw, grey", feedback="gradient style"),
        choices=("norm", "blurred", "raw", "grey"),
    )


@dataclass(frozen=True, slots=True)
class ChannelGradient:
    """The gradient of a channel, (height, width, 3)."""

    channel: int
    gradient: Floats


class SaliencyView(View):
    """The gradient of the selected channel, or of the strongest one, computed in the background."""

    name = "saliency"
    bind = KeyBinding(("/",), "set", "saliency: the pixels that activate a channel", "saliency")
    settings = (TileSettings, SaliencySettings)
    is_picture = True
    unused = ("tiles/zoom", "tiles/active", "tiles/count")

    def __init__(self) -> None:
        self._likes: ChannelLikes | None = None
        self._reset(None)

    def _reset(self, subject: tuple[GraphSpec, int | None] | None) -> None:
        self._subject = subject
        self._request = BackgroundResult[ChannelGradient]()
        self._newest: ChannelGradient | None = None
        self._peak = 0.0
        self._certain = 0

    def render(self, scene: Scene) -> Rendered:
        """The newest gradient, at the size of the frame; the next one is started."""
        self._update(scene)
        photo = scene.fitted_frame()
        grid = Grid(1, 1, hw(photo), GAP, scene.panel_hw)
        if self._newest is None:
            return Rendered(faded(photo), scene.layer, caption=("saliency", _awaited(scene)))
        tiles, show = scene.settings[TileSettings], scene.settings[SaliencySettings].show
        gradient = self._newest.gradient / np.float32(max(self._peak, 1e-12))
        shown = Tiles(grid, (self._newest.channel,), 0)
        image = draw_gradient(strengths(gradient, show)[scene.visible(hw(gradient))], photo, tiles, scene.layer.block)
        return Rendered(image, scene.layer, shown, ("saliency", self._sentence(scene, self._newest.channel)))

    def _sentence(self, scene: Scene, channel: int) -> str:
        """Which channel is shown, and the class that it belongs to, or that its favourite picture resembles."""
        sentence = f"Lit pixels activate channel {channel} most."
        classifier = scene.info.classifier
        if classifier is not None and _has_classes(scene.layer, scene.info):
            return f"{sentence} It stands for: {classifier.labels[channel]}."
        if self._certain < CERTAIN:
            return sentence
        self._likes = self._likes or ChannelLikes(scene.engine, scene.network)
        portrait = self._likes.portrait(scene.layer, channel)
        likes = portrait.label if portrait is not None else ""
        return f"{sentence} Its favourite picture looks like: {likes}." if likes else sentence

    def click(self, controls: Controls, click: Click) -> str:
        """There is one channel, so there is nothing to select."""
        return super().click(controls, click) if click.right else "j and l choose another channel, m shows all"

    def upcoming(self, scene: Scene) -> Iterable[GraphSpec]:
        """The gradient of the selected layer and of its neighbours."""
        for layer in scene.info.around(scene.layer)[:5]:
            yield from _specs(scene, layer)

    def default_layer(self, controls: Controls, info: ModelInfo) -> str | None:
        """A deep one: there the gradient is about things."""
        fine = [layer.name for layer in info.key_layers if layer.stride <= MAX_STRIDE]
        return fine[-1] if fine else None

    def _update(self, scene: Scene) -> None:
        """Take the newest gradient, if any; start the one of this frame when none is running."""
        maps, gradient = _specs(scene, scene.layer)
        if (gradient, scene.channel) != self._subject:
            self._reset((gradient, scene.channel))
        if self._request.idle and scene.engine.ready(gradient) and scene.engine.ready(maps):
            last = self._newest.channel if self._newest else None
            job = partial(_gradient, scene.engine, maps, gradient, scene.input_image, scene.channel, last)
            self._request.send(scene.engine.start(job))
        newest = self._request.take()
        if newest is not None:
            peak = float(np.quantile(np.abs(newest.gradient), PEAK_QUANTILE))
            fresh = self._newest is None or self._newest.channel != newest.channel
            self._peak += (peak - self._peak) * (1.0 if fresh else SMOOTHING)
            self._certain = 0 if fresh else self._certain + 1
            self._newest = newest


def _gradient(
    engine: Engine, maps: GraphSpec, gradient: GraphSpec, image: Image, channel: int | None, last: int | None
) -> ChannelGradient:
    """The gradient of a channel, or of the strongest one, which stays until another one is clearly stronger."""
    if channel is None:
        feeds: dict[str, NDArray[np.generic]] = {
            "image": image,
            "channels": np.zeros(1, np.int64),
            "black": np.zeros(1, np.float32),
            "gain": np.ones(1, np.float32),
        }
        layer = maps.network.info.layer(maps.head.reads[0])
        small = engine.run_checked(maps, feeds)[small_maps(layer.name)]
        active = small.mean(axis=(1, 2)) if _has_classes(layer, maps.network.info) else activity(small)
        channel = int(active.argmax())
        if last is not None and active[last] * STAYS >= active[channel]:
            channel = last
    feeds = {
        "image": image.astype(np.float32),
        "weights": one_hot(gradient.network.info.layer(gradient.head.reads[0]).channels, channel),
    }
    return ChannelGradient(channel, engine.run_checked(gradient, feeds)["gradient"])


def _awaited(scene: Scene) -> str:
    """What is said before the first gradient."""
    return "Looking for the strongest channel." if scene.channel is None else f"Looking at channel {scene.channel}."


def _has_classes(layer: LayerInfo, info: ModelInfo) -> bool:
    """Whether each channel of a layer is the map of one class, whose mean is its score."""
    classes = len(info.classifier.labels) if info.classifier else 0
    return layer == info.layers[-1] and layer.channels == classes


def strengths(gradient: Floats, show: str) -> Floats:
    """What is drawn of a gradient (h, w, 3) whose largest values are about 1.

    "raw" and "grey" are shaped like it. The norm over the colours is (h, w), without its grain, and 0 in most places.
    """
    if show not in ("norm", "blurred"):
        return gradient if show == "raw" else np.repeat(gradient.mean(axis=2, keepdims=True), 3, axis=2)
    norm = np.asarray(np.linalg.norm(gradient, axis=2) / np.sqrt(3), np.float32)
    smooth: Any = cv2.GaussianBlur(norm, (0, 0), max(min(norm.shape) / 60, 1) if show == "blurred" else GRAIN)
    dark, peak = np.quantile(smooth, (DARK_QUANTILE, PEAK_QUANTILE))
    dark = min(dark, peak / 2)  # where much of the picture has the same gradient
    return np.asarray(np.clip((smooth - dark) / max(float(peak - dark), 1e-9), 0, 1), np.float32)


def draw_gradient(strength: Floats, photo: Image, tiles: TileSettings, block: int) -> Image:
    """The `strengths` for a layer of a block, at the size of the photo; a norm has the edges of the photo."""
    if strength.ndim == 3:
        large = cv2.resize(strength, hw(photo)[::-1], interpolation=cv2.INTER_CUBIC)
        return cv2.convertScaleAbs(cv2.max(large, -1.0), alpha=127, beta=128)  # type: ignore[call-overload,return-value]
    guide = cv2.cvtColor(photo, cv2.COLOR_BGR2GRAY)
    levels = np.maximum(enlarge_along_guide(strength, np.asarray(guide, np.uint8)), 1)
    if tiles.colormap == PHOTO:
        return light_photo(levels, photo, tiles.contrast)
    return apply_colormap(levels, ink(tiles.colormap, block), tiles.contrast)


def _specs(scene: Scene, layer: LayerInfo) -> tuple[GraphSpec, GraphSpec]:
    """The graph of the small maps of the channels, and that of the gradient."""
    rule = cast(BackpropRule, scene.settings[SaliencySettings].rule)
    gradient = scene.graph(DreamHead((layer.name,), backprop_rule=rule))
    if gradient.precision == "int8":  # keeps the direction of a gradient, but not what each pixel contributes
        gradient = dataclasses.replace(gradient, precision="fp32")
    return scene.graph(MosaicHead(layer.name, ACTIVITY, 1)), gradient


VIEW = SaliencyView
