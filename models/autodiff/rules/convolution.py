"""Gradients of convolutions with respect to their input.

The adjoint of a convolution is a convolution with the kernel flipped and its channels transposed, after the strides
are undone (Dumoulin and Visin 2016, A guide to convolution arithmetic for deep learning).
"""

from typing import Any

from models.autodiff.rules.node_gradient import GradientRule, NodeGradient, static_sizes
from models.autodiff.rules.sliding_window import (
    Sizes,
    SlidingWindow,
    crop_or_pad,
    padded_window,
    sliding_window,
    spatial_sizes,
    split_padding,
)


def _conv(ctx: NodeGradient) -> str:
    kernel, pads = ctx.input(1), adjoint_pads(ctx)
    if pads is None:
        return strided_convolution(ctx, ctx.grad, kernel)
    return ctx.op("Conv", ctx.grad, adjoint_kernel(ctx, kernel), pads=pads, **ctx.attributes("dilations", "group"))


def adjoint_pads(ctx: NodeGradient, place: int = 1) -> list[int] | None:
    """The padding of the adjoint of a convolution with its kernel at `place`; None where it needs strides undone."""
    window = sliding_window(ctx, _kernel_shape(ctx, place)[2:])
    pads = [
        extent - 1 - pad
        for side in (window.before, window.after)
        for extent, pad in zip(window.extent, side, strict=True)
    ]
    return pads if max(window.strides) == 1 and min(pads) >= 0 else None


def _kernel_shape(ctx: NodeGradient, place: int = 1) -> Sizes:
    shape = static_sizes(ctx.dims(ctx.input(place)))
    if shape is None:
        raise ctx.requires("a kernel of fixed size")
    return shape


def adjoint_kernel(ctx: NodeGradient, kernel: str, place: int = 1) -> str:
    """(M, C/g, h, w) -> (C, M/g, h, w), flipped; ONNX Runtime computes it once, when a session opens.

    `kernel` has the shape of the input at `place`.
    """
    shape, groups = _kernel_shape(ctx, place), ctx.attribute("group", 1)
    outer, inner, *window_hw = shape
    axes = range(2, len(shape))
    if groups > 1:
        kernel = ctx.op("Reshape", kernel, ctx.ints(groups, outer // groups, *shape[1:]))
        kernel = ctx.op("Transpose", kernel, perm=[0, 2, 1, *(axis + 1 for axis in axes)])
        kernel = ctx.op("Reshape", kernel, ctx.ints(groups * inner, outer // groups, *window_hw))
    else:
        kernel = ctx.op("Transpose", kernel, perm=[1, 0, *axes])
    return _flipped(ctx, kernel, len(shape)) if max(window_hw) > 1 else kernel


def _flipped(ctx: NodeGradient, kernel: str, rank: int) -> str:
    last, beyond, axes = [-1] * (rank - 2), [-(2**31)] * (rank - 2), range(2, rank)
    return ctx.op("Slice", kernel, ctx.ints(*last), ctx.ints(*beyond), ctx.ints(*axes), ctx.ints(*last))


def strided_convolution(ctx: NodeGradient, grad: str, kernel: str, place: int = 1) -> str:
    """The adjoint of a convolution by ConvTranspose, which crops symmetric padding.

    Other padding is cropped afterwards, since cuDNN only pads evenly.
    """
    window = sliding_window(ctx, _kernel_shape(ctx, place)[2:])
    sizes, counts = spatial_sizes(ctx, ctx.wrt), spatial_sizes(ctx, ctx.output)
    options = ctx.attributes("strides", "dilations", "group")
    lengths = None
    if counts is not None:
        spans = zip(window.strides, counts, window.extent, strict=True)
        lengths = tuple(stride * (count - 1) + extent for stride, count, extent in spans)
    if sizes is not None and lengths is not None and window.symmetric:
        axes = zip(sizes, lengths, window.before, strict=True)
        missing: Any = [size - length + 2 * pad for size, length, pad in axes]
        pads = [*window.before, *window.after]
        return ctx.op("ConvTranspose", grad, kernel, pads=pads, output_padding=missing, **options)
    return crop_or_pad(ctx, ctx.op("ConvTranspose", grad, kernel, **options), window.before, lengths)


def _conv_transpose(ctx: NodeGradient) -> str:
    """The convolution of which it is the adjoint, with the same kernel."""
    window = _transposed_window(ctx)
    pads = [*window.before, *window.after]
    return ctx.op("Conv", ctx.grad, ctx.input(1), pads=pads, **ctx.attributes("strides", "dilations", "group"))


def _transposed_window(ctx: NodeGradient) -> SlidingWindow:
    """With "output_shape" or "auto_pad", the size of the output determines the padding."""
    kernel, auto_pad = _kernel_shape(ctx)[2:], ctx.attribute("auto_pad", b"NOTSET")
    window = sliding_window(ctx, kernel) if auto_pad == b"NOTSET" else padded_window(ctx, kernel, [0] * 2 * len(kernel))
    if auto_pad in (b"NOTSET", b"VALID") and not ctx.attribute("output_shape", []):
        return window
    sizes, counts = spatial_sizes(ctx, ctx.output), spatial_sizes(ctx, ctx.wrt)
    if sizes is None or counts is None:
        raise ctx.requires("explicit pads or a fixed size of the input")
    added = ctx.attribute("output_padding", [0] * len(sizes))
    spans = zip(sizes, counts, window.strides, window.extent, added, strict=True)
    totals = [max(stride * (count - 1) + extent + more - size, 0) for size, count, stride, extent, more in spans]
    return split_padding(window, totals, upper=auto_pad == b"SAME_UPPER")


RULES: dict[str, GradientRule] = {"Conv": _conv, "ConvTranspose": _conv_transpose}
