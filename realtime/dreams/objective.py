"""Objectives of gradient ascent: some layers, a channel, a class, or the similarity to a guide picture."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.autodiff.backprop_rule import BackpropRule
from models.build.graph_spec import GraphSpec
from models.build.heads.activations import ActivationsHead
from models.build.heads.ascent import AscentHead
from models.build.heads.dream import GUIDE_UNITS, DreamHead
from models.build.heads.head import Head
from models.build.precision import Precision
from models.spec import CLASSES, InputLimits, ModelInfo, Network
from realtime.dreams.dream_settings import DEPTH
from realtime.dreams.key_plan import KeyOctave
from realtime.imaging.frame import Floats, Image, hw
from realtime.inference.ascent_session import SHIFTS
from realtime.inference.channels import channel_weights
from realtime.inference.engine import Engine
from realtime.inference.network_input import input_size, network_input

TIMEOUT = 600.0  # seconds to wait for a graph: no screen waits for it
GUIDE_SIDE = 224  # short side, in pixels, of the input for a guide picture


@dataclass(frozen=True, slots=True, eq=False)
class Objective:
    """A head, the weight of each of its channels, and the units of the guide, (C, GUIDE_UNITS) per layer."""

    head: DreamHead
    weights: Floats
    guides: tuple[Floats, ...] = ()

    def feeds(self, picture: Floats) -> dict[str, NDArray[Any]]:
        """The inputs of the graph for a picture, float32 BGR 0..255."""
        guides = {f"guide_{number}": units for number, units in enumerate(self.guides)}
        return {"image": picture, "weights": self.weights, **guides}

    def with_rule(self, rule: BackpropRule) -> Objective:
        """The same objective with another backprop rule."""
        return dataclasses.replace(self, head=dataclasses.replace(self.head, backprop_rule=rule))


@dataclass(frozen=True, slots=True)
class ObjectiveGradient:
    """Computes the value and the gradient of an objective for pictures.

    In int8, most of the gradient's direction remains (a cosine of 0.8 to 0.98), and the dream looks the same.
    """

    engine: Engine
    network: Network
    objective: Objective
    precision: Precision = "fp32"

    def __call__(self, picture: Floats) -> tuple[float, Floats]:
        """The value for a picture, float32 BGR (H, W, 3) 0..255, and its gradient, shaped like the picture.

        Raises ModelError when an operator has no gradient rule, or when the result has NaN or Inf.
        """
        size_hw = hw(picture)
        head = self.objective.head
        spec = GraphSpec(self.network, head, size_hw, head.nearest(self.precision))
        feeds = self.objective.feeds(np.ascontiguousarray(picture))
        outputs = self.engine.run_checked(spec, feeds, timeout=TIMEOUT)
        return float(outputs["value"]), outputs["gradient"]

    @property
    def on_device(self) -> bool:
        """Whether a picture can stay in the memory of a device between steps."""
        return self.engine.provider.kind.device is not None

    def graph(self, octave: KeyOctave, dream: DreamHead | None = None) -> GraphSpec:
        """The graph that the steps of an octave run, of this objective or of another one."""
        head: Head = dream or self.objective.head
        if self.on_device:
            head = AscentHead(dream or self.objective.head, octave.scales)
        return GraphSpec(self.network, head, octave.size_hw, head.nearest(self.precision))

    def ascend(self, picture: Floats, shifts: NDArray[np.int64], octave: KeyOctave, step_size: float) -> Floats:
        """The picture after a step for each of `shifts`, (steps, 2), which it does not leave the device between.

        Raises what calling raises.
        """
        feeds = self.objective.feeds(picture) | {SHIFTS: shifts, "step_size": np.array(step_size, np.float32)}
        changed: Floats = self.engine.run_checked(self.graph(octave), feeds, timeout=TIMEOUT)["picture"]
        return changed

    @property
    def limits(self) -> InputLimits:
        """The sizes of pictures that the network accepts."""
        info, layers = self.network.info, self.objective.head.layers
        strides = (info.layer(name).stride for name in layers if name != CLASSES)
        separate = CLASSES in layers and bool(info.scores.file)
        return InputLimits(
            smallest=max((info.input.smallest, *strides)),
            fixed_hw=info.scores.size_hw if separate else info.input.fixed_hw,
            step=info.input.step,
        )


def default_layer(info: ModelInfo, depth: float = DEPTH) -> str:
    """The layer of a dream when none is chosen: the one at a depth of 0 to 1."""
    return info.key_layers[round(depth * (len(info.key_layers) - 1))].name


def channel_objective(info: ModelInfo, layer: str, channel: int, at: tuple[float, float] | None = None) -> Objective:
    """The mean of a channel of a layer, or of CLASSES; or its unit `at` a place, 0 to 1 across and down."""
    return Objective(DreamHead((layer,), energy=False, at=at), channel_weights(info, layer, channel))


def guided(engine: Engine, network: Network, objective: Objective, guide: Image) -> Objective:
    """The similarity to a guide picture in the layers of `objective`."""
    size_hw = input_size(hw(guide), GUIDE_SIDE, network.info.input.limits)
    picture = network_input(guide, size_hw)
    specs = [GraphSpec(network, ActivationsHead(name), size_hw) for name in objective.head.layers]
    units = tuple(_sampled(engine.run_when_ready(spec, {"image": picture})["activations"]) for spec in specs)
    return Objective(dataclasses.replace(objective.head, guided=True), objective.weights, units)


def _sampled(activations: Floats) -> Floats:
    """(C, h, w) -> (C, GUIDE_UNITS), evenly spaced; of fewer units some repeat."""
    units = activations.reshape(len(activations), -1)
    places = np.linspace(0, units.shape[1] - 1, GUIDE_UNITS).round().astype(np.int64)
    return np.ascontiguousarray(units[:, places])
