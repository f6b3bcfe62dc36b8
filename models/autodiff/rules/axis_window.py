"""A window that slides along one axis: unfold a tensor into the pixels of its windows, and fold them back.

Written with Slice, Concat and Reshape only: along the last axis, ONNX Runtime takes six times as long for Pad and
Expand.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from onnx import helper

from models.autodiff.rules.node_gradient import NodeGradient


@dataclass(frozen=True, slots=True)
class AxisWindow:
    """A window of `size` pixels, `dilation` apart, along `axis`, with the padding `before` and `after`."""

    axis: int
    size: int
    stride: int
    dilation: int
    before: int
    after: int

    @property
    def offsets(self) -> range:
        """Where the pixels of the window lie, counted from its first."""
        return range(0, self.size * self.dilation, self.dilation)


def unfold(ctx: NodeGradient, tensor: str, window: AxisWindow) -> list[str]:
    """For each offset of the window, the pixels there in all windows; minus infinity in the padding."""
    padded = pad_axis(ctx, tensor, window.axis, (window.before, window.after), float("-inf"))
    covered = ctx.op("Mul", ctx.size(ctx.output, window.axis), ctx.ints(window.stride))
    axis, stride = ctx.ints(window.axis), ctx.ints(window.stride)
    return [
        ctx.op("Slice", padded, ctx.ints(offset), ctx.op("Add", covered, ctx.ints(offset)), axis, stride)
        for offset in window.offsets
    ]


def fold(ctx: NodeGradient, unfolded: Sequence[str], window: AxisWindow) -> str:
    """The adjoint of `unfold`: for each pixel, the sum over all windows that contain it."""
    reach = window.offsets[-1] // window.stride + (window.stride > 1)
    phases: list[list[str]] = [[] for _ in range(window.stride)]
    for offset, values in zip(window.offsets, unfolded, strict=True):
        skipped = offset // window.stride
        phases[offset % window.stride].append(pad_axis(ctx, values, window.axis, (skipped, reach - skipped), 0.0))
    sums = [ctx.op("Sum", *phase) if phase else ctx.op("Mul", phases[0][0], ctx.scalar(0.0)) for phase in phases]
    first = ctx.ints(window.before)
    end = ctx.op("Add", first, ctx.size(ctx.wrt, window.axis))
    return ctx.op("Slice", interleave(ctx, sums, window.axis), first, end, ctx.ints(window.axis))


def pad_axis(ctx: NodeGradient, tensor: str, axis: int, pads: tuple[int, int], fill: float) -> str:
    """Pad one axis before and after with the value `fill`."""
    before, after = ([_filled(ctx, tensor, axis, pad, fill)] if pad else [] for pad in pads)
    return ctx.op("Concat", *before, tensor, *after, axis=axis) if before or after else tensor


def _filled(ctx: NodeGradient, tensor: str, axis: int, length: int, fill: float) -> str:
    """A tensor full of `fill`, shaped like `tensor` except for the length of one axis."""
    others, own = [1] * len(ctx.dims(ctx.wrt)), [0] * len(ctx.dims(ctx.wrt))
    others[axis], own[axis] = 0, length
    shape = ctx.op("Add", ctx.op("Mul", ctx.op("Shape", tensor), ctx.ints(*others)), ctx.ints(*own))
    return ctx.op("ConstantOfShape", shape, value=helper.make_tensor("fill", ctx.elem_type, [1], [fill]))


def interleave(ctx: NodeGradient, tensors: Sequence[str], axis: int) -> str:
    """Interleave tensors of one shape along an axis."""
    if len(tensors) == 1:
        return tensors[0]
    unsqueezed = {tensor: ctx.op("Unsqueeze", tensor, ctx.ints(axis + 1)) for tensor in dict.fromkeys(tensors)}
    growth = [1] * len(ctx.dims(ctx.wrt))
    growth[axis] = len(tensors)
    shape = ctx.op("Mul", ctx.op("Shape", tensors[0]), ctx.ints(*growth))
    return ctx.op("Reshape", ctx.op("Concat", *(unsqueezed[tensor] for tensor in tensors), axis=axis + 1), shape)
