"""Gradients of average pools."""

from __future__ import annotations

import math

import onnx

from models.autodiff.rules.lines import interleave
from models.autodiff.rules.step import NodeGradient, Rule
from models.autodiff.rules.windows import SlidingWindow, fit, spatial, upsample, window


def _average_pool(step: NodeGradient) -> str:
    """Each pixel gets the mean of the windows that hold it, weighted by how many pixels they averaged over."""
    slid = window(step, step.attribute("kernel_shape", []))
    if max(slid.dilations) > 1:
        raise step.refusal("a window without gaps")
    counts = spatial(step, step.result)
    grad, reach = _per_pixel(step, slid), [size - 1 for size in slid.kernel]
    if slid.kernel == slid.strides:
        reach = [0] * len(reach)
        grad = step.op("Div", upsample(step, grad, slid.kernel), step.number(math.prod(slid.kernel)))
    else:
        for axis, stride in enumerate(slid.strides):
            zeros = [step.op("Mul", grad, step.number(0.0))] if stride > 1 else []
            grad = interleave(step, [grad, *zeros * (stride - 1)], axis + 2)
        grad = step.op("AveragePool", grad, kernel_shape=slid.kernel, pads=reach + reach, count_include_pad=1)
    lengths = None
    if counts is not None:
        spans = zip(counts, slid.strides, reach, strict=True)
        lengths = [count * stride + more for count, stride, more in spans]
    return fit(step, grad, slid.before, lengths)


def _per_pixel(step: NodeGradient, slid: SlidingWindow) -> str:
    """The gradient times kernel size over pixels averaged, which is 1 where a window lies inside."""
    padded, ceil = any((*slid.before, *slid.after)), step.attribute("ceil_mode", 0)
    if not ceil and not (padded and not step.attribute("count_include_pad", 0)):
        return step.grad
    grad = step.grad
    for axis in range(len(slid.kernel)):
        grad = step.op("Mul", grad, _shares(step, slid, axis))
    return grad


def _shares(step: NodeGradient, slid: SlidingWindow, axis: int) -> str:
    """Kernel size over pixels averaged, for each place of the window along one axis, shaped to broadcast."""
    size, pad = slid.kernel[axis], slid.before[axis]
    include = step.attribute("count_include_pad", 0)
    first, last = (-pad, slid.after[axis]) if include else (0, 0)
    length, count = (step.length(tensor, axis + 2) for tensor in (step.wanted, step.result))
    whole = [step.draft.scalar(value, onnx.TensorProto.INT64) for value in (0, 1, slid.strides[axis], pad, size)]
    starts = step.op("Sub", step.op("Mul", step.op("Range", whole[0], count, whole[1]), whole[2]), whole[3])
    ends = step.op("Min", step.op("Add", starts, whole[4]), step.op("Add", length, step.ints(last)))
    pixels = step.op("Sub", ends, step.op("Max", starts, step.ints(first)))
    shares = step.op("Div", step.number(float(size)), step.op("Cast", pixels, to=step.kind))
    return step.op("Reshape", shares, step.ints(-1, *([1] * (len(slid.kernel) - 1 - axis))))


RULES: dict[str, Rule] = {"AveragePool": _average_pool}
