"""Gradients of reductions: sums, means, extremes."""

import math

from models.autodiff.rules.node_gradient import GradientRule, NodeGradient


def _keepdims(ctx: NodeGradient, tensor: str) -> str:
    """A tensor of the shape of the output, with the reduced axes restored as axes of size 1."""
    if ctx.attribute("keepdims", 1) or not ctx.input(1):
        return tensor  # without axes all are reduced, and a scalar broadcasts as it is
    return ctx.op("Unsqueeze", tensor, ctx.input(1))


def _broadcast(ctx: NodeGradient, tensor: str) -> str:
    """A tensor broadcast to the shape of the input."""
    return ctx.op("Expand", tensor, ctx.shape(ctx.wrt))


def _mean_grad(ctx: NodeGradient) -> str:
    """The gradient of a mean divided by the number of its elements."""
    before, after = ctx.sizes(ctx.wrt), ctx.sizes(ctx.output)
    if before is not None and after is not None:
        count = ctx.scalar(math.prod(before) / math.prod(after))
    else:
        sizes = [ctx.op("Size", tensor) for tensor in (ctx.wrt, ctx.output)]
        count = ctx.op("Cast", ctx.op("Div", *sizes), to=ctx.elem_type)
    return ctx.op("Div", ctx.grad, count)


def _reduce_extreme(ctx: NodeGradient) -> str:
    """Equal extremes share the gradient, as in TensorFlow."""
    if ctx.attribute("noop_with_empty_axes", 0) and not ctx.input(1):
        return ctx.grad
    is_extreme = ctx.op("Equal", ctx.wrt, _keepdims(ctx, ctx.output))
    return _shared(ctx, is_extreme, _keepdims(ctx, ctx.grad), *ctx.node.input[1:2])


def _shared(ctx: NodeGradient, is_extreme: str, grad: str, *axes: str) -> str:
    count = ctx.op("ReduceSum", ctx.op("Cast", is_extreme, to=ctx.elem_type), *axes, keepdims=1)
    return ctx.op("Where", is_extreme, ctx.op("Div", grad, count), ctx.scalar(0.0))


def _reduce_sum_square(ctx: NodeGradient) -> str:
    doubled = ctx.op("Mul", _keepdims(ctx, ctx.grad), ctx.scalar(2.0))
    return ctx.op("Mul", ctx.wrt, doubled)


def _reduce_l2(ctx: NodeGradient) -> str:
    ratio = ctx.op("Div", _keepdims(ctx, ctx.grad), _keepdims(ctx, ctx.output))
    return ctx.op("Mul", ctx.wrt, ratio)


def _global_max_pool(ctx: NodeGradient) -> str:
    is_extreme = ctx.op("Equal", ctx.wrt, ctx.output)
    return _shared(ctx, is_extreme, ctx.grad, ctx.ints(*range(2, len(ctx.dims(ctx.wrt)))))


RULES: dict[str, GradientRule] = {
    "GlobalAveragePool": lambda ctx: _broadcast(ctx, _mean_grad(ctx)),
    "GlobalMaxPool": _global_max_pool,
    "ReduceL2": _reduce_l2,
    "ReduceMax": _reduce_extreme,
    "ReduceMean": lambda ctx: _broadcast(ctx, _keepdims(ctx, _mean_grad(ctx))),
    "ReduceMin": _reduce_extreme,
    "ReduceSum": lambda ctx: _broadcast(ctx, _keepdims(ctx, ctx.grad)),
    "ReduceSumSquare": _reduce_sum_square,
}
