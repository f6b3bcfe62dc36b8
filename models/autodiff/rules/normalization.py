"""Gradients of normalizations at inference."""

from models.autodiff.rules.node_gradient import GradientRule, NodeGradient


def _per_channel(ctx: NodeGradient, vector: str) -> str:
    """(C,) -> (C, 1, ..., 1), to broadcast with (N, C, ...)."""
    return ctx.op("Unsqueeze", vector, ctx.ints(*range(1, len(ctx.dims(ctx.wrt)) - 1)))


def _batch_normalization(ctx: NodeGradient) -> str:
    """With fixed statistics it is a scale for each channel."""
    if ctx.attribute("training_mode", 0):
        raise ctx.requires("fixed statistics, not training mode")
    variance = ctx.op("Add", ctx.input(4), ctx.scalar(ctx.attribute("epsilon", 1e-5)))
    scale = ctx.op("Div", ctx.input(1), ctx.op("Sqrt", variance))
    return ctx.op("Mul", ctx.grad, _per_channel(ctx, scale))


def _instance_normalization(ctx: NodeGradient) -> str:
    axes = tuple(range(2, len(ctx.dims(ctx.wrt))))
    grad = ctx.op("Mul", ctx.grad, _per_channel(ctx, ctx.input(1)))
    return _standardized(ctx, grad, axes)


def _layer_normalization(ctx: NodeGradient) -> str:
    rank = len(ctx.dims(ctx.wrt))
    axes = tuple(range(ctx.attribute("axis", -1) % rank, rank))
    return _standardized(ctx, ctx.op("Mul", ctx.grad, ctx.input(1)), axes)


def _standardized(ctx: NodeGradient, grad: str, axes: tuple[int, ...]) -> str:
    """For x' of zero mean and unit variance along `axes`: (dy - mean(dy) - x' mean(dy x')) / sigma."""
    along = ctx.ints(*axes)

    def mean(values: str) -> str:
        return ctx.op("ReduceMean", values, along, keepdims=1)

    centred = ctx.op("Sub", ctx.wrt, mean(ctx.wrt))
    variance = mean(ctx.op("Mul", centred, centred))
    sigma = ctx.op("Sqrt", ctx.op("Add", variance, ctx.scalar(ctx.attribute("epsilon", 1e-5))))
    normalized = ctx.op("Div", centred, sigma)
    projection = ctx.op("Mul", normalized, mean(ctx.op("Mul", grad, normalized)))
    return ctx.op("Div", ctx.op("Sub", ctx.op("Sub", grad, mean(grad)), projection), sigma)


def _lrn(ctx: NodeGradient) -> str:
    """The output is y = x / b**beta, where b = bias + alpha mean(x**2) over the neighbouring channels.

    Hence dx = dy / b**beta - 2 alpha beta x mean(dy y / b), with the mean over the same neighbours.
    """
    alpha, beta = ctx.attribute("alpha", 1e-4), ctx.attribute("beta", 0.75)
    x, y = ctx.wrt, ctx.output
    energy = _neighbour_mean(ctx, ctx.op("Mul", x, x))
    base = ctx.op("Add", ctx.op("Mul", energy, ctx.scalar(alpha)), ctx.scalar(ctx.attribute("bias", 1.0)))
    power = ctx.op("Exp", ctx.op("Mul", ctx.op("Log", base), ctx.scalar(-beta)))
    mean = _neighbour_mean(ctx, ctx.op("Div", ctx.op("Mul", ctx.grad, y), base))
    through_base = ctx.op("Mul", ctx.op("Mul", x, mean), ctx.scalar(2.0 * alpha * beta))
    return ctx.op("Sub", ctx.op("Mul", ctx.grad, power), through_base)


def _neighbour_mean(ctx: NodeGradient, tensor: str) -> str:
    """The mean over each channel and its neighbours, zero-padded: an average pool with the channels as an axis."""
    rank, size = len(ctx.dims(ctx.wrt)) - 2, ctx.attribute("size", 1)
    pads = [size // 2] + [0] * rank
    unsqueezed = ctx.op("Unsqueeze", tensor, ctx.ints(1))
    kernel = [size] + [1] * rank
    pooled = ctx.op("AveragePool", unsqueezed, kernel_shape=kernel, pads=pads + pads, count_include_pad=1)
    return ctx.op("Squeeze", pooled, ctx.ints(1))


RULES: dict[str, GradientRule] = {
    "BatchNormalization": _batch_normalization,
    "InstanceNormalization": _instance_normalization,
    "LayerNormalization": _layer_normalization,
    "LRN": _lrn,
}
