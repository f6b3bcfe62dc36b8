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
from models.spec import CLASSES, SOMETHING_ELSE, ModelInfo, Prediction
from realtime.controls.controls import Controls
from realtime.controls.value import KeyBinding, value
from realtime.features.choose_places import choose_place
from realtime.imaging.drawing import percent
from realtime.imaging.frame import Floats
from realtime.imaging.heatmap import overlay_heatmap
from realtime.inference.channels import one_hot
from realtime.inference.engine import Outputs
from realtime.inference.gradcam import gradcam_input_hw, normalized
from realtime.inference.network_input import network_input
from realtime.inference.predictions import is_sure, top
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


class GradcamView(View):
    """The frame with the heatmap of its most likely class, or of the strongest channel where there are no classes.

    Both are computed in the background.
    """

    name = "gradcam"
    bind = KeyBinding(("g",), "set", "Grad-CAM: where the network finds evidence for a class", "gradcam")
    settings = (GradcamSettings,)
    own_layer = True
    kind = "picture"

    def __init__(self) -> None:
        self._reset(None)

    def _reset(self, spec: GraphSpec | None) -> None:
        self._spec = spec
        self._request = BackgroundResult[Outputs]()
        self._sent: int | None = None
        self._activations: Floats | None = None
        self._shown: Explanation | None = None
        self._missed = 0
        self._updated = 0.0

    def default_layer(self, controls: Controls, info: ModelInfo) -> str | None:
        """The deepest: there the evidence is that of the answer."""
        return info.key_layers[-1].name

    def render(self, scene: Scene) -> Rendered:
        """The frame with the newest heatmap on it."""
        spec = _spec(scene)
        if spec != self._spec:
            self._reset(spec)
        for _ in range(1 if self._activations is not None else 2):  # the first pass finds the most likely class
            self._update(scene, spec)
        image, layer = scene.fitted_frame(), scene.layer
        missing = _missing(scene)
        if missing is not None:
            return Rendered(image, layer, caption=missing)
        shown = self._shown
        if shown is None:
            return Rendered(image, layer, caption=("Grad-CAM", "Where the network finds evidence."), predictions=())
        image = overlay_heatmap(image, _visible(scene, normalized(shown.heatmap)))
        return Rendered(image, layer, caption=_caption(scene, shown), predictions=_predictions(scene, shown))

    def click(self, controls: Controls, click: Click) -> str:
        """Show what the network finds like the place that is clicked."""
        if click.right or click.picture is None:
            return super().click(controls, click)
        return choose_place(controls, click.picture)

    def upcoming(self, scene: Scene) -> Iterable[GraphSpec]:
        """Only the heatmap itself."""
        return (_spec(scene),)

    def _update(self, scene: Scene, spec: GraphSpec) -> None:
        """Add the newest heatmap, if any; start the one of this frame when none is running."""
        if scene.engine.ready(spec) and self._request.idle:
            self._sent = self._target(scene)
            weights = (
                np.zeros(_targets(scene), np.float32) if self._sent is None else one_hot(_targets(scene), self._sent)
            )
            image = network_input(scene.frame.image, spec.size_hw)
            feeds: dict[str, NDArray[Any]] = {"image": image, "weights": weights}
            self._request.send(scene.engine.start(partial(scene.engine.run_checked, spec, feeds)))
        outputs = self._request.take()
        if outputs is None:
            return
        now, share = scene.frame.timestamp, 1 - math.exp(-max(scene.frame.timestamp - self._updated, 0.0) / EASE)
        self._updated = now
        self._activations = _followed(self._activations, outputs["activations"], share)
        self._missed = 0 if self._sent == self._target(scene) else self._missed + 1
        if self._sent is not None and self._missed in (0, PATIENCE):
            last = self._shown.heatmap if self._shown and self._shown.target == self._sent else None
            self._shown = Explanation(self._sent, _followed(last, outputs["heatmap"], share), self._activations)
            self._missed = 0

    def _target(self, scene: Scene) -> int | None:
        """The class or channel to explain; None while it is not known, or does not exist."""
        chosen = scene.settings[GradcamSettings].target
        if chosen >= 0:
            return chosen if chosen < _targets(scene) else None
        return None if self._activations is None else int(self._activations.argmax())


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
    """The most likely classes in the frames of the heatmap; none when the network is not sure."""
    classifier, settings = scene.info.classifier, scene.settings[PredictSettings]
    if classifier is None:
        return ()
    best = top(_probabilities(shown), classifier.labels, settings.count)
    return best if is_sure(best, settings.threshold) else ()


def _probabilities(shown: Explanation) -> Floats:
    scores = np.exp(shown.activations - shown.activations.max())
    return np.asarray(scores / scores.sum(), np.float32)


def _caption(scene: Scene, shown: Explanation) -> tuple[str, str]:
    """The class or the channel, and its probability."""
    if scene.info.classifier is None:
        return f"channel {shown.target}", f"What activates this channel of {scene.info.key_layers[-1].name}."
    label, probability = scene.info.classifier.labels[shown.target], float(_probabilities(shown)[shown.target])
    best, chosen = Prediction(shown.target, label, probability), scene.settings[GradcamSettings].target >= 0
    if not chosen and label == SOMETHING_ELSE:
        return "not sure", "The network finds nothing here that it has a name for."
    if not chosen and not is_sure([best], scene.settings[PredictSettings].threshold):
        return "not sure", f"Where the network finds evidence for the most likely class, {label}."
    if scene.settings[PredictSettings].on:  # the list of predictions shows the probability
        return label, "Where the network finds evidence for this class."
    return label, f"Where the network finds evidence for this class; its probability is {percent(probability)}."


def _spec(scene: Scene) -> GraphSpec:
    target = CLASSES if scene.info.classifier is not None else scene.info.key_layers[-1].name
    return scene.graph(GradcamHead(scene.layer.name, target), gradcam_input_hw(scene.info, scene.frame_hw, target))


VIEW = GradcamView
