"""Gradients of what moves numbers about without changing them."""

from __future__ import annotations

import numpy as np
import onnx
from onnx import helper

from models.autodiff.rules.step import NodeGradient, Rule


def _reshape(step: NodeGradient) -> str:
    return step.op("Reshape", step.grad, step.shape(step.wanted))


def _transpose(step: NodeGradient) -> str:
    order = step.attribute("perm", [])
    back = {"perm": [int(axis) for axis in np.argsort(order)]} if order else {}
    return step.op("Transpose", step.grad, **back)


def _concat(step: NodeGradient) -> str:
    axis = step.axis(step.result, 0)
    sizes = [step.dims(tensor)[axis] for tensor in step.node.input]
    before = [size for size in sizes[: step.index] if size is not None]
    own = sizes[step.index]
    if len(before) == step.index and own is not None:
        first, last = step.ints(sum(before)), step.ints(sum(before) + own)
    else:
        first, last = _bounds_at_run_time(step, axis)
    return step.op("Slice", step.grad, first, last, step.ints(axis))


def _bounds_at_run_time(step: NodeGradient, axis: int) -> tuple[str, str]:
    first = step.ints(0)
    for tensor in step.node.input[: step.index]:
        first = step.op("Add", first, step.size(tensor, axis))
    return first, step.op("Add", first, step.size(step.wanted, axis))


def _split(step: NodeGradient) -> str:
    grads = [grad or _zeros(step, output) for grad, output in zip(step.grads, step.node.output, strict=True)]
    return step.op("Concat", *grads, axis=step.attribute("axis", 0))


def _zeros(step: NodeGradient, tensor: str) -> str:
    zero = helper.make_tensor("zero", step.kind, [1], [0.0])
    return step.op("ConstantOfShape", step.shape(tensor), value=zero)


def _cut(step: NodeGradient) -> str:
    """Put back along each axis what was cut out there, with any step forwards or backwards."""
    count = step.dims(step.input(1))[0]
    if count is None:
        raise step.refusal("starts of known length")
    axes = step.values(3) or list(range(count))
    whole = [step.op("Cast", each, to=onnx.TensorProto.INT64) for each in _bounds(step)]
    grad = step.grad
    for place, axis in enumerate(axes):
        start, end, *stride = (step.op("Slice", each, step.ints(place), step.ints(place + 1)) for each in whole)
        taken = step.op("Slice", _places(step, axis), start, end, step.ints(0), *stride)
        grad = _scatter(step, grad, axis, taken)
    return grad


def _bounds(step: NodeGradient) -> list[str]:
    """Where a slice starts, ends and, if it says so, how it steps: int32 or int64."""
    return [step.input(place) for place in (1, 2, 4) if step.input(place)]


def _pad(step: NodeGradient) -> str:
    """Zeros fall off; what was reflected or repeated goes back to where it came from."""
    mode = step.attribute("mode", b"constant")
    if mode == b"constant":
        bare = step.op("Neg", step.input(1))
        return step.op("Pad", step.grad, bare, *(["", step.input(3)] if step.input(3) else []))
    pads, grad = step.values(1) or [], step.grad
    axes = step.values(3) or list(range(len(step.dims(step.wanted))))
    for axis, before, after in zip(axes, pads[: len(axes)], pads[len(axes) :], strict=True):
        if before or after:
            taken = step.op("Pad", _places(step, axis), step.ints(before, after), mode=mode)
            grad = _scatter(step, grad, axis, taken)
    return grad


def _gather(step: NodeGradient) -> str:
    """Elements that were taken twice get both gradients."""
    places = step.op("Cast", step.input(1), to=onnx.TensorProto.INT64)
    return _scatter(step, step.grad, step.axis(step.wanted, 0), places, spread=len(step.dims(step.input(1))))


def _depth_to_space(step: NodeGradient) -> str:
    """The pixels of a block go back to their channels, whose numbers begin with the place in the block, or end."""
    block = step.attribute("blocksize", 1)
    stacked = step.op("SpaceToDepth", step.grad, blocksize=block)
    if step.attribute("mode", b"DCR") == b"DCR":
        return stacked
    channels = step.dims(step.wanted)[1]
    if channels is None:
        raise step.refusal("a known number of channels")
    order = np.arange(channels).reshape(block * block, -1).T.ravel()
    return step.op("Gather", stacked, step.ints(*order.tolist()), axis=1)


def _space_to_depth(step: NodeGradient) -> str:
    return step.op("DepthToSpace", step.grad, blocksize=step.attribute("blocksize", 1))


def _places(step: NodeGradient, axis: int) -> str:
    """0, 1, 2 ... along an axis of the wanted input."""
    zero, one = (step.draft.scalar(value, onnx.TensorProto.INT64) for value in (0, 1))
    return step.op("Range", zero, step.length(step.wanted, axis), one)


def _scatter(step: NodeGradient, grad: str, axis: int, places: str, *, spread: int = 1) -> str:
    """Add up `grad` at `places` of an axis, which becomes as long as the wanted input's.

    `places` are int64 and take up `spread` axes of `grad`, from `axis` on.
    """
    rank = len(step.dims(step.wanted))
    axis %= rank
    front = _front(step, grad, axis, spread, rank)
    rest = step.op("Slice", step.op("Shape", front), step.ints(spread), step.ints(spread + rank))
    shape = step.op("Concat", step.size(step.wanted, axis), rest, axis=0)
    zeros = step.op("ConstantOfShape", shape, value=helper.make_tensor("zero", step.kind, [1], [0.0]))
    sums = step.op("ScatterND", zeros, step.op("Unsqueeze", places, step.ints(-1)), front, reduction="add")
    return step.op("Transpose", sums, perm=[*range(1, axis + 1), 0, *range(axis + 1, rank)]) if axis else sums


def _front(step: NodeGradient, tensor: str, axis: int, spread: int, rank: int) -> str:
    """Move `spread` axes from `axis` on to the front."""
    order = [*range(axis, axis + spread), *range(axis), *range(axis + spread, rank - 1 + spread)]
    return step.op("Transpose", tensor, perm=order) if axis and spread else tensor


RULES: dict[str, Rule] = {
    "Concat": _concat,
    "DepthToSpace": _depth_to_space,
    "Flatten": _reshape,
    "Gather": _gather,
    "Pad": _pad,
    "Reshape": _reshape,
    "Slice": _cut,
    "SpaceToDepth": _space_to_depth,
    "Split": _split,
    "Squeeze": _reshape,
    "Transpose": _transpose,
    "Unsqueeze": _reshape,
}
