"""Gradients of pools."""

from __future__ import annotations

import math

import onnx
from onnx import helper

from models.vjp.step import Rule, Step
from models.vjp.windows import Window, fit, spatial, spread, window


def _max_pool(step: Step) -> str:
    """Send each gradient to the pixel that won its window; the first of several equal ones, as in TensorFlow."""
    handed = step.attributes("auto_pad", "ceil_mode", "dilations", "kernel_shape", "pads", "strides")
    winners = step.draft.ops("MaxPool", step.input(0), outputs=2, **handed)[1]
    shape, flat = step.shape(step.wanted), step.ints(-1)
    zeros = step.op("ConstantOfShape", _count(step), value=helper.make_tensor("zero", step.kind, [1], [0.0]))
    places, grads = step.op("Reshape", winners, flat), step.op("Reshape", step.grad, flat)
    sums = step.op("ScatterElements", zeros, places, grads, axis=0, reduction="add")
    return step.op("Reshape", sums, shape)


def _count(step: Step) -> str:
    """The number of elements of the wanted input, as a vector of one."""
    sizes = step.sizes(step.wanted)
    if sizes is None:
        return step.op("Reshape", step.op("Size", step.wanted), step.ints(1))
    return step.ints(math.prod(sizes))


def _average_pool(step: Step) -> str:
    """Each pixel gets the mean of the windows that hold it, weighted by how many pixels they averaged over."""
    slid = window(step, step.attribute("kernel_shape", []))
    grad = spread(step, _per_pixel(step, slid), slid.strides)
    if max(slid.kernel) > 1:
        reach = [size - 1 for size in slid.kernel]
        grad = step.op("AveragePool", grad, kernel_shape=slid.kernel, pads=reach + reach, count_include_pad=1)
    counts = spatial(step, step.result)
    lengths = None
    if counts is not None:
        spans = zip(counts, slid.strides, slid.kernel, strict=True)
        lengths = tuple(count * stride + size - 1 for count, stride, size in spans)
    return fit(step, grad, slid.before, lengths)


def _per_pixel(step: Step, slid: Window) -> str:
    """The gradient times kernel size over pixels averaged, which is 1 where a window lies inside."""
    padded, ceil = any((*slid.before, *slid.after)), step.attribute("ceil_mode", 0)
    if not ceil and not (padded and not step.attribute("count_include_pad", 0)):
        return step.grad
    grad = step.grad
    for axis in range(len(slid.kernel)):
        grad = step.op("Mul", grad, _shares(step, slid, axis))
    return grad


def _shares(step: Step, slid: Window, axis: int) -> str:
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


RULES: dict[str, Rule] = {"AveragePool": _average_pool, "MaxPool": _max_pool}
