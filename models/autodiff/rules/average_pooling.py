"""Gradient of average pools."""

import math

import onnx

from models.autodiff.rules.axis_window import interleave
from models.autodiff.rules.node_gradient import GradientRule, NodeGradient
from models.autodiff.rules.sliding_window import SlidingWindow, crop_or_pad, sliding_window, spatial_sizes, upsample


def _average_pool(ctx: NodeGradient) -> str:
    """Each pixel gets the mean gradient of the windows that contain it, weighted by how many pixels they averaged."""
    window = sliding_window(ctx, ctx.attribute("kernel_shape", []))
    if max(window.dilations) > 1:
        raise ctx.requires("a window without dilations")
    counts = spatial_sizes(ctx, ctx.output)
    grad, reach = _weighted_grad(ctx, window), [size - 1 for size in window.kernel]
    if window.kernel == window.strides:
        reach = [0] * len(reach)
        grad = ctx.op("Div", upsample(ctx, grad, window.kernel), ctx.scalar(math.prod(window.kernel)))
    else:
        for axis, stride in enumerate(window.strides):
            zeros = [ctx.op("Mul", grad, ctx.scalar(0.0))] if stride > 1 else []
            grad = interleave(ctx, [grad, *zeros * (stride - 1)], axis + 2)
        grad = ctx.op("AveragePool", grad, kernel_shape=window.kernel, pads=reach + reach, count_include_pad=1)
    lengths = None
    if counts is not None:
        spans = zip(counts, window.strides, reach, strict=True)
        lengths = [count * stride + more for count, stride, more in spans]
    return crop_or_pad(ctx, grad, window.before, lengths)


def _weighted_grad(ctx: NodeGradient, window: SlidingWindow) -> str:
    """The gradient times kernel size over averaged pixels, which is 1 for a window without padding."""
    padded, ceil = any((*window.before, *window.after)), ctx.attribute("ceil_mode", 0)
    grad = ctx.grad
    if ceil or (padded and not ctx.attribute("count_include_pad", 0)):
        for axis in range(len(window.kernel)):
            grad = ctx.op("Mul", grad, _axis_weights(ctx, window, axis))
    return grad


def _axis_weights(ctx: NodeGradient, window: SlidingWindow, axis: int) -> str:
    """Kernel size over averaged pixels, for each window along one axis, shaped to broadcast."""
    size, pad = window.kernel[axis], window.before[axis]
    include_pad = ctx.attribute("count_include_pad", 0)
    low, high = (-pad, window.after[axis]) if include_pad else (0, 0)
    length, count = (ctx.length(tensor, axis + 2) for tensor in (ctx.wrt, ctx.output))
    scalars = (ctx.builder.scalar(value, onnx.TensorProto.INT64) for value in (0, 1, window.strides[axis], pad, size))
    zero, one, stride_, pad_, size_ = scalars
    starts = ctx.op("Sub", ctx.op("Mul", ctx.op("Range", zero, count, one), stride_), pad_)
    ends = ctx.op("Min", ctx.op("Add", starts, size_), ctx.op("Add", length, ctx.ints(high)))
    pixels = ctx.op("Sub", ends, ctx.op("Max", starts, ctx.ints(low)))
    weights = ctx.op("Div", ctx.scalar(float(size)), ctx.op("Cast", pixels, to=ctx.elem_type))
    return ctx.op("Reshape", weights, ctx.ints(-1, *([1] * (len(window.kernel) - 1 - axis))))


RULES: dict[str, GradientRule] = {"AveragePool": _average_pool}
