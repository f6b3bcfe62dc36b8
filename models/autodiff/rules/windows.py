"""The geometry of a sliding window: what convolutions and pools share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from models.autodiff.rules.step import NodeGradient, fixed

Sizes: TypeAlias = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class SlidingWindow:
    """How a window slides over the spatial axes; `before` and `after` are the padding."""

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
        """Whether there is as much padding before as after."""
        return self.before == self.after


def spatial(step: NodeGradient, tensor: str) -> Sizes | None:
    """The height and width of a tensor of the forward graph, when they are fixed."""
    return fixed(step.dims(tensor)[2:]) if tensor in step.tensors else None


def window(step: NodeGradient, kernel: Sequence[int]) -> SlidingWindow:
    """The window of a convolution or pool, its padding written out."""
    ones = [1] * len(kernel)
    strides, dilations = step.attribute("strides", ones), step.attribute("dilations", ones)
    pads = step.attribute("pads", [0] * (2 * len(kernel)))
    bare = SlidingWindow(
        *(tuple(each) for each in (kernel, strides, dilations, pads[: len(kernel)], pads[len(kernel) :]))
    )
    auto = step.attribute("auto_pad", b"NOTSET").decode()
    return bare if auto in ("NOTSET", "VALID") else _same(step, bare, late=auto == "SAME_UPPER")


def _same(step: NodeGradient, bare: SlidingWindow, *, late: bool) -> SlidingWindow:
    """Pads so that the output has one pixel per stride; the odd pixel comes `late` or early."""
    sizes = spatial(step, step.input(0))
    if sizes is None and any(stride != 1 for stride in bare.strides):
        raise step.refusal("explicit pads or a fixed size of the input")
    totals = [
        max((-(-size // stride) - 1) * stride + extent - size, 0)
        for size, stride, extent in zip(sizes or [1] * len(bare.kernel), bare.strides, bare.extent, strict=True)
    ]
    return split(bare, totals, late=late)


def split(bare: SlidingWindow, totals: Sequence[int], *, late: bool) -> SlidingWindow:
    """The window with `totals` as padding in all, the odd pixel `late` or early."""
    small, large = tuple(total // 2 for total in totals), tuple(total - total // 2 for total in totals)
    before, after = (small, large) if late else (large, small)
    return SlidingWindow(bare.kernel, bare.strides, bare.dilations, before, after)


def fit(step: NodeGradient, grad: str, before: Sequence[int], lengths: Sequence[int] | None) -> str:
    """Cut `before` pixels off, then cut or fill with zeros until `grad` is as large as the wanted input.

    `lengths` are the spatial sizes of `grad` when they are known.
    """
    sizes = spatial(step, step.wanted)
    if sizes is None or lengths is None:
        return _fit_at_run_time(step, grad, before)
    after = [size - length + first for size, length, first in zip(sizes, lengths, before, strict=True)]
    if not any((*before, *after)):
        return grad
    return step.op("Pad", grad, step.ints(0, 0, *(-first for first in before), 0, 0, *after))


def _fit_at_run_time(step: NodeGradient, grad: str, before: Sequence[int]) -> str:
    cut = step.ints(0, 0, *before)
    missing = step.op("Sub", step.op("Shape", step.wanted), step.op("Shape", grad))
    return step.op("Pad", grad, step.op("Concat", step.op("Neg", cut), step.op("Add", missing, cut), axis=0))


def upsample(step: NodeGradient, tensor: str, factors: Sizes) -> str:
    """Repeat each number `factors` times along the spatial axes."""
    scales = step.draft.constant(np.array([1, 1, *factors], np.float32))
    corner = {"coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}
    return step.op("Resize", tensor, "", scales, mode="nearest", **corner)
