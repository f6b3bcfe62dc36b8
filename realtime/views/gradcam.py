"""Grad-CAM on the moving picture: which parts of it the network finds most telling for a class or a channel."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar

import cv2
import numpy as np
from numpy.typing import NDArray

from models.build.graph_spec import GraphSpec
from models.build.heads.gradcam import GradcamHead
from models.spec import CLASSES, ModelInfo, Prediction
from realtime.controls.controls import Controls
from realtime.controls.value import KeyBinding, value
from realtime.features.choose_places import choose_place
from realtime.imaging.drawing import percent
from realtime.imaging.frame import Floats, Image
from realtime.imaging.heatmap import overlay_heatmap
from realtime.inference.channels import one_hot
from realtime.inference.engine import Outputs
from realtime.inference.gradcam import gradcam_input_hw, normalized
from realtime.inference.network_input import network_input
from realtime.inference.predictions import NOT_SURE, is_sure, top
from realtime.inference.predictor import PredictSettings
from realtime.threads.background_result import BackgroundResult
from realtime.views.click import Click
from realtime.views.view import Rendered, Scene, View

EASE = 0.3  # seconds: the time constant with which the heatmap follows the newest one, so that it does not flicker
SHRINK = 4  # a heatmap is cut at a quarter of the width at which it is drawn
PATIENCE = 3  # passes that explain another class than they find, before one is shown


@dataclass(frozen=True, slots=True)
class GradcamSettings:
    """What is explained."""

    group: ClassVar[str] = "gradcam"

    target: int = value(
        -1,
        "number of the class, or of a channel of the last layer without classes; -1 for the most likely",
        low=-1,
        high=99999,
    )


@dataclass(frozen=True, slots=True)
class Explanation:
    """The heatmap of a target, and the mean activations of all classes or channels in the same frames."""

    target: int
    heatmap: Floats
    activations: Floats


class Evidence:
    """The heatmap of one target at a time, computed in the background: the strongest one, or a chosen one."""

    def __init__(self, spec: GraphSpec, count: int) -> None:
        self.spec = spec
        self.activations: Floats | None = None
        self.shown: Explanation | None = None
        self._count = count  # of classes or channels
        self._request = BackgroundResult[Outputs]()
        self._sent: int | None = None
        self._missed = 0
        self._updated = 0.0

    def update(self, scene: Scene, chosen: int) -> None:
        """Follow the newest frame; `chosen` is the number of the target, or -1 for the strongest one."""
        for _ in range(1 if self.activations is not None else 2):  # the first pass finds the strongest one
            self._step(scene, chosen)

    def _step(self, scene: Scene, chosen: int) -> None:
        """Add the newest heatmap, if any; start the one of this frame when none is running."""
        if scene.engine.ready(self.spec) and self._request.idle:
            self._sent = self._target(chosen)
            weights = np.zeros(self._count, np.float32) if self._sent is None else one_hot(self._count, self._sent)
            image = network_input(scene.frame.image, self.spec.size_hw)
            feeds: dict[str, NDArray[Any]] = {"image": image, "weights": weights}
            self._request.send(scene.engine.start(partial(scene.engine.run_checked, self.spec, feeds)))
        outputs = self._request.take()
        if outputs is None:
            return
        now, share = scene.frame.timestamp, 1 - math.exp(-max(scene.frame.timestamp - self._updated, 0.0) / EASE)
        self._updated = now
        self.activations = _followed(self.activations, outputs["activations"], share)
        self._missed = 0 if self._sent == self._target(chosen) else self._missed + 1
        if self._sent is not None and self._missed in (0, PATIENCE):
            last = self.shown.heatmap if self.shown and self.shown.target == self._sent else None
            self.shown = Explanation(self._sent, _followed(last, outputs["heatmap"], share), self.activations)
            self._missed = 0

    def _target(self, chosen: int) -> int | None:
        """The class or channel to explain; None while it is not known, or does not exist."""
        if chosen >= 0:
            return chosen if chosen < self._count else None
        return None if self.activations is None else int(self.activations.argmax())


class GradcamView(View):
    """The frame with the heatmap of its most likely class, or of the strongest channel where no class can be named.

    Both are computed in the background.
    """

    name = "gradcam"
    bind = KeyBinding(("g",), "set", "Grad-CAM: where the network finds evidence for a class", "gradcam")
    settings = (GradcamSettings,)
    own_layer = True
    is_picture = True

    def __init__(self) -> None:
        self._evidence: Evidence | None = None
        self._of_channels: Evidence | None = None

    def default_layer(self, controls: Controls, info: ModelInfo) -> str | None:
        """The deepest: there the evidence is that of the answer."""
        return info.evidence_layer.name

    def render(self, scene: Scene) -> Rendered:
        """The frame with the newest heatmap on it."""
        self._evidence = evidence = _for(_spec(scene), _targets(scene), self._evidence)
        evidence.update(scene, scene.settings[GradcamSettings].target)
        image, layer, missing = scene.fitted_frame(), scene.layer, _missing(scene)
        if missing is not None:
            return Rendered(image, layer, caption=missing)
        shown = evidence.shown
        if shown is None:
            return Rendered(image, layer, caption=("Grad-CAM", "Where the network finds evidence."), predictions=())
        if not _has_name(scene, shown):
            return self._unsure(scene, image, _predictions(scene, shown))
        image = overlay_heatmap(image, _visible(scene, normalized(shown.heatmap)))
        return Rendered(image, layer, caption=_caption(scene, shown), predictions=_predictions(scene, shown))

    def _unsure(self, scene: Scene, image: Image, predictions: tuple[Prediction, ...]) -> Rendered:
        """The strongest channel, where no class is likely enough to be named."""
        spec, channels = _channel_spec(scene)
        self._of_channels = evidence = _for(spec, channels, self._of_channels)
        evidence.update(scene, -1)
        heatmap, sentence = np.zeros((8, 8), np.float32), "Looking for the strongest channel."
        if evidence.shown is not None:
            heatmap, sentence = normalized(evidence.shown.heatmap), "Light where the strongest channel answers."
        image = overlay_heatmap(image, _visible(scene, heatmap))
        return Rendered(image, scene.layer, caption=(NOT_SURE, sentence), predictions=predictions)

    def click(self, controls: Controls, click: Click) -> str:
        """Show what the network finds like the place that is clicked."""
        if click.right or click.picture is None:
            return super().click(controls, click)
        return choose_place(controls, click.picture)

    def upcoming(self, scene: Scene) -> Iterable[GraphSpec]:
        """The heatmap, and that for pictures in which no class can be named."""
        yield _spec(scene)
        if scene.info.classifier is not None:
            yield _channel_spec(scene)[0]


def _for(spec: GraphSpec, count: int, last: Evidence | None) -> Evidence:
    """The last evidence, or new one for another graph."""
    return last if last is not None and last.spec == spec else Evidence(spec, count)


def _visible(scene: Scene, heatmap: Floats) -> Floats:
    """The part of a heatmap that is seen; it is coarse, so it is enlarged before it is cut."""
    if not scene.cover:
        return heatmap
    height, width = (side // SHRINK for side in scene.whole_hw)
    large = cv2.resize(heatmap, (max(width, 8), max(height, 8)), interpolation=cv2.INTER_CUBIC)
    return np.asarray(large[scene.visible((large.shape[0], large.shape[1]))], np.float32)


def _followed(last: Floats | None, newest: Floats, share: float) -> Floats:
    return newest if last is None else np.asarray(last + share * (newest - last), np.float32)


def _targets(scene: Scene) -> int:
    """The number of classes, or of channels of the last layer."""
    classifier = scene.info.classifier
    return len(classifier.labels) if classifier else scene.info.key_layers[-1].channels


def _missing(scene: Scene) -> tuple[str, str] | None:
    """What is said when the network does not have the chosen class or channel."""
    chosen, count = scene.settings[GradcamSettings].target, _targets(scene)
    kind, all_of_them = ("class", "classes") if scene.info.classifier else ("channel", "channels")
    return (f"{kind} {chosen}", f"The network's {all_of_them} go from 0 to {count - 1}.") if chosen >= count else None


def _predictions(scene: Scene, shown: Explanation) -> tuple[Prediction, ...]:
    """The most likely classes in the frames of the heatmap."""
    classifier, count = scene.info.classifier, scene.settings[PredictSettings].count
    return top(_probabilities(shown), classifier.labels, count) if classifier is not None else ()


def _has_name(scene: Scene, shown: Explanation) -> bool:
    """Whether what is explained can be named: a class that is chosen or likely enough, or a channel by its number."""
    classifier = scene.info.classifier
    if classifier is None or scene.settings[GradcamSettings].target >= 0:
        return True
    best = Prediction(shown.target, classifier.labels[shown.target], float(_probabilities(shown)[shown.target]))
    return is_sure([best], scene.settings[PredictSettings].threshold)


def _probabilities(shown: Explanation) -> Floats:
    scores = np.exp(shown.activations - shown.activations.max())
    return np.asarray(scores / scores.sum(), np.float32)


def _caption(scene: Scene, shown: Explanation) -> tuple[str, str]:
    """The class or the channel, and its probability."""
    if scene.info.classifier is None:
        return f"channel {shown.target}", f"What activates this channel of {scene.info.key_layers[-1].name}."
    label, probability = scene.info.classifier.labels[shown.target], float(_probabilities(shown)[shown.target])
    if scene.settings[PredictSettings].on:  # the list of predictions shows the probability
        return label, "Where the network finds evidence for this class."
    return label, f"Where the network finds evidence for this class; its probability is {percent(probability)}."


def _spec(scene: Scene) -> GraphSpec:
    target = CLASSES if scene.info.classifier is not None else scene.info.key_layers[-1].name
    return _graph(scene, target)


def _channel_spec(scene: Scene) -> tuple[GraphSpec, int]:
    """The graph for the channels of the last layer, or of the chosen one where that may lie beside it; their number."""
    layer, key_layers = scene.layer, scene.info.key_layers
    target = key_layers[-1] if layer in key_layers else layer
    return _graph(scene, target.name), target.channels


def _graph(scene: Scene, target: str) -> GraphSpec:
    return scene.graph(GradcamHead(scene.layer.name, target), gradcam_input_hw(scene.info, scene.frame_hw, target))


VIEW = GradcamView
