"""Gradients of what makes few numbers of many: sums, means, extremes."""

from __future__ import annotations

import math

from models.autodiff.rules.step import NodeGradient, Rule


def kept(step: NodeGradient, tensor: str) -> str:
    """A tensor of the shape of the output, with the reduced axes back as axes of size 1."""
    if step.attribute("keepdims", 1) or not step.input(1):
        return tensor  # without axes all are reduced, and a scalar needs no axes to broadcast
    return step.op("Unsqueeze", tensor, step.input(1))


def repeated(step: NodeGradient, tensor: str) -> str:
    """A tensor in the shape of the wanted input."""
    return step.op("Expand", tensor, step.shape(step.wanted))


def per_element(step: NodeGradient) -> str:
    """The gradient of a mean, over the number of elements that it is the mean of."""
    inner, outer = step.sizes(step.wanted), step.sizes(step.result)
    if inner is not None and outer is not None:
        count = step.number(math.prod(inner) / math.prod(outer))
    else:
        sizes = [step.op("Size", tensor) for tensor in (step.wanted, step.result)]
        count = step.op("Cast", step.op("Div", *sizes), to=step.kind)
    return step.op("Div", step.grad, count)


def _reduce_sum(step: NodeGradient) -> str:
    return repeated(step, kept(step, step.grad))


def _reduce_mean(step: NodeGradient) -> str:
    return repeated(step, kept(step, per_element(step)))


def _reduce_extreme(step: NodeGradient) -> str:
    """Equal extremes share the gradient, as in TensorFlow."""
    if step.attribute("noop_with_empty_axes", 0) and not step.input(1):
        return step.grad
    won = step.op("Equal", step.wanted, kept(step, step.result))
    count = step.op("ReduceSum", step.op("Cast", won, to=step.kind), *step.node.input[1:2], keepdims=1)
    share = step.op("Div", kept(step, step.grad), count)
    return step.op("Where", won, share, step.number(0.0))


def _reduce_sum_square(step: NodeGradient) -> str:
    doubled = step.op("Mul", kept(step, step.grad), step.number(2.0))
    return step.op("Mul", step.wanted, doubled)


def _reduce_l2(step: NodeGradient) -> str:
    share = step.op("Div", kept(step, step.grad), kept(step, step.result))
    return step.op("Mul", step.wanted, share)


def _global_average_pool(step: NodeGradient) -> str:
    return repeated(step, per_element(step))


def _global_max_pool(step: NodeGradient) -> str:
    won = step.op("Equal", step.wanted, step.result)
    axes = step.ints(*range(2, len(step.dims(step.wanted))))
    count = step.op("ReduceSum", step.op("Cast", won, to=step.kind), axes, keepdims=1)
    return step.op("Where", won, step.op("Div", step.grad, count), step.number(0.0))


RULES: dict[str, Rule] = {
    "GlobalAveragePool": _global_average_pool,
    "GlobalMaxPool": _global_max_pool,
    "ReduceL2": _reduce_l2,
    "ReduceMax": _reduce_extreme,
    "ReduceMean": _reduce_mean,
    "ReduceMin": _reduce_extreme,
    "ReduceSum": _reduce_sum,
    "ReduceSumSquare": _reduce_sum_square,
}
