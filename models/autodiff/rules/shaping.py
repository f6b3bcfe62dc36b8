"""Gradients of operators that move elements without changing them."""

import numpy as np
import onnx
from onnx import helper

from models.autodiff.rules.node_gradient import GradientRule, NodeGradient


def _reshape(ctx: NodeGradient) -> str:
    return ctx.op("Reshape", ctx.grad, ctx.shape(ctx.wrt))


def _transpose(ctx: NodeGradient) -> str:
    order = ctx.attribute("perm", [])
    inverse = {"perm": [int(axis) for axis in np.argsort(order)]} if order else {}
    return ctx.op("Transpose", ctx.grad, **inverse)


def _concat(ctx: NodeGradient) -> str:
    axis = ctx.axis(ctx.output, 0)
    sizes = [ctx.dims(tensor)[axis] for tensor in ctx.node.input]
    before = [size for size in sizes[: ctx.index] if size is not None]
    own = sizes[ctx.index]
    if len(before) == ctx.index and own is not None:
        first, last = ctx.ints(sum(before)), ctx.ints(sum(before) + own)
    else:
        first, last = _bounds_at_run_time(ctx, axis)
    return ctx.op("Slice", ctx.grad, first, last, ctx.ints(axis))


def _bounds_at_run_time(ctx: NodeGradient, axis: int) -> tuple[str, str]:
    first = ctx.ints(0)
    for tensor in ctx.node.input[: ctx.index]:
        first = ctx.op("Add", first, ctx.size(tensor, axis))
    return first, ctx.op("Add", first, ctx.size(ctx.wrt, axis))


def _split(ctx: NodeGradient) -> str:
    grads = [grad or _zeros(ctx, output) for grad, output in zip(ctx.grads, ctx.node.output, strict=True)]
    return ctx.op("Concat", *grads, axis=ctx.attribute("axis", 0))


def _zeros(ctx: NodeGradient, tensor: str) -> str:
    zero = helper.make_tensor("zero", ctx.elem_type, [1], [0.0])
    return ctx.op("ConstantOfShape", ctx.shape(tensor), value=zero)


def _slice(ctx: NodeGradient) -> str:
    """Scatter along each axis to the sliced positions, for any step, also negative."""
    count = ctx.dims(ctx.input(1))[0]
    if count is None:
        raise ctx.requires("starts of known length")
    axes = ctx.constant_ints(3) or list(range(count))
    inputs = [ctx.input(index) for index in (1, 2, 4) if ctx.input(index)]  # starts, ends, and steps if any
    bounds = [ctx.op("Cast", each, to=onnx.TensorProto.INT64) for each in inputs]
    grad = ctx.grad
    for number, axis in enumerate(axes):
        start, end, *step = (ctx.op("Slice", each, ctx.ints(number), ctx.ints(number + 1)) for each in bounds)
        indices = ctx.op("Slice", _all_indices(ctx, axis), start, end, ctx.ints(0), *step)
        grad = _scatter(ctx, grad, axis, indices)
    return grad


def _pad(ctx: NodeGradient) -> str:
    """Constant padding is cropped; reflected and repeated elements add to those that they copy."""
    mode = ctx.attribute("mode", b"constant")
    if mode == b"constant":
        crop = ctx.op("Neg", ctx.input(1))
        return ctx.op("Pad", ctx.grad, crop, *(["", ctx.input(3)] if ctx.input(3) else []))
    pads, grad = ctx.constant_ints(1) or [], ctx.grad
    axes = ctx.constant_ints(3) or list(range(len(ctx.dims(ctx.wrt))))
    for axis, before, after in zip(axes, pads[: len(axes)], pads[len(axes) :], strict=True):
        if before or after:
            indices = ctx.op("Pad", _all_indices(ctx, axis), ctx.ints(before, after), mode=mode)
            grad = _scatter(ctx, grad, axis, indices)
    return grad


def _gather(ctx: NodeGradient) -> str:
    """Elements that are gathered twice get the sum of both gradients."""
    indices = ctx.op("Cast", ctx.input(1), to=onnx.TensorProto.INT64)
    return _scatter(ctx, ctx.grad, ctx.axis(ctx.wrt, 0), indices, rank=len(ctx.dims(ctx.input(1))))


def _depth_to_space(ctx: NodeGradient) -> str:
    """SpaceToDepth numbers its channels as mode DCR does; mode CRD needs them in another order."""
    block = ctx.attribute("blocksize", 1)
    stacked = ctx.op("SpaceToDepth", ctx.grad, blocksize=block)
    if ctx.attribute("mode", b"DCR") == b"DCR":
        return stacked
    channels = ctx.dims(ctx.wrt)[1]
    if channels is None:
        raise ctx.requires("a known number of channels")
    order = np.arange(channels).reshape(block * block, -1).T.ravel()
    return ctx.op("Gather", stacked, ctx.ints(*order.tolist()), axis=1)


def _all_indices(ctx: NodeGradient, axis: int) -> str:
    """The indices 0, 1, 2 ... along an axis of the input."""
    zero, one = (ctx.builder.scalar(value, onnx.TensorProto.INT64) for value in (0, 1))
    return ctx.op("Range", zero, ctx.length(ctx.wrt, axis), one)


def _scatter(ctx: NodeGradient, grad: str, axis: int, indices: str, *, rank: int = 1) -> str:
    """Add `grad` at the `indices` of an axis, which gets the length that it has in the input.

    `indices` are int64 and occupy `rank` axes of `grad`, from `axis` on.
    """
    total = len(ctx.dims(ctx.wrt))
    axis %= total
    moved = _moved_to_front(ctx, grad, axis, rank)
    rest = ctx.op("Slice", ctx.op("Shape", moved), ctx.ints(rank), ctx.ints(rank + total))
    shape = ctx.op("Concat", ctx.size(ctx.wrt, axis), rest, axis=0)
    zeros = ctx.op("ConstantOfShape", shape, value=helper.make_tensor("zero", ctx.elem_type, [1], [0.0]))
    sums = ctx.op("ScatterND", zeros, ctx.op("Unsqueeze", indices, ctx.ints(-1)), moved, reduction="add")
    return ctx.op("Transpose", sums, perm=[*range(1, axis + 1), 0, *range(axis + 1, total)]) if axis else sums


def _moved_to_front(ctx: NodeGradient, tensor: str, axis: int, count: int) -> str:
    """Move `count` axes from `axis` on to the front."""
    total = len(ctx.dims(ctx.wrt)) - 1 + count
    order = [*range(axis, axis + count), *range(axis), *range(axis + count, total)]
    return ctx.op("Transpose", tensor, perm=order) if axis and count else tensor


RULES: dict[str, GradientRule] = {
    "Concat": _concat,
    "DepthToSpace": _depth_to_space,
    "Flatten": _reshape,
    "Gather": _gather,
    "Pad": _pad,
    "Reshape": _reshape,
    "Slice": _slice,
    "SpaceToDepth": lambda ctx: ctx.op("DepthToSpace", ctx.grad, blocksize=ctx.attribute("blocksize", 1)),
    "Split": _split,
    "Squeeze": _reshape,
    "Transpose": _transpose,
    "Unsqueeze": _reshape,
}
