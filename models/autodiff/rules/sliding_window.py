"""The geometry of a sliding window, which convolutions and pools share."""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from models.autodiff.rules.node_gradient import NodeGradient, static_sizes
from models.graph.padding import halves, same_padding

Sizes: TypeAlias = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class SlidingWindow:
    """A window over the spatial axes; `before` and `after` are the padding."""

    kernel: Sizes
    strides: Sizes
    dilations: Sizes
    before: Sizes
    after: Sizes

    @property
    def extent(self) -> Sizes:
        """The pixels that the window spans, gaps included."""
        return tuple(gap * (size - 1) + 1 for size, gap in zip(self.kernel, self.dilations, strict=True))

    @property
    def symmetric(self) -> bool:
        """Whether the padding before equals the padding after."""
        return self.before == self.after


def spatial_sizes(ctx: NodeGradient, tensor: str) -> Sizes | None:
    """The height and width of a tensor of the forward graph, when they are static."""
    return static_sizes(ctx.dims(tensor)[2:]) if tensor in ctx.tensors else None


def sliding_window(ctx: NodeGradient, kernel: Sequence[int]) -> SlidingWindow:
    """The window of a convolution or pool, with `auto_pad` resolved to explicit padding."""
    pads = ctx.attribute("pads", [0] * (2 * len(kernel)))
    window = padded_window(ctx, kernel, pads)
    auto_pad = ctx.attribute("auto_pad", b"NOTSET")
    return window if auto_pad in (b"NOTSET", b"VALID") else _same_padding(ctx, window, upper=auto_pad == b"SAME_UPPER")


def padded_window(ctx: NodeGradient, kernel: Sequence[int], pads: Sequence[int]) -> SlidingWindow:
    """The window with the node's strides and dilations and the given padding, before and after."""
    rank = len(kernel)
    strides, dilations = ctx.attribute("strides", [1] * rank), ctx.attribute("dilations", [1] * rank)
    return SlidingWindow(*(tuple(each) for each in (kernel, strides, dilations, pads[:rank], pads[rank:])))


def _same_padding(ctx: NodeGradient, window: SlidingWindow, *, upper: bool) -> SlidingWindow:
    """Padding with which the output has one pixel per stride."""
    totals = same_padding(spatial_sizes(ctx, ctx.input(0)), window.strides, window.extent)
    if totals is None:
        raise ctx.requires("explicit pads or a fixed size of the input")
    return split_padding(window, totals, upper=upper)


def split_padding(window: SlidingWindow, totals: Sequence[int], *, upper: bool) -> SlidingWindow:
    """The window with `totals` as its padding, half on each side; the odd pixel comes after if `upper`, else before."""
    before, after = halves(totals, upper=upper)
    return dataclasses.replace(window, before=before, after=after)


def crop_or_pad(ctx: NodeGradient, grad: str, before: Sequence[int], lengths: Sequence[int] | None) -> str:
    """Crop `before` pixels, then crop or pad with zeros at the end until `grad` is as large as the input.

    `lengths` are the spatial sizes of `grad` when they are static.
    """
    sizes = spatial_sizes(ctx, ctx.wrt)
    if sizes is None or lengths is None:
        return _crop_or_pad_at_run_time(ctx, grad, before)
    after = [size - length + first for size, length, first in zip(sizes, lengths, before, strict=True)]
    if not any((*before, *after)):
        return grad
    return ctx.op("Pad", grad, ctx.ints(0, 0, *(-first for first in before), 0, 0, *after))


def _crop_or_pad_at_run_time(ctx: NodeGradient, grad: str, before: Sequence[int]) -> str:
    cropped = ctx.ints(0, 0, *before)
    missing = ctx.op("Sub", ctx.op("Shape", ctx.wrt), ctx.op("Shape", grad))
    return ctx.op("Pad", grad, ctx.op("Concat", ctx.op("Neg", cropped), ctx.op("Add", missing, cropped), axis=0))


def upsample(ctx: NodeGradient, tensor: str, factors: Sizes) -> str:
    """Repeat each pixel `factors` times along the spatial axes."""
    scales = ctx.builder.constant(np.array([1, 1, *factors], np.float32))
    corner = {"coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}
    return ctx.op("Resize", tensor, "", scales, mode="nearest", **corner)
