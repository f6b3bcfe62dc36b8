"""The features of still pictures and of whole films as colour, without a screen that waits."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from models.build.graph_spec import GraphSpec
from models.build.heads.projection import ProjectionHead
from models.spec import Hw, LayerInfo, Network
from realtime.features.drawing import CLUSTERS, SHRINK, axes_of, draw_features, tracker_of
from realtime.features.likeness import Likeness, Point
from realtime.features.projection import Projection
from realtime.imaging.frame import Floats, Image, hw
from realtime.inference.engine import Engine, Outputs
from realtime.inference.network_input import input_size, network_input

MAX_SAMPLES = 24_000
"""The most places of a film from which its colours are found; of more, some are chosen at random."""


@dataclass(frozen=True, slots=True)
class FeatureLook:
    """How features are drawn: the mode, and what belongs to it."""

    mode: str = "picture"
    clusters: int = CLUSTERS
    points: tuple[Point, ...] = ()


class FeaturePainter:
    """Paints the features of a layer on pictures; the short side of the input is `short_side` where it can be.

    `learn` finds what the colours mean; all pictures after it have the same colours for the same features.
    """

    def __init__(
        self, engine: Engine, network: Network, layer: LayerInfo, short_side: int, look: FeatureLook = FeatureLook()
    ) -> None:
        self._engine, self._network, self._layer = engine, network, layer
        self._short_side, self._look = short_side, look
        self._projection = Projection.nothing(self._axes, layer.channels)

    @property
    def _axes(self) -> int:
        return axes_of(self._look.mode, self._look.clusters)

    def learn(self, images: Iterable[Image]) -> None:
        """Find the colours of some pictures; of chosen places, only the first picture is read."""
        tracker = tracker_of(self._look.mode, self._look.clusters)
        if tracker is None:
            first = self._run(next(iter(images)))["places"]
            chosen = Likeness()
            chosen.update(self._look.points, first)
            self._projection = chosen.projection(self._layer.channels)
        else:
            self._projection = tracker.update(_samples([self._run(image)["places"] for image in images]), 0.0)

    def paint(self, image: Image) -> Image:
        """The features of a picture, at its size."""
        return draw_features(self._run(image)["maps"], image, self._look.mode, self._look.points)

    def learn_and_paint(self, image: Image) -> Image:
        """The features of a single picture in its own colours."""
        self.learn([image])
        return self.paint(image)

    def _run(self, image: Image) -> Outputs:
        height, width = hw(image)
        input_hw = self._input_hw(hw(image))
        head = ProjectionHead(self._layer.name, self._axes, (max(height // SHRINK, 8), max(width // SHRINK, 8)))
        feeds = self._projection.feeds(network_input(image, input_hw))
        return self._engine.run_checked(GraphSpec(self._network, head, input_hw), feeds, timeout=600.0)

    def _input_hw(self, image_hw: Hw) -> Hw:
        return input_size(image_hw, self._short_side, self._network.info.input.limits)


def _samples(places: list[Floats]) -> Floats:
    """The places of several pictures, (C, h, w) each, as one picture (C, 1, n)."""
    if len(places) == 1:
        return places[0]
    flat = np.concatenate([each.reshape(len(each), -1) for each in places], axis=1)
    chosen = np.random.default_rng(0).permutation(flat.shape[1])[:MAX_SAMPLES]
    return np.ascontiguousarray(flat[:, None, np.sort(chosen)])
