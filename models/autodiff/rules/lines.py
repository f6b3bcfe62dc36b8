"""A window that slides along one axis: what lies at each of its places, and the way back.

Written with Slice, Concat and Reshape only: along the last axis Pad and Expand take ONNX Runtime six times as long.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from onnx import helper

from models.autodiff.rules.step import NodeGradient


@dataclass(frozen=True, slots=True)
class Line:
    """How a window of `size` pixels, `dilation` apart, slides along `axis`, padded by `before` and `after`.

    Along the axis, what it slides over is as long as the wanted input, and what comes out as long as the output.
    """

    axis: int
    size: int
    stride: int
    dilation: int
    before: int
    after: int

    @property
    def places(self) -> range:
        """Where the pixels of the window lie, counted from its first."""
        return range(0, self.size * self.dilation, self.dilation)


def taps(step: NodeGradient, tensor: str, line: Line) -> list[str]:
    """What lies at each place of the window, one entry for each position of it; minus infinity in the padding."""
    padded = extend(step, tensor, line.axis, (line.before, line.after), float("-inf"))
    covered = step.op("Mul", step.size(step.result, line.axis), step.ints(line.stride))
    axis, stride = step.ints(line.axis), step.ints(line.stride)
    return [
        step.op("Slice", padded, step.ints(place), step.op("Add", covered, step.ints(place)), axis, stride)
        for place in line.places
    ]


def untap(step: NodeGradient, taps: Sequence[str], line: Line) -> str:
    """Add up, for each pixel, what is said of it at the places of the windows that hold it."""
    reach = line.places[-1] // line.stride + (line.stride > 1)
    phases: list[list[str]] = [[] for _ in range(line.stride)]
    for place, tap in zip(line.places, taps, strict=True):
        ahead = place // line.stride
        phases[place % line.stride].append(extend(step, tap, line.axis, (ahead, reach - ahead), 0.0))
    sums = [step.op("Sum", *phase) if phase else step.op("Mul", phases[0][0], step.number(0.0)) for phase in phases]
    first = step.ints(line.before)
    end = step.op("Add", first, step.size(step.wanted, line.axis))
    return step.op("Slice", interleave(step, sums, line.axis), first, end, step.ints(line.axis))


def extend(step: NodeGradient, tensor: str, axis: int, pads: tuple[int, int], fill: float) -> str:
    """Lengthen an axis before and after by so many times `fill`."""
    before, after = ([_block(step, tensor, axis, pad, fill)] if pad else [] for pad in pads)
    return step.op("Concat", *before, tensor, *after, axis=axis) if before or after else tensor


def _block(step: NodeGradient, tensor: str, axis: int, length: int, fill: float) -> str:
    """A tensor full of `fill`, shaped like another but for the length of one axis."""
    others, own = [1] * len(step.dims(step.wanted)), [0] * len(step.dims(step.wanted))
    others[axis], own[axis] = 0, length
    shape = step.op("Add", step.op("Mul", step.op("Shape", tensor), step.ints(*others)), step.ints(*own))
    return step.op("ConstantOfShape", shape, value=helper.make_tensor("fill", step.kind, [1], [fill]))


def interleave(step: NodeGradient, tensors: Sequence[str], axis: int) -> str:
    """Take turns along an axis, which grows as many times; the tensors have one shape."""
    if len(tensors) == 1:
        return tensors[0]
    apart = {tensor: step.op("Unsqueeze", tensor, step.ints(axis + 1)) for tensor in dict.fromkeys(tensors)}
    growth = [1] * len(step.dims(step.wanted))
    growth[axis] = len(tensors)
    shape = step.op("Mul", step.op("Shape", tensors[0]), step.ints(*growth))
    return step.op("Reshape", step.op("Concat", *(apart[tensor] for tensor in tensors), axis=axis + 1), shape)
