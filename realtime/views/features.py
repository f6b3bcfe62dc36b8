"""Every place of a layer in the colour of what the network sees there."""

from collections.abc import Iterable

from models.build.graph_spec import GraphSpec
from models.build.heads.projection import ProjectionHead
from models.spec import LayerInfo, ModelInfo
from realtime.controls.controls import Controls, Snapshot
from realtime.controls.value import KeyBinding
from realtime.features.choose_places import HINT, choose_place, forget_places
from realtime.features.drawing import SHRINK, axes_of, default_layer, draw_features, tracker_of
from realtime.features.feature_settings import FeatureSettings
from realtime.features.following import FollowingProjection, Tracker
from realtime.features.likeness import Likeness, Point, parse_points
from realtime.features.projection import Projection
from realtime.imaging.frame import Floats
from realtime.inference.engine import Outputs
from realtime.views.click import Click
from realtime.views.view import Rendered, Scene, View

CAPTIONS = {
    "picture": ("features", "What looks alike to the network has one colour."),
    "colour": ("features", "What looks alike to the network has one colour."),
    "clusters": ("regions", "Regions of similar features; nobody named them."),
    "similar": ("similar", "All that looks to the network like the chosen places."),
}
ASK = ("similar", "Click a place: all that is like it lights up.")


class FeaturesView(View):
    """The features of a layer as colour; what the colours mean is found in the background and changes slowly."""

    name = "features"
    bind = KeyBinding(("6",), "set", "features: what the network finds alike has one colour", "features")
    settings = (FeatureSettings,)
    is_picture = True
    plain = "features/mode", "picture"

    def __init__(self) -> None:
        self._identity: tuple[object, ...] | None = None
        self._projection: FollowingProjection | None = None
        self._likeness = Likeness()

    def render(self, scene: Scene) -> Rendered:
        """The colours on the frame, as large as the panel allows."""
        settings, layer = scene.settings[FeatureSettings], scene.layer
        identity = (scene.network.digest, layer.name, settings.mode, settings.clusters)
        if identity != self._identity:
            self._identity, self._projection, self._likeness = identity, None, Likeness()
        points = parse_points(settings.points) if settings.mode == "similar" else ()
        tracker = tracker_of(settings.mode, settings.clusters)
        maps = self._likeness_maps(scene, points) if tracker is None else self._maps(scene, tracker)
        asks = settings.mode == "similar" and not points
        maps = maps[:, *scene.visible((maps.shape[1], maps.shape[2]))]
        image = draw_features(maps, scene.fitted_frame(), settings.mode, points)
        return Rendered(image, layer, caption=ASK if asks else CAPTIONS[settings.mode])

    def default_layer(self, controls: Controls, info: ModelInfo) -> str | None:
        """The deepest one that still tells places apart."""
        layer = default_layer(info)
        return layer.name if layer else None

    def shows(self, path: str, settings: Snapshot) -> bool:
        """The number of clusters and the places belong to one mode each."""
        mode = {"features/clusters": "clusters", "features/points": "similar"}.get(path)
        return super().shows(path, settings) and mode in (None, settings[FeatureSettings].mode)

    def click(self, controls: Controls, click: Click) -> str:
        """A click shows what is like that place; a right click says "not this", a double click starts again."""
        if click.twice and not click.right:
            return forget_places(controls)
        if click.picture is None:
            return HINT
        return choose_place(controls, click.picture, wanted=not click.right)

    def upcoming(self, scene: Scene) -> Iterable[GraphSpec]:
        """The layer and its neighbours, the nearest first."""
        return (_spec(scene, layer) for layer in scene.info.around(scene.layer))

    def _maps(self, scene: Scene, tracker: Tracker) -> Floats:
        """The maps of the projection; the first frame takes two passes: the first one reads the features."""
        now = scene.frame.timestamp
        if self._projection is None:
            self._projection = FollowingProjection(tracker, _places(scene), now)
        outputs = _run(scene, self._projection.at(now))
        self._projection.learn(outputs["places"], now, scene.engine.start)
        return outputs["maps"]

    def _likeness_maps(self, scene: Scene, points: tuple[Point, ...]) -> Floats:
        """The maps of the chosen places; a new place takes two passes too."""
        return self._likeness.maps(points, scene.layer.channels, lambda projection: _run(scene, projection))


def _spec(scene: Scene, layer: LayerInfo) -> GraphSpec:
    settings = scene.settings[FeatureSettings]
    height, width = scene.whole_hw
    size_hw = max(height // SHRINK, 8), max(width // SHRINK, 8)
    return scene.graph(ProjectionHead(layer.name, axes_of(settings.mode, settings.clusters), size_hw))


def _run(scene: Scene, projection: Projection) -> Outputs:
    return scene.engine.run(_spec(scene, scene.layer), projection.feeds(scene.input_image))


def _places(scene: Scene) -> Floats:
    """The features alone."""
    settings = scene.settings[FeatureSettings]
    nothing = Projection.nothing(axes_of(settings.mode, settings.clusters), scene.layer.channels)
    return _run(scene, nothing)["places"]


VIEW = FeaturesView
