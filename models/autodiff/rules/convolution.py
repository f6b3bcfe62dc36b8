"""Gradients of convolutions with respect to what they convolve.

The adjoint of a convolution is the convolution with the kernel turned round and its channels exchanged, after
the strides have been undone (Dumoulin and Visin 2016, A guide to convolution arithmetic for deep learning).
"""

from __future__ import annotations

from typing import Any

from models.autodiff.rules.step import NodeGradient, Rule, fixed
from models.autodiff.rules.windows import Sizes, SlidingWindow, fit, spatial, split, window


def _conv(step: NodeGradient) -> str:
    shape = _kernel_shape(step)
    slid = window(step, shape[2:])
    pads = [
        extent - 1 - pad for side in (slid.before, slid.after) for extent, pad in zip(slid.extent, side, strict=True)
    ]
    if max(slid.strides) == 1 and min(pads) >= 0:
        kernel = _turned(step, shape)
        return step.op("Conv", step.grad, kernel, pads=pads, **step.attributes("dilations", "group"))
    return _strided(step, slid)


def _kernel_shape(step: NodeGradient) -> Sizes:
    shape = fixed(step.dims(step.input(1)))
    if shape is None:
        raise step.refusal("a kernel of fixed size")
    return shape


def _turned(step: NodeGradient, shape: Sizes) -> str:
    """(M, C/g, h, w) -> (C, M/g, h, w), turned by 180 degrees; ONNX Runtime does it once, when a session opens."""
    groups, kernel = step.attribute("group", 1), step.input(1)
    outer, inner, *window_hw = shape
    axes = range(2, len(shape))
    if groups > 1:
        kernel = step.op("Reshape", kernel, step.ints(groups, outer // groups, *shape[1:]))
        kernel = step.op("Transpose", kernel, perm=[0, 2, 1, *(axis + 1 for axis in axes)])
        kernel = step.op("Reshape", kernel, step.ints(groups * inner, outer // groups, *window_hw))
    else:
        kernel = step.op("Transpose", kernel, perm=[1, 0, *axes])
    return _reversed(step, kernel, len(shape)) if max(window_hw) > 1 else kernel


def _reversed(step: NodeGradient, kernel: str, rank: int) -> str:
    last, beyond, axes = [-1] * (rank - 2), [-(2**31)] * (rank - 2), range(2, rank)
    return step.op("Slice", kernel, step.ints(*last), step.ints(*beyond), step.ints(*axes), step.ints(*last))


def _strided(step: NodeGradient, slid: SlidingWindow) -> str:
    """Even padding is the node's own affair; the rest is cut off afterwards, since cuDNN pads evenly only."""
    sizes, counts = spatial(step, step.wanted), spatial(step, step.result)
    handed = step.attributes("strides", "dilations", "group")
    lengths = None
    if counts is not None:
        spans = zip(slid.strides, counts, slid.extent, strict=True)
        lengths = tuple(stride * (count - 1) + extent for stride, count, extent in spans)
    if sizes is not None and lengths is not None and slid.symmetric:
        places = zip(sizes, lengths, slid.before, strict=True)
        short: Any = [size - length + 2 * pad for size, length, pad in places]
        pads = [*slid.before, *slid.after]
        return step.op("ConvTranspose", step.grad, step.input(1), pads=pads, output_padding=short, **handed)
    return fit(step, step.op("ConvTranspose", step.grad, step.input(1), **handed), slid.before, lengths)


def _conv_transpose(step: NodeGradient) -> str:
    """Back through the convolution that it is the adjoint of, with the very same kernel."""
    slid = _transposed_window(step)
    pads = [*slid.before, *slid.after]
    return step.op("Conv", step.grad, step.input(1), pads=pads, **step.attributes("strides", "dilations", "group"))


def _transposed_window(step: NodeGradient) -> SlidingWindow:
    """With "output_shape" or "auto_pad" the output's size decides the padding, and not the other way round."""
    shape = _kernel_shape(step)
    auto = step.attribute("auto_pad", b"NOTSET")
    slid = window(step, shape[2:]) if auto == b"NOTSET" else _bare(step, shape[2:])
    if auto in (b"NOTSET", b"VALID") and not step.attribute("output_shape", []):
        return slid
    sizes, counts = spatial(step, step.result), spatial(step, step.wanted)
    if sizes is None or counts is None:
        raise step.refusal("explicit pads or a fixed size of the input")
    added = step.attribute("output_padding", [0] * len(sizes))
    spans = zip(sizes, counts, slid.strides, slid.extent, added, strict=True)
    totals = [max(stride * (count - 1) + extent + more - size, 0) for size, count, stride, extent, more in spans]
    return split(slid, totals, late=auto == b"SAME_UPPER")


def _bare(step: NodeGradient, kernel: Sizes) -> SlidingWindow:
    """The window without padding."""
    zeros = (0,) * len(kernel)
    ones = (1,) * len(kernel)
    strides, dilations = step.attribute("strides", ones), step.attribute("dilations", ones)
    return SlidingWindow(kernel, tuple(strides), tuple(dilations), zeros, zeros)


RULES: dict[str, Rule] = {"Conv": _conv, "ConvTranspose": _conv_transpose}
