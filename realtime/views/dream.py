"""DeepDream on the moving picture: it amplifies what a layer, or one of its channels, responds to."""

from collections.abc import Iterable
from functools import cache, partial
from typing import TypeAlias

import cv2

from models.build.graph_spec import GraphSpec
from models.build.heads.dream import DreamHead
from models.build.heads.projection import ProjectionHead
from models.spec import Hw, LayerInfo, ModelInfo
from realtime.controls.action import action
from realtime.controls.controls import Controls
from realtime.controls.read_preset import SHIPPED, preset_description
from realtime.controls.value import KeyBinding
from realtime.dreams.colours import INKS
from realtime.dreams.dream_settings import DreamSettings
from realtime.dreams.dream_state import DreamState
from realtime.dreams.forms.forms import Forms
from realtime.dreams.key_plan import KeyOctave, KeyPlan, eased, plan_octaves
from realtime.dreams.objective import Objective, ObjectiveGradient
from realtime.dreams.parse_objective import parse_objective
from realtime.dreams.value_rules import apply_dream_preset, check_objective, follow_depth, layer_of_dream
from realtime.features.choose_places import choose_region, describe_region
from realtime.features.drawing import SHRINK, default_layer
from realtime.features.feature_settings import FeatureSettings
from realtime.features.likeness import MAX_POINTS, Point, parse_points
from realtime.features.projection import Projection
from realtime.imaging.add_detail import add_detail
from realtime.imaging.frame import Image, hw
from realtime.inference.channels import channel_weights
from realtime.inference.engine import Outputs
from realtime.motion.fields import grey
from realtime.views.click import Click
from realtime.views.view import Rendered, Scene, View

NEIGHBOURS = 3  # layers whose graphs are prepared: this one and those next to it
Subject: TypeAlias = tuple[str, str, int]
"""The text of an objective, or a layer and its channel."""

LARGEST = 960  # pixels of the long side at which detail is moved


class DreamView(View):
    """Key pictures are made in the background; until the next one, the dream moves along with the picture."""

    name = "dream"
    bind = KeyBinding(("d",), "set", "dream: amplify what the layer responds to", "dream")
    settings = (FeatureSettings, DreamSettings)
    unused = ("features/mode", "features/clusters")
    own_layer = True
    in_background = True
    is_picture = True

    def __init__(self) -> None:
        self._state: DreamState | None = None
        self._objective: tuple[Subject, Objective] | None = None
        self._forms = Forms()

    def default_layer(self, controls: Controls, info: ModelInfo) -> str | None:
        """The one at the chosen depth; a dream of one channel stays with its layer."""
        return layer_of_dream(controls, info)

    def register(self, controls: Controls, info: ModelInfo) -> None:
        """Add the action below, and the rules of preset, depth and objective."""
        super().register(controls, info)
        controls.rule("dream/preset", partial(apply_dream_preset, info))
        controls.rule("dream/depth", partial(follow_depth, info))
        controls.rule("dream/objective", partial(check_objective, info))

    @action("dream/tile", "\\", "Enter", help="dream of the selected tile; again: of the whole layer")
    def dream_of_tile(self, controls: Controls) -> str:
        """Dream of the channel of the selected tile; of the whole layer when that channel dreams already."""
        channel = controls.value("tiles/channel")
        dreaming = controls.value("show/view") == "dream" and controls.value("dream/channel") == channel
        if dreaming and channel == -1:
            return "no tile is selected: m, then a click or the arrow keys"
        controls.set("dream/channel", -1 if dreaming else channel)
        controls.set("show/view", "dream")
        return ""

    def click(self, controls: Controls, click: Click) -> str:
        """A click chooses a place: only what is like it dreams. A click on the same place, later, forgets it."""
        if click.picture is None:
            return "click on the picture"
        if click.twice:  # the first of the two clicks has chosen already
            return describe_region(controls)
        return choose_region(controls, click.picture, wanted=not click.right)

    @property
    def results(self) -> int:
        """The number of results of gradient ascent that were added to the dream."""
        return self._state.results if self._state else 0

    def render(self, scene: Scene) -> Rendered:
        """The frame with the dream on it, as large as the panel allows."""
        settings, layer, frame = _settings(scene), scene.layer, scene.frame
        if self._state is None:
            self._state = DreamState(scene.engine)
        state, gradient = self._state, self._gradient(scene)
        octaves = plan_octaves(scene.frame_hw, settings, gradient.limits)
        state.update(frame.image, _subject(scene), frame.timestamp, settings)
        if settings.strength > 0:
            plan = KeyPlan(octaves, settings.step_size, settings.jitter)
            state.advance(frame.image, plan, settings, partial(_when_ready, scene, gradient))
        fitted = scene.fitted_frame()
        shown = state.detail(_drawn_hw(scene.whole_hw), settings)
        plain = grey(fitted) if settings.colours in INKS else fitted
        image = _with_detail(plain, shown.image[scene.visible(hw(shown.image))], shown.strength)
        image = self._forms.draw(image, state, settings)
        points = _region_points(scene)
        if points:
            self._search(scene, state, points)
            image = state.region.apply(image, fitted, scene.visible)
        return Rendered(image, layer, caption=_caption(settings, layer, in_region=bool(points)))

    def upcoming(self, scene: Scene) -> Iterable[GraphSpec]:
        """The octaves, then the smallest of the neighbours of the layer: the old dream stays until that is done."""
        gradient = self._gradient(scene)
        settings, own = _settings(scene), gradient.objective.head
        octaves = plan_octaves(scene.frame_hw, settings, gradient.limits)
        yield from (gradient.graph(each) for each in octaves)
        if _region_points(scene):
            yield _likeness_spec(scene)
        if own.layers == (scene.layer.name,):
            others = scene.info.around(scene.layer)[1:NEIGHBOURS]
            yield from (gradient.graph(octaves[0], DreamHead((layer.name,))) for layer in others)

    def _search(self, scene: Scene, state: DreamState, points: tuple[Point, ...]) -> None:
        """Search for the region in the background once its graph is open."""
        spec, layer = _likeness_spec(scene), _likeness_layer(scene)
        if not scene.engine.ready(spec):
            return

        def run(projection: Projection) -> Outputs:
            return scene.engine.run_checked(spec, projection.feeds(scene.input_image))

        identity = scene.network.digest, layer.name
        now = scene.frame.timestamp
        state.region.search(identity, points, state.grey, now, layer.channels, run, scene.engine.start)

    def _gradient(self, scene: Scene) -> ObjectiveGradient:
        """The gradient of the objective, which is made once for each subject."""
        subject = _subject(scene)
        if self._objective is None or self._objective[0] != subject:
            self._objective = subject, _objective(scene)
        return ObjectiveGradient(scene.engine, scene.network, self._objective[1], scene.precision)


def _settings(scene: Scene) -> DreamSettings:
    """The settings, with less work where there is no time for all."""
    return eased(scene.settings[DreamSettings], scene.effort)


def _region_points(scene: Scene) -> tuple[Point, ...]:
    """The chosen places; none where everything dreams."""
    return parse_points(scene.settings[FeatureSettings].points) if scene.settings[DreamSettings].region else ()


def _likeness_layer(scene: Scene) -> LayerInfo:
    return default_layer(scene.info) or scene.layer


def _likeness_spec(scene: Scene) -> GraphSpec:
    """The graph that the view of features runs too."""
    height, width = scene.whole_hw
    size_hw = max(height // SHRINK, 8), max(width // SHRINK, 8)
    return scene.graph(ProjectionHead(_likeness_layer(scene).name, MAX_POINTS, size_hw))


def _subject(scene: Scene) -> Subject:
    settings = scene.settings[DreamSettings]
    return (settings.objective, "", -1) if settings.objective else ("", scene.layer.name, settings.channel)


def _objective(scene: Scene) -> Objective:
    """What `dream/objective` says, else the layer, or one of its channels: the last one where it has fewer."""
    settings, layer = scene.settings[DreamSettings], scene.layer
    if settings.objective:
        return parse_objective(scene.info, settings.objective)
    channel = None if settings.channel < 0 else min(settings.channel, layer.channels - 1)
    return Objective(DreamHead((layer.name,)), channel_weights(scene.info, layer.name, channel))


def _when_ready(scene: Scene, gradient: ObjectiveGradient, octave: KeyOctave) -> ObjectiveGradient | None:
    """The gradient if its graph for that octave is open, else None while it is being prepared."""
    return gradient if scene.engine.ready(gradient.graph(octave)) else None


_preset_text = cache(preset_description)  # reads the file of a preset once, not in every frame


def _caption(settings: DreamSettings, layer: LayerInfo, *, in_region: bool) -> tuple[str, str]:
    """The name of the dream, and a sentence about it."""
    what = "the layer" if settings.channel < 0 else f"channel {min(settings.channel, layer.channels - 1)}"
    if settings.objective:
        what = settings.objective
    title = settings.preset if settings.preset in SHIPPED else "dream"
    if in_region:
        return title, "Only what is like the chosen places dreams."
    if title in SHIPPED and settings.channel < 0 and not settings.objective:
        return title, _preset_text(title)
    return title, f"The camera image, changed to activate {what} more strongly."


def _drawn_hw(panel_hw: Hw) -> Hw:
    """The size at which detail is moved: that of the panel, or less on a large screen."""
    scale = min(LARGEST / max(panel_hw), 1.0)
    return round(panel_hw[0] * scale), round(panel_hw[1] * scale)


def _with_detail(image: Image, detail: Image, strength: float) -> Image:
    """The image with detail, which is enlarged if it is smaller."""
    if strength <= 0:
        return image
    if hw(detail) != hw(image):
        detail = cv2.resize(detail, image.shape[1::-1], interpolation=cv2.INTER_CUBIC)  # type: ignore[assignment]
    return add_detail(image, detail, strength)


VIEW = DreamView
