"""One graph of every kind, with inputs as the show gives them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from models.build.graph_spec import GraphSpec
from models.build.heads.ascent import AscentHead
from models.build.heads.dream import DreamHead
from models.build.heads.gradcam import GradcamHead
from models.build.heads.grid import Grid
from models.build.heads.head import Head
from models.build.heads.mosaic import MosaicHead
from models.build.heads.projection import ProjectionHead
from models.build.heads.scores import ScoresHead
from models.build.heads.story import StoryHead
from models.errors import ModelError
from models.spec import CLASSES, Hw, LayerInfo, ModelInfo, Network
from realtime.capture.pattern import Pattern
from realtime.features.projection import Projection
from realtime.inference.ascent_session import SHIFTS
from realtime.inference.channels import channel_weights, one_hot
from realtime.inference.network_input import network_input
from realtime.views.tiles import fill_panel

PANEL_HW: Hw = (640, 850)
CELL_HW: Hw = (96, 128)  # of the story
STRIP = 6  # layers of the story, and channels of each
STRIDE = 16  # of the layer whose gradients are compared: those of coarser ones are hardly ever shown
WEIGHTS = "weights"

Feeds: TypeAlias = dict[str, NDArray[Any]]
Run: TypeAlias = Callable[[Feeds], dict[str, NDArray[Any]]]


@dataclass(frozen=True, slots=True)
class Example:
    """A graph of one kind, and what is compared of it: its output `compared`, which becomes a picture.

    `feeds` are its inputs; those of tiles are scaled by a first run, as in the show.
    """

    name: str
    head: Head
    size_hw: Hw
    feeds: Feeds
    compared: str

    def spec(self, network: Network) -> GraphSpec:
        """The graph in fp32."""
        return GraphSpec(network, self.head, self.size_hw)

    def measured(self, run: Run) -> Feeds:
        """The inputs, with the range of the activations where it is one of them."""
        if "gain" not in self.feeds:
            return self.feeds
        outputs = run(self.feeds)
        black = np.clip(outputs["low"], 0, 0.5 * outputs["peak"])
        gain = 1 / np.maximum(outputs["peak"] - black, 0.02 * outputs["peak"].max())
        return self.feeds | {"black": black, "gain": gain.astype(np.float32)}


def examples(network: Network, size: int) -> Iterator[Example]:
    """One graph of each kind that the network has, for a frame of the test pattern; `size` is the short side."""
    info = network.info
    size_hw = info.input.limits.fit((size, round(size * 4 / 3 / 16) * 16))
    image = network_input(Pattern().read(), size_hw)
    deep, middle = info.key_layers[-1], _middle(info)
    yield from _tiles(info, deep, image)
    yield _features(deep, image)
    yield from _evidence(info, deep, size_hw)
    yield from _gradients(info, middle, image)


def _middle(info: ModelInfo) -> LayerInfo:
    fine = [layer for layer in info.key_layers if layer.stride <= STRIDE]
    return (fine or [*info.key_layers])[-1]


def _tiles(info: ModelInfo, deep: LayerInfo, image: NDArray[np.uint8]) -> Iterator[Example]:
    size_hw = image.shape[0], image.shape[1]
    aspect = size_hw[1] / size_hw[0]
    head = MosaicHead(deep.name, fill_panel(deep.channels, PANEL_HW, aspect=aspect))
    yield Example("mosaic", head, size_hw, _ranges(deep.channels) | {"image": image}, "picture")
    layers = info.key_layers[:: max(len(info.key_layers) // STRIP, 1)][:STRIP]
    story = StoryHead(tuple(each.name for each in layers), Grid(len(layers), STRIP, CELL_HW, 2, PANEL_HW))
    channels = np.concatenate([np.arange(STRIP) % each.channels for each in layers])
    feeds = _ranges(len(channels)) | {"image": image, "channels": channels}
    yield Example("story", story, size_hw, feeds, "picture")


def _ranges(count: int) -> Feeds:
    return {"black": np.zeros(count, np.float32), "gain": np.full(count, 1e-2, np.float32)}


def _features(deep: LayerInfo, image: NDArray[np.uint8]) -> Example:
    rows = np.linalg.qr(np.random.default_rng(0).normal(size=(deep.channels, 3)))[0].T.astype(np.float32)
    feeds = dict(Projection(np.ascontiguousarray(rows), np.zeros(3, np.float32)).feeds(image))
    head = ProjectionHead(deep.name, 3, (PANEL_HW[0] // 4, PANEL_HW[1] // 4))
    return Example("features", head, (image.shape[0], image.shape[1]), feeds, "maps")


def _evidence(info: ModelInfo, deep: LayerInfo, size_hw: Hw) -> Iterator[Example]:
    """The predictions and the heatmap of their classifier, or of a channel where there is none."""
    try:
        size_hw, target, count = info.scores.size_hw, CLASSES, len(info.scores.labels)
    except ModelError:
        target, count = deep.name, deep.channels
    image = network_input(Pattern().read(), size_hw)
    if target == CLASSES:
        yield Example("predictions", ScoresHead(), size_hw, {"image": image}, "scores")
    head = GradcamHead((deep if target == CLASSES else _middle(info)).name, target)
    yield Example("Grad-CAM", head, size_hw, {"image": image, WEIGHTS: one_hot(count, 0)}, "heatmap")


def _gradients(info: ModelInfo, layer: LayerInfo, image: NDArray[np.uint8]) -> Iterator[Example]:
    size_hw, photo = (image.shape[0], image.shape[1]), image.astype(np.float32)
    even, single = channel_weights(info, layer.name, None), channel_weights(info, layer.name, 0)
    heads = {
        "saliency": (DreamHead((layer.name,), backprop_rule="guided"), single),
        "dream step": (DreamHead((layer.name,)), even),
        "maximize": (DreamHead((layer.name,), energy=False), single),
    }
    for name, (head, weights) in heads.items():
        yield Example(name, head, size_hw, {"image": photo, WEIGHTS: weights}, "gradient")
    feeds = {"image": photo, WEIGHTS: even, SHIFTS: np.array([[0, 0], [9, -5]])}
    feeds["step_size"] = np.array(2.0, np.float32)
    yield Example("key picture", AscentHead(DreamHead((layer.name,)), 4), size_hw, feeds, "picture")
