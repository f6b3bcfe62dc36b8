"""Every place of a layer in the colour of what the network sees there."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from typing import ClassVar

from models.build.graph_spec import GraphSpec
from models.build.heads.projection import ProjectionHead
from models.spec import LayerInfo, ModelInfo
from realtime.controls.controls import Controls
from realtime.controls.value import KeyBinding, TextForm, value
from realtime.features.drawing import CLUSTERS, SHRINK, Tracker, axes_of, default_layer, draw_features, tracker_of
from realtime.features.likeness import MAX_POINTS, Likeness, Point, parse_points
from realtime.features.projection import Projection
from realtime.imaging.compositing import fitted
from realtime.imaging.frame import Floats
from realtime.inference.engine import Outputs
from realtime.threads.background_result import BackgroundResult
from realtime.views.view import Rendered, Scene, View

EVERY = 0.2  # seconds between two updates of the projection
EASE = 0.12  # seconds: the time constant with which the projection follows

CAPTIONS = {
    "colour": ("features", "Places that the network finds alike have the same colour."),
    "picture": ("features", "Places that the network finds alike have the same colour."),
    "clusters": ("regions", "The network's features, sorted into groups that have no names."),
    "similar": ("similar", "Everything that the network finds like the chosen places is lit."),
}

POINTS = TextForm("places from 0 to 1 across and down, such as '0.4,0.3 -0.7,0.2'", parse_points)


@dataclass(frozen=True, slots=True)
class FeatureSettings:
    """What is shown of the features."""

    group: ClassVar[str] = "features"

    mode: str = value(
        "colour",
        "colour, colour over the picture, clusters of features, or all that is similar to the chosen places",
        KeyBinding(("7",), "cycle", "features: colour, over the picture, clusters, similar", feedback="features"),
        choices=tuple(CAPTIONS),
    )
    clusters: int = value(CLUSTERS, "number of clusters", low=2, high=16)
    points: str = value("", "the places to be similar to; a minus before one means 'not this'", form=POINTS)


class FeaturesView(View):
    """The features of a layer as colour; what the colours mean is found in the background and changes slowly."""

    name = "features"
    bind = KeyBinding(("6",), "set", "features: what the network finds alike has one colour", "features")
    settings = (FeatureSettings,)

    def __init__(self) -> None:
        self._start(None)

    def _start(self, identity: tuple[object, ...] | None, tracker: Tracker | None = None) -> None:
        self._identity = identity
        self._tracker = tracker
        self._likeness = Likeness()
        self._request = BackgroundResult[Projection]()
        self._target: Projection | None = None
        self._shown: Projection | None = None
        self._drawn = self._updated = 0.0

    def render(self, scene: Scene) -> Rendered:
        """The colours on the frame, as large as the panel allows."""
        settings, layer = scene.settings[FeatureSettings], scene.layer
        identity = (scene.network.digest, layer.name, settings.mode, settings.clusters)
        if identity != self._identity:
            self._start(identity, tracker_of(settings.mode, settings.clusters))
        image = scene.fitted_frame()
        points = _points(settings)
        maps = self._likeness_maps(scene, points) if self._tracker is None else self._maps(scene, self._tracker)
        return Rendered(draw_features(maps, image, settings.mode, points), layer, caption=_caption(settings, points))

    def default_layer(self, controls: Controls, info: ModelInfo) -> str | None:
        """The deepest one that still tells places apart."""
        layer = default_layer(info)
        return layer.name if layer else None

    def upcoming(self, scene: Scene) -> Iterable[GraphSpec]:
        """The layer and its neighbours, the nearest first."""
        return (_spec(scene, layer) for layer in scene.info.around(scene.layer))

    def _maps(self, scene: Scene, tracker: Tracker) -> Floats:
        """The maps of the projection, which moves towards the newest one."""
        now = scene.frame.timestamp
        if self._shown is None:  # the first pass has only the features
            none = Projection.nothing(_axes(scene), scene.layer.channels)
            self._shown = self._target = tracker.update(_run(scene, none)["places"], 0.0)
            self._updated = now
        newest = self._request.take()
        self._target = newest or self._target
        assert self._target is not None
        share = 1 - math.exp(-max(now - self._drawn, 0.0) / EASE)
        self._shown, self._drawn = self._shown.towards(self._target, share), now
        outputs = _run(scene, self._shown)
        if self._request.idle and now - self._updated >= EVERY:
            job = partial(tracker.update, outputs["places"], now - self._updated)
            self._request.send(scene.engine.start(job))
            self._updated = now
        return outputs["maps"]

    def _likeness_maps(self, scene: Scene, points: tuple[Point, ...]) -> Floats:
        """The maps of the chosen places; a new place takes two passes: the first one reads its features."""
        if self._shown is None or self._likeness.points != points:
            none = Projection.nothing(MAX_POINTS, scene.layer.channels)
            self._shown = self._likeness.update(points, _run(scene, none)["places"])
        return _run(scene, self._shown)["maps"]


def _axes(scene: Scene) -> int:
    settings = scene.settings[FeatureSettings]
    return axes_of(settings.mode, settings.clusters)


def _spec(scene: Scene, layer: LayerInfo) -> GraphSpec:
    height, width = fitted(scene.frame_hw, scene.panel_hw)
    return scene.graph(ProjectionHead(layer.name, _axes(scene), (max(height // SHRINK, 8), max(width // SHRINK, 8))))


def _run(scene: Scene, projection: Projection) -> Outputs:
    return scene.engine.run(_spec(scene, scene.layer), projection.feeds(scene.input_image))


def _points(settings: FeatureSettings) -> tuple[Point, ...]:
    return parse_points(settings.points) if settings.mode == "similar" else ()


def _caption(settings: FeatureSettings, points: tuple[Point, ...]) -> tuple[str, str]:
    if settings.mode == "similar" and not points:
        return "similar", "Click a place: all that the network finds like it lights up."
    return CAPTIONS[settings.mode]


VIEW = FeaturesView
