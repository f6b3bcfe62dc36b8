"""Append gradients: of what a picture has to become for the wanted channels to answer more, and of where they look.

What a gradient is taken of is one number, the answer; see DreamHead and HeatHead.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias

from models.errors import ModelError
from models.autodiff.gradient import gradient
from models.graph.builder import FLOAT, GraphBuilder, ancestors
from models.spec import CLASSES, DreamHead, GradcamHead

Shapes: TypeAlias = Mapping[str, tuple[int, ...]]

GUIDE_UNITS = 256
"""Units of a guide's layer that each unit of the picture is compared with."""


def dream(draft: GraphBuilder, head: DreamHead, tensors: Sequence[str], shapes: Shapes) -> None:
    """Add the answer of `tensors`, (1, C, h, w) or (1, C), as "value", and its gradient to "image" as "gradient".

    Raises ModelError when an operator on the way has no gradient rule.
    """
    for name, tensor in zip(head.layers, tensors, strict=True):
        _check_sizes(name, tensor, shapes)
    goal = _answer(draft, head, tensors, shapes)
    slope = gradient(draft, goal, "image", rectifier=head.rectifier)
    draft.output(goal, "value", FLOAT, ())
    draft.output(slope, "gradient", FLOAT, shapes["image"])


def heat(draft: GraphBuilder, head: GradcamHead, aim: str, shapes: Shapes) -> None:
    """Add where the evidence for the wanted channels of `aim` lies, as "heatmap" (h, w), and what they answer, "activations".

    Grad-CAM, Selvaraju et al. 2017: each channel weighs as much as the answer grows with it on average. Raises
    ModelError when the layer is no map, or `aim` does not depend on it.
    """
    _check_reach(draft, head, aim, shapes)
    channels = shapes[aim][1]
    wanted = draft.input("weights", FLOAT, (channels,))
    answers = _channel_means(draft, aim, shapes[aim])
    slope = gradient(draft, _weighted(draft, answers, wanted, channels), head.layer)
    weights = draft.op("ReduceMean", slope, draft.ints(2, 3))
    evidence = draft.op("ReduceSum", draft.op("Mul", head.layer, weights), draft.ints(0, 1), keepdims=0)
    draft.output(draft.op("Relu", evidence), "heatmap", FLOAT, shapes[head.layer][2:])
    draft.output(draft.op("Reshape", answers, draft.ints(channels)), "activations", FLOAT, (channels,))


def _check_sizes(name: str, tensor: str, shapes: Shapes) -> None:
    if len(shapes.get(tensor, ())) not in (2, 4):
        raise ModelError(f"the size of '{name}' cannot be told for this picture; choose another layer")


def _check_reach(draft: GraphBuilder, head: GradcamHead, aim: str, shapes: Shapes) -> None:
    goal = "the classifier" if head.aim == CLASSES else f"layer '{head.aim}'"
    _check_sizes(head.aim, aim, shapes)
    if len(shapes.get(head.layer, ())) != 4:
        raise ModelError(f"'{head.layer}' has no height and width to draw heat on; choose a convolutional layer")
    read = {name for node in ancestors(draft.model.graph, [aim]) for name in node.input}
    if head.layer not in (aim, *read):
        raise ModelError(f"{goal} does not depend on layer '{head.layer}'; choose a layer that comes before it")


def _answer(draft: GraphBuilder, head: DreamHead, tensors: Sequence[str], shapes: Shapes) -> str:
    """The scalar that a dream makes grow."""
    wanted = draft.input("weights", FLOAT, (sum(shapes[tensor][1] for tensor in tensors),))
    terms, first = [], 0
    for number, tensor in enumerate(tensors):
        channels = shapes[tensor][1]
        weights = draft.op("Slice", wanted, draft.ints(first), draft.ints(first + channels), draft.ints(0))
        first += channels
        units = _units(draft, tensor, shapes[tensor], head.at)
        strength = (
            _likeness(draft, units, number, weights, channels) if head.guided else _strength(draft, units, head.energy)
        )
        terms.append(_weighted(draft, strength, weights, channels))
    return terms[0] if len(terms) == 1 else draft.op("Sum", *terms)


def _weighted(draft: GraphBuilder, strength: str, weights: str, channels: int) -> str:
    """(1, C) times (C,) -> the sum, a scalar."""
    row = draft.op("Reshape", weights, draft.ints(1, channels))
    return draft.op("ReduceSum", draft.op("Mul", strength, row), draft.ints(0, 1), keepdims=0)


def _channel_means(draft: GraphBuilder, tensor: str, shape: tuple[int, ...]) -> str:
    """How strongly each channel answers, (1, C): its mean; a class is its own."""
    return draft.op("ReduceMean", tensor, draft.ints(2, 3), keepdims=0) if len(shape) == 4 else tensor


def _units(draft: GraphBuilder, tensor: str, shape: tuple[int, ...], at: tuple[float, float] | None) -> str:
    """The answering units as (1, C, n): all of a layer, or the one at a place from 0 to 1 across and down."""
    if at is not None and len(shape) == 4:
        across, down = (min(int(part * size), size - 1) for part, size in zip(at, shape[:1:-1], strict=True))
        tensor = draft.op("Slice", tensor, draft.ints(down, across), draft.ints(down + 1, across + 1), draft.ints(2, 3))
    return draft.op("Reshape", tensor, draft.ints(1, shape[1], -1))


def _strength(draft: GraphBuilder, units: str, energy: bool) -> str:
    """(1, C, n) -> (1, C): the mean, or the mean square."""
    return draft.op("ReduceMean", draft.op("Mul", units, units) if energy else units, draft.ints(2), keepdims=0)


def _likeness(draft: GraphBuilder, units: str, number: int, weights: str, channels: int) -> str:
    """How much each unit resembles the unit of the guide that resembles it most: (1, C, n) -> (1, C).

    The objective of google/deepdream's guided dreams: the dot product with the best match, which stays fixed.
    """
    guide = draft.input(f"guide_{number}", FLOAT, (channels, GUIDE_UNITS))
    weighed = draft.op("Mul", draft.op("Transpose", guide, perm=[1, 0]), weights)
    likeness = draft.op("MatMul", weighed, units)
    best = draft.op("ArgMax", likeness, axis=1, keepdims=0)
    target = draft.op("Gather", guide, draft.op("Reshape", best, draft.ints(-1)), axis=1)
    likest = draft.op("Mul", units, draft.op("Unsqueeze", target, draft.ints(0)))
    return draft.op("ReduceMean", likest, draft.ints(2), keepdims=0)
