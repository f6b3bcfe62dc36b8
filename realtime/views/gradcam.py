"""Grad-CAM on the moving picture: which parts of it the network finds most telling for a class or a channel."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from models.build.graph_spec import GraphSpec
from models.build.heads.gradcam import GradcamHead
from models.spec import CLASSES, ModelInfo, Prediction
from realtime.controls.controls import Controls
from realtime.controls.value import KeyBinding, Scalar, value
from realtime.features.choose_places import choose_place
from realtime.imaging.drawing import percent
from realtime.imaging.frame import Floats
from realtime.imaging.heatmap import overlay_heatmap
from realtime.inference.channels import one_hot
from realtime.inference.engine import Outputs
from realtime.inference.gradcam import gradcam_input_hw, normalized
from realtime.inference.network_input import network_input
from realtime.inference.predictions import is_sure
from realtime.inference.predictor import PredictSettings
from realtime.threads.background_result import BackgroundResult
from realtime.views.click import Click
from realtime.views.tiles import TileSettings
from realtime.views.view import Rendered, Scene, View

SMOOTHING = 0.5  # the share of the newest heatmap in the one that is shown, so that it does not flicker


@dataclass(frozen=True, slots=True)
class GradcamSettings:
    """The class, and the layer of the heatmap."""

    group: ClassVar[str] = "gradcam"

    target: int = value(-1, "number of the class; -1 for the most likely", low=-1, high=99999)
    where: str = value(
        "deepest",
        "layer of the heatmap: deepest, or shown (the layer selected in show/layer)",
        choices=("deepest", "shown"),
    )


class GradcamView(View):
    """The frame with its heatmap, which is computed in the background."""

    name = "gradcam"
    bind = KeyBinding(("g",), "set", "Grad-CAM: where the network finds evidence for a class", "gradcam")
    settings = (GradcamSettings, TileSettings)
    unused = tuple(f"tiles/{name}" for name in ("zoom", "active", "count", "contrast", "normalize", "colormap"))

    def __init__(self) -> None:
        self._reset(None)

    def _reset(self, spec: GraphSpec | None) -> None:
        self._spec = spec
        self._request = BackgroundResult[Outputs]()
        self._heatmap: Floats | None = None
        self._activations: Floats | None = None

    def register(self, controls: Controls, info: ModelInfo) -> None:
        """Let a layer that is chosen while this view is shown be the one whose heatmap is shown."""
        super().register(controls, info)
        if info.classifier is not None:
            controls.rule("show/layer", _show_chosen_layer)

    def render(self, scene: Scene) -> Rendered:
        """The frame with the newest heatmap on it."""
        spec = _spec(scene)
        if spec != self._spec:
            self._reset(spec)
        for _ in range(1 if self._activations is not None else 2):  # the first pass finds the most likely class
            self._update(scene, spec)
        image = scene.fitted_frame()
        if self._heatmap is not None and self._missing(scene) is None:
            image = overlay_heatmap(image, normalized(self._heatmap))
        return Rendered(image, scene.info.layer(_layer(scene)), caption=self._caption(scene))

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
            image = network_input(scene.frame.image, spec.size_hw)
            feeds: dict[str, NDArray[Any]] = {"image": image, "weights": self._weights(scene)}
            self._request.send(scene.engine.start(partial(scene.engine.run_checked, spec, feeds)))
        outputs = self._request.take()
        if outputs is None:
            return
        if self._activations is not None:
            old = outputs["heatmap"] if self._heatmap is None else self._heatmap
            self._heatmap = np.asarray(old + SMOOTHING * (outputs["heatmap"] - old), np.float32)
        self._activations = outputs["activations"]

    def _weights(self, scene: Scene) -> Floats:
        """One for the channel or the class; zeros while the class is not known."""
        if scene.info.classifier is None:
            return one_hot(scene.layer.channels, scene.channel)
        classes = len(scene.info.classifier.labels)
        if self._activations is None or self._missing(scene) is not None:
            return np.zeros(classes, np.float32)
        return one_hot(classes, self._target(scene, self._activations))

    def _target(self, scene: Scene, activations: Floats) -> int:
        chosen = scene.settings[GradcamSettings].target
        return chosen if chosen >= 0 else int(activations.argmax())

    def _missing(self, scene: Scene) -> int | None:
        """The number of the chosen class when the network has no such class."""
        chosen, classifier = scene.settings[GradcamSettings].target, scene.info.classifier
        return chosen if classifier is not None and chosen >= len(classifier.labels) else None

    def _caption(self, scene: Scene) -> tuple[str, str]:
        """The class or the channel, and its probability."""
        if scene.info.classifier is None:
            return f"channel {scene.channel}", f"Where this channel of {scene.layer.name} is active."
        missing, labels = self._missing(scene), scene.info.classifier.labels
        if missing is not None:
            return f"class {missing}", f"The network's classes go from 0 to {len(labels) - 1}."
        if self._activations is None:
            return "Grad-CAM", "Where the network finds evidence."
        target = self._target(scene, self._activations)
        scores = np.exp(self._activations - self._activations.max())
        probability = scores[target] / scores.sum()
        best = Prediction(target, labels[target], float(probability))
        chosen = scene.settings[GradcamSettings].target >= 0
        if not chosen and not is_sure([best], scene.settings[PredictSettings].threshold):
            return "not sure", f"Where the network finds evidence for the most likely class, {labels[target]}."
        if scene.settings[PredictSettings].on:  # predictions show the probability, at a rate of their own
            return labels[target], "Where the network finds evidence for this class."
        sentence = f"Where the network finds evidence for this class; its probability is {percent(probability)}."
        return labels[target], sentence


def _show_chosen_layer(controls: Controls, _before: Scalar) -> None:
    if controls.value("show/view") == "gradcam":
        controls.set("gradcam/where", "shown")


def _layer(scene: Scene) -> str:
    """The layer of the heatmap; without a classifier that of the channel."""
    if scene.info.classifier is None or scene.settings[GradcamSettings].where == "shown":
        return scene.layer.name
    return scene.info.key_layers[-1].name


def _spec(scene: Scene) -> GraphSpec:
    target = CLASSES if scene.info.classifier is not None else scene.layer.name
    return scene.graph(GradcamHead(_layer(scene), target), gradcam_input_hw(scene.info, scene.frame_hw, target))


VIEW = GradcamView
