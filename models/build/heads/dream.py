"""The gradient of an objective with respect to the picture, for gradient ascent."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

from models.autodiff.backprop_rule import BackpropRule
from models.autodiff.rules.node_gradient import NoGradientError
from models.build.heads.channels import count_channels, weighted_sum
from models.build.heads.head import Head, Shapes
from models.build.heads.scaled_gradient import largest_of, scaled_gradient
from models.errors import ModelError
from models.graph.builder import FLOAT, GraphBuilder, ancestors
from models.spec import ModelInfo

GUIDE_UNITS = 256  # units of a guide's layer with which each unit of the picture is compared


class _Term(NamedTuple):
    """One layer's part of the objective: its value, what it is made of, and how many units of a channel count."""

    value: str
    weights: str
    units: str
    guide: str
    places: int


@dataclass(frozen=True, slots=True)
class DreamHead(Head):
    """The outputs "value", the objective of some layers (a scalar), and "gradient", shaped like the picture.

    The objective is a sum over the channels of all `layers`, which the input "weights" weighs, one layer after
    another: of each channel's mean, or of its mean square with `energy`. With `at`, a place from 0 to 1 across and
    down, only the unit there counts. With `guided`, it is the similarity to the units of a guide picture, which are
    the inputs "guide_0", "guide_1" ..., each (C, GUIDE_UNITS). A layer may be CLASSES.
    """

    layers: tuple[str, ...]
    energy: bool = True
    at: tuple[float, float] | None = None
    guided: bool = False
    backprop_rule: BackpropRule = "plain"

    image_type = FLOAT
    waits = False
    precisions = ("fp32", "bf16", "fp16", "int8")

    @property
    def reads(self) -> tuple[str, ...]:
        """The layers."""
        return self.layers

    def append(self, builder: GraphBuilder, info: ModelInfo, shapes: Shapes) -> None:
        """Add the objective and its gradient; ModelError when an operator on the path has no gradient."""
        value, gradient = self.write(builder, info, shapes, "image")
        builder.output(value, "value", FLOAT, ())
        builder.output(gradient, "gradient", FLOAT, shapes["image"])

    def write(self, builder: GraphBuilder, info: ModelInfo, shapes: Shapes, picture: str) -> tuple[str, str]:
        """Write the objective and its gradient with respect to the tensor `picture`, and return their names."""
        terms = self._terms(builder, info, shapes)
        objective = builder.op("Sum", *(term.value for term in terms)) if len(terms) > 1 else terms[0].value
        try:
            largest = partial(self._all_largest, builder, terms)
            return objective, scaled_gradient(builder, objective, picture, largest, self.backprop_rule)
        except NoGradientError as error:
            before = {name for node in ancestors(builder.model.graph, error.node.input) for name in node.output}
            possible = any(layer.name in before for layer in info.layers)
            advice = "choose a layer before it" if possible else "all layers come after it, so none has a gradient"
            raise ModelError(f"{error}; {advice}") from error

    def _terms(self, builder: GraphBuilder, info: ModelInfo, shapes: Shapes) -> list[_Term]:
        """The parts of the scalar that the picture is changed to increase."""
        tensors = self.tensors(info)
        counts = [count_channels(name, tensor, shapes) for name, tensor in zip(self.layers, tensors, strict=True)]
        all_weights, terms, first = builder.input("weights", FLOAT, (sum(counts),)), [], 0
        for number, (tensor, channels) in enumerate(zip(tensors, counts, strict=True)):
            weights = builder.op(
                "Slice", all_weights, builder.ints(first), builder.ints(first + channels), builder.ints(0)
            )
            first += channels
            units = self._units(builder, tensor, shapes[tensor])
            if self.guided:
                values = _similarity(builder, units, number, weights, channels)
            else:
                values = self._channel_values(builder, units)
            value = weighted_sum(builder, values, weights, channels)
            places = 1 if self.at is not None else math.prod(shapes[tensor][2:])
            terms.append(_Term(value, weights, units, f"guide_{number}", places))
        return terms

    def _all_largest(self, builder: GraphBuilder, terms: Sequence[_Term]) -> list[str]:
        return [self._largest(builder, term) for term in terms]

    def _largest(self, builder: GraphBuilder, term: _Term) -> str:
        """About the largest gradient of a term with respect to a unit of its layer, a scalar."""
        largest = builder.op("Div", largest_of(builder, term.weights), builder.floats(term.places))
        if self.guided:
            return builder.op("Mul", largest, largest_of(builder, term.guide))
        return builder.op("Mul", largest, largest_of(builder, term.units)) if self.energy else largest

    def _units(self, builder: GraphBuilder, tensor: str, shape: tuple[int, ...]) -> str:
        """The units that count, as (1, C, n): all of a layer, or the one at a place."""
        if self.at is not None and len(shape) == 4:
            x, y = (min(int(part * size), size - 1) for part, size in zip(self.at, shape[:1:-1], strict=True))
            corners = builder.ints(y, x), builder.ints(y + 1, x + 1)
            tensor = builder.op("Slice", tensor, *corners, builder.ints(2, 3))
        return builder.op("Reshape", tensor, builder.ints(1, shape[1], -1))

    def _channel_values(self, builder: GraphBuilder, units: str) -> str:
        """(1, C, n) -> (1, C): the mean, or the mean square."""
        values = builder.op("Mul", units, units) if self.energy else units
        return builder.op("ReduceMean", values, builder.ints(2), keepdims=0)


def _similarity(builder: GraphBuilder, units: str, number: int, weights: str, channels: int) -> str:
    """The mean product of each unit with the most similar unit of the guide: (1, C, n) -> (1, C).

    This is the objective of guided dreams in google/deepdream; the gradient treats the best match as a constant.
    """
    guide = builder.input(f"guide_{number}", FLOAT, (channels, GUIDE_UNITS))
    weighted = builder.op("Mul", builder.op("Transpose", guide, perm=[1, 0]), weights)
    similarity = builder.op("MatMul", weighted, units)
    best = builder.op("ArgMax", similarity, axis=1, keepdims=0)
    matches = builder.op("Gather", guide, builder.op("Reshape", best, builder.ints(-1)), axis=1)
    products = builder.op("Mul", units, builder.op("Unsqueeze", matches, builder.ints(0)))
    return builder.op("ReduceMean", products, builder.ints(2), keepdims=0)
