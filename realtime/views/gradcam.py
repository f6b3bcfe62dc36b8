"""Where the evidence lies for what the network sees: Grad-CAM over the moving picture."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from models.spec import CLASSES, GradcamHead, GraphSpec, ModelInfo
from realtime.controls.controls import Controls
from realtime.controls.value import Bind, Scalar, value
from realtime.imaging.compositing import fitted, resize
from realtime.imaging.frame import Floats
from realtime.imaging.heatmap import overlay_heatmap
from realtime.inference.channels import single
from realtime.inference.engine import Outputs
from realtime.inference.gradcam import gradcam_input_hw
from realtime.inference.network_input import network_input
from realtime.inference.predictor import PredictSettings
from realtime.threads.request import Request
from realtime.views.tiles import TileSettings
from realtime.views.view import Rendered, Scene, View

STEADY = 0.5
"""How far the heat moves towards a new one at each result, so that it does not flicker."""


@dataclass(frozen=True, slots=True)
class GradcamSettings:
    """What evidence is looked for, and where."""

    group: ClassVar[str] = "gradcam"

    target: int = value(-1, "the number of the class looked for; -1 for the likeliest", low=-1, high=99999)
    where: str = value("deepest", "the layer whose units are asked", choices=("deepest", "shown"))


class GradcamView(View):
    """The frame, lit where the evidence lies; the network is asked beside the show."""

    name = "gradcam"
    bind = Bind(("g",), "set", "Grad-CAM: where the evidence lies", "gradcam")
    settings = (GradcamSettings, TileSettings)

    def register(self, controls: Controls, info: ModelInfo) -> None:
        """Let a layer that is chosen while this view is shown be the one whose heatmap is shown."""
        super().register(controls, info)
        if info.classifier is not None:
            controls.rule("show/layer", _show_chosen_layer)

    def __init__(self) -> None:
        self._asked = Request[Outputs]()
        self._heat: Floats | None = None
        self._answers: Floats | None = None
        self._spec: GraphSpec | None = None

    def render(self, scene: Scene) -> Rendered:
        """The frame with the newest heat on it."""
        spec = _spec(scene)
        if spec != self._spec:
            self._spec, self._asked, self._heat, self._answers = spec, Request(), None, None
        for _ in range(1 if self._answers is not None else 2):  # the first answer says what to look for
            self._ask(scene, spec)
        picture = resize(scene.frame.image, fitted(scene.frame.image.shape[:2], scene.panel_hw))
        if self._heat is not None and self._missing(scene) is None:
            picture = overlay_heatmap(picture, self._heat / max(float(self._heat.max()), 1e-30))
        return Rendered(picture, scene.info.layer(_layer(scene)), words=self._words(scene))

    def upcoming(self, scene: Scene) -> Iterable[GraphSpec]:
        """Only itself."""
        return (_spec(scene),)

    def _ask(self, scene: Scene, spec: GraphSpec) -> None:
        """Take in what was answered, and ask again of the newest frame."""
        if scene.engine.ready(spec) and self._asked.idle:
            image, wanted = network_input(scene.frame.image, spec.size_hw), self._wanted(scene)
            feeds: dict[str, NDArray[Any]] = {"image": image, "weights": wanted}
            self._asked.send(scene.engine.start(partial(scene.engine.run_checked, spec, feeds)))
        found = self._asked.take()
        if found is None:
            return
        if self._answers is not None:
            old = found["heatmap"] if self._heat is None else self._heat
            self._heat = np.asarray(old + STEADY * (found["heatmap"] - old), np.float32)
        self._answers = found["activations"]

    def _wanted(self, scene: Scene) -> Floats:
        """One for the channel or the class that is looked for, as far as it is known."""
        if scene.info.classifier is None:
            return single(scene.layer.channels, scene.channel)
        classes = len(scene.info.classifier.labels)
        if self._answers is None or self._missing(scene) is not None:
            return np.zeros(classes, np.float32)
        return single(classes, self._target(scene, self._answers))

    def _target(self, scene: Scene, answers: Floats) -> int:
        chosen = scene.settings[GradcamSettings].target
        return chosen if chosen >= 0 else int(answers.argmax())

    def _missing(self, scene: Scene) -> int | None:
        """The number of the class looked for when the network has no such class."""
        chosen, classifier = scene.settings[GradcamSettings].target, scene.info.classifier
        return chosen if classifier is not None and chosen >= len(classifier.labels) else None

    def _words(self, scene: Scene) -> tuple[str, str]:
        """What is looked for, and how sure the network is of it."""
        if scene.info.classifier is None:
            return f"channel {scene.channel}", f"Where this channel of {scene.layer.name} answers."
        missing = self._missing(scene)
        if missing is not None:
            last = len(scene.info.classifier.labels) - 1
            return f"class {missing}", f"The network's classes go from 0 to {last}."
        if self._answers is None:
            return "evidence", "Where the network looks."
        target = self._target(scene, self._answers)
        if scene.settings[PredictSettings].on:  # which say how sure it is, at a rhythm of their own
            return scene.info.classifier.labels[target], "Where the network sees it."
        sure = np.exp(self._answers - self._answers.max())
        return scene.info.classifier.labels[target], f"Where the network sees it, {sure[target] / sure.sum():.0%} sure."


def _show_chosen_layer(controls: Controls, _before: Scalar) -> None:
    if controls.value("show/view") == "gradcam":
        controls.set("gradcam/where", "shown")


def _layer(scene: Scene) -> str:
    """The layer whose units are asked; without a classifier, that of the channel."""
    if scene.info.classifier is None or scene.settings[GradcamSettings].where == "shown":
        return scene.layer.name
    return scene.info.landmarks[-1].name


def _spec(scene: Scene) -> GraphSpec:
    aim = CLASSES if scene.info.classifier is not None else scene.layer.name
    height, width = scene.frame.image.shape[:2]
    size_hw = gradcam_input_hw(scene.info, (height, width), aim)
    return GraphSpec(scene.network, GradcamHead(_layer(scene), aim), size_hw, scene.precision)


VIEW = GradcamView
