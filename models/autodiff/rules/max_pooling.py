"""Gradient of max pools: to the pixels that equal the maximum of their window, in equal shares.

Equal pixels are common: overlapping windows share a maximum, and the next pool sees it twice.
"""

import math

import numpy as np
from onnx import TensorProto, helper

from models.autodiff.rules.activation import STEEP
from models.autodiff.rules.axis_window import AxisWindow, fold, unfold
from models.autodiff.rules.node_gradient import GradientRule, NodeGradient
from models.autodiff.rules.sliding_window import (
    Sizes,
    SlidingWindow,
    crop_or_pad,
    sliding_window,
    spatial_sizes,
    upsample,
)


def _max_pool(ctx: NodeGradient) -> str:
    """A pool is a sequence of pools along one axis each, and the gradient passes them in reverse.

    Using the indices that MaxPool can also return takes ONNX Runtime several times as long on a CPU.
    """
    window = sliding_window(ctx, ctx.attribute("kernel_shape", []))
    if _is_partition(ctx, window):
        return _partition_grad(ctx, window)
    stages = [ctx.value(ctx.input(0))]
    for axis in range(len(window.kernel) - 1):
        stages.append(_pool_axis(ctx, stages[-1], window, axis))
    grad, pooled = ctx.grad, ctx.value(ctx.output)
    for axis, stage in reversed(list(enumerate(stages))):
        grad = _axis_grad(ctx, grad, pooled, stage, _axis_window(ctx, window, axis))
        pooled = stage
    return grad


def _is_partition(ctx: NodeGradient, window: SlidingWindow) -> bool:
    """Whether each pixel is in one window at most, and no window reaches beyond the input."""
    inside = not any((*window.before, *window.after, ctx.attribute("ceil_mode", 0)))
    return inside and window.kernel == window.strides and max(window.dilations) == 1


def _partition_grad(ctx: NodeGradient, window: SlidingWindow) -> str:
    """Each window's gradient, in equal shares to those of its pixels that equal its maximum.

    Except for Div, ONNX Runtime computes these operators in the layout of its convolutions on a CPU: a gradient step
    through VGG16 takes 5 % less time than with Equal and Cast.
    """
    difference = ctx.op("Add", ctx.value(ctx.wrt), _upsampled(ctx, _negative(ctx), window))
    is_max = _is_zero(ctx, difference)
    fraction = ctx.op("AveragePool", is_max, kernel_shape=window.kernel, strides=window.strides)
    share = _scaled(ctx, ctx.op("Div", ctx.grad, fraction), window, 1 / math.prod(window.kernel))
    return ctx.op("Mul", is_max, _upsampled(ctx, share, window))


def _negative(ctx: NodeGradient) -> str:
    """The pooled tensor times -1, exactly: a convolution may round on a GPU, BatchNormalization does not."""
    channels = ctx.dims(ctx.output)[1]
    if channels is None:
        return ctx.op("Neg", ctx.value(ctx.output))
    dtype = helper.tensor_dtype_to_np_dtype(ctx.elem_type)
    zero, one = (ctx.builder.constant(np.full(channels, value, dtype)) for value in (0, 1))
    minus_one = ctx.builder.constant(np.full(channels, -1, dtype))
    return ctx.op("BatchNormalization", ctx.value(ctx.output), minus_one, zero, zero, one, epsilon=0.0)


def _scaled(ctx: NodeGradient, tensor: str, window: SlidingWindow, factor: float) -> str:
    """`factor` times a tensor, as a convolution where the number of channels is static."""
    channels = ctx.dims(ctx.output)[1]
    if channels is None:
        return ctx.op("Mul", tensor, ctx.scalar(factor))
    shape = (channels, 1, *(1 for _ in window.kernel))
    kernel = np.full(shape, factor, helper.tensor_dtype_to_np_dtype(ctx.elem_type))
    return ctx.op("Conv", tensor, ctx.builder.constant(kernel), group=channels)


def _is_zero(ctx: NodeGradient, difference: str) -> str:
    """1 where a tensor without positive elements is 0, else 0."""
    if ctx.elem_type == TensorProto.FLOAT:
        return ctx.op("HardSigmoid", difference, alpha=STEEP, beta=1.0)
    return _equal(ctx, difference, ctx.scalar(0.0))


def _upsampled(ctx: NodeGradient, tensor: str, window: SlidingWindow) -> str:
    counts = spatial_sizes(ctx, ctx.output)
    lengths = None if counts is None else [count * size for count, size in zip(counts, window.kernel, strict=True)]
    return crop_or_pad(ctx, upsample(ctx, tensor, window.kernel), window.before, lengths)


def _equal(ctx: NodeGradient, left: str, right: str) -> str:
    """1 where two tensors are equal, else 0."""
    return ctx.op("Cast", ctx.op("Equal", left, right), to=ctx.elem_type)


def _pool_axis(ctx: NodeGradient, tensor: str, window: SlidingWindow, axis: int) -> str:
    """The same pool along one spatial axis only."""

    def only(sizes: Sizes, neutral: int) -> list[int]:
        return [size if index == axis else neutral for index, size in enumerate(sizes)]

    return ctx.op(
        "MaxPool",
        tensor,
        kernel_shape=only(window.kernel, 1),
        strides=only(window.strides, 1),
        dilations=only(window.dilations, 1),
        pads=only(window.before, 0) + only(window.after, 0),
        ceil_mode=ctx.attribute("ceil_mode", 0),
    )


def _axis_window(ctx: NodeGradient, window: SlidingWindow, axis: int) -> AxisWindow:
    """The window along one spatial axis, with the padding that its last position may need with ceil_mode."""
    stride = window.strides[axis]
    after = window.after[axis] + (stride - 1 if ctx.attribute("ceil_mode", 0) else 0)
    return AxisWindow(axis + 2, window.kernel[axis], stride, window.dilations[axis], window.before[axis], after)


def _axis_grad(ctx: NodeGradient, grad: str, pooled: str, stage: str, window: AxisWindow) -> str:
    """The gradient of `stage` from the gradient of `pooled`, which is `stage` pooled along one axis."""
    is_max = [_equal(ctx, pixels, pooled) for pixels in unfold(ctx, stage, window)]
    share = ctx.op("Div", grad, ctx.op("Sum", *is_max))
    return fold(ctx, [ctx.op("Mul", each, share) for each in is_max], window)


RULES: dict[str, GradientRule] = {"MaxPool": _max_pool}
