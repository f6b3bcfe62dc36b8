"""What a picture is changed for: some layers, a channel, a class, or likeness to a guide, ready for a graph."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.autodiff.backprop_rule import BackpropRule
from models.build.graph_spec import GraphSpec, Precision
from models.build.heads.activations import ActivationsHead
from models.build.heads.dream import GUIDE_UNITS, DreamHead
from models.errors import SettingError
from models.spec import CLASSES, Hw, ModelInfo, Network
from realtime.imaging.frame import Floats, Image, hw
from realtime.inference.channels import channel_weights
from realtime.inference.classes import find_class
from realtime.inference.engine import Engine
from realtime.inference.network_input import input_size, network_input

DEPTH = 0.65
"""How deep in the network dreams look best: textures have become patterns, and objects are not yet whole."""

TIMEOUT = 600.0
"""Seconds that a graph may take to be made: nobody waits at a screen for it."""

GUIDE_SIDE = 224
"""Short side, in pixels, of what the network sees of a guide picture."""


@dataclass(frozen=True, slots=True, eq=False)
class Objective:
    """A head, how much each of its channels is wanted, and the guide's units, (C, GUIDE_UNITS) for each layer."""

    head: DreamHead
    wanted: Floats
    guides: tuple[Floats, ...] = ()

    def feeds(self, picture: Floats) -> dict[str, NDArray[Any]]:
        """What the graph takes beside the picture, float32 BGR 0..255."""
        guides = {f"guide_{number}": units for number, units in enumerate(self.guides)}
        return {"image": picture, "weights": self.wanted, **guides}

    def through(self, rule: BackpropRule) -> Objective:
        """The same goal with gradients that go back through ReLUs in another way."""
        return dataclasses.replace(self, head=dataclasses.replace(self.head, backprop_rule=rule))


@dataclass(frozen=True, slots=True)
class ObjectiveGradient:
    """Where pictures are given to the network, to hear its answer and how it grows."""

    engine: Engine
    network: Network
    goal: Objective
    precision: Precision = "fp32"

    def __call__(self, picture: Floats) -> tuple[float, Floats]:
        """The answer to a picture, float32 BGR (H, W, 3) 0..255, and its gradient, shaped alike.

        Raises ModelError when the network cannot be gone back through, or its weights are no numbers.
        """
        size_hw = hw(picture)
        spec = GraphSpec(self.network, self.goal.head, size_hw, self.precision)
        feeds = self.goal.feeds(np.ascontiguousarray(picture))
        result = self.engine.run_checked(spec, feeds, timeout=TIMEOUT)
        return float(result["value"]), result["gradient"]

    @property
    def smallest(self) -> int:
        """Pixels of the shortest side of a picture that may be given."""
        info = self.network.info
        strides = (info.layer(name).stride for name in self.goal.head.layers if name != CLASSES)
        return max((info.input.smallest, *strides))

    @property
    def fixed_hw(self) -> Hw | None:
        """The one size that pictures must have, when there is but one."""
        info = self.network.info
        apart = CLASSES in self.goal.head.layers and bool(info.scores.file)
        return info.scores.size_hw if apart else info.input.fixed_hw


def default_layer(info: ModelInfo) -> str:
    """The layer that is dreamed of when none is named."""
    return info.landmarks[round(DEPTH * (len(info.landmarks) - 1))].name


def layers_objective(info: ModelInfo, weights: Sequence[tuple[str, float]], channel: int | None = None) -> Objective:
    """The energy of some layers, each with its weight; or of one channel of the one layer."""
    if channel is not None and len(weights) != 1:
        raise SettingError(f"--channel takes one --layer, but got {len(weights)}")
    parts = [channel_weights(info, name, channel) * np.float32(weight) for name, weight in weights]
    return Objective(DreamHead(tuple(name for name, _ in weights)), np.concatenate(parts))


def channel_objective(info: ModelInfo, layer: str, channel: int, at: tuple[float, float] | None = None) -> Objective:
    """The mean of one channel of a layer, or of CLASSES; or its one unit at a place, 0 to 1 across and down."""
    return Objective(DreamHead((layer,), energy=False, at=at), channel_weights(info, layer, channel))


def class_objective(info: ModelInfo, text: str) -> Objective:
    """The logit of the class called `text`."""
    return channel_objective(info, CLASSES, find_class(info, text))


def guided(engine: Engine, network: Network, goal: Objective, guide: Image) -> Objective:
    """`goal` turned to likeness with a guide picture."""
    size_hw = network.info.input.fixed_hw or input_size(hw(guide), GUIDE_SIDE)
    picture = network_input(guide, size_hw)
    specs = [GraphSpec(network, ActivationsHead(name), size_hw) for name in goal.head.layers]
    units = tuple(_spread(engine.run_when_ready(spec, {"image": picture})["activations"]) for spec in specs)
    return Objective(dataclasses.replace(goal.head, guided=True), goal.wanted, units)


def _spread(activations: Floats) -> Floats:
    """(C, h, w) -> (C, GUIDE_UNITS), evenly from the whole picture; of fewer units some come twice."""
    units = activations.reshape(len(activations), -1)
    places = np.linspace(0, units.shape[1] - 1, GUIDE_UNITS).round().astype(np.int64)
    return np.ascontiguousarray(units[:, places])
