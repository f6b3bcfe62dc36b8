"""Gradients of normalisations as they are at inference."""

from __future__ import annotations

from models.autodiff.rules.step import NodeGradient, Rule


def channelwise(step: NodeGradient, vector: str) -> str:
    """(C,) -> (C, 1, ..., 1), to go with (N, C, ...)."""
    return step.op("Unsqueeze", vector, step.ints(*range(1, len(step.dims(step.wanted)) - 1)))


def _batch_normalization(step: NodeGradient) -> str:
    """With its statistics fixed it is a scale for each channel."""
    if step.attribute("training_mode", 0):
        raise step.refusal("statistics that are fixed, not those of training")
    spread = step.op("Add", step.input(4), step.number(step.attribute("epsilon", 1e-5)))
    scale = step.op("Div", step.input(1), step.op("Sqrt", spread))
    return step.op("Mul", step.grad, channelwise(step, scale))


def _instance_normalization(step: NodeGradient) -> str:
    axes = tuple(range(2, len(step.dims(step.wanted))))
    grad = step.op("Mul", step.grad, channelwise(step, step.input(1)))
    return _unit(step, grad, axes)


def _layer_normalization(step: NodeGradient) -> str:
    rank = len(step.dims(step.wanted))
    axes = tuple(range(step.attribute("axis", -1) % rank, rank))
    return _unit(step, step.op("Mul", step.grad, step.input(1)), axes)


def _unit(step: NodeGradient, grad: str, axes: tuple[int, ...]) -> str:
    """Back to what is x' once it is centred and has unit variance: (dy - mean(dy) - x' mean(dy x')) / sigma."""
    along = step.ints(*axes)

    def mean(values: str) -> str:
        return step.op("ReduceMean", values, along, keepdims=1)

    centred = step.op("Sub", step.wanted, mean(step.wanted))
    variance = mean(step.op("Mul", centred, centred))
    sigma = step.op("Sqrt", step.op("Add", variance, step.number(step.attribute("epsilon", 1e-5))))
    unit = step.op("Div", centred, sigma)
    felt = step.op("Mul", unit, mean(step.op("Mul", grad, unit)))
    return step.op("Div", step.op("Sub", step.op("Sub", grad, mean(grad)), felt), sigma)


def _lrn(step: NodeGradient) -> str:
    """Scale by the energy of the neighbouring channels: b = bias + alpha mean(x**2) and y = x / b**beta.

    Hence dx = dy / b**beta - 2 alpha beta x mean(dy y / b), the mean over the same neighbours.
    """
    alpha, beta = step.attribute("alpha", 1e-4), step.attribute("beta", 0.75)
    x, y = step.wanted, step.result
    energy = _neighbours(step, step.op("Mul", x, x))
    base = step.op("Add", step.op("Mul", energy, step.number(alpha)), step.number(step.attribute("bias", 1.0)))
    power = step.op("Exp", step.op("Mul", step.op("Log", base), step.number(-beta)))
    felt = _neighbours(step, step.op("Div", step.op("Mul", step.grad, y), base))
    others = step.op("Mul", step.op("Mul", x, felt), step.number(2.0 * alpha * beta))
    return step.op("Sub", step.op("Mul", step.grad, power), others)


def _neighbours(step: NodeGradient, tensor: str) -> str:
    """The mean over each channel and its neighbours, zeros beyond the ends: a pool with the channels as an axis."""
    rank, size = len(step.dims(step.wanted)) - 2, step.attribute("size", 1)
    pads = [size // 2] + [0] * rank
    lone = step.op("Unsqueeze", tensor, step.ints(1))
    kernel = [size] + [1] * rank
    pooled = step.op("AveragePool", lone, kernel_shape=kernel, pads=pads + pads, count_include_pad=1)
    return step.op("Squeeze", pooled, step.ints(1))


RULES: dict[str, Rule] = {
    "BatchNormalization": _batch_normalization,
    "InstanceNormalization": _instance_normalization,
    "LayerNormalization": _layer_normalization,
    "LRN": _lrn,
}
