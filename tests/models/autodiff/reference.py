"""The reference evaluator of onnx in float64, with own versions of operators that it gets wrong or lacks."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx.reference import ReferenceEvaluator
from onnx.reference.op_run import OpRun

Array = NDArray[Any]


def evaluate(model: onnx.ModelProto, feeds: dict[str, Array], names: list[str]) -> list[Array]:
    """The named tensors of `model`, which need not be its outputs."""
    evaluator = ReferenceEvaluator(model, new_ops=[ConvTranspose, Erf, Gelu, LRN, MaxPool, Pad])
    return [np.asarray(each) for each in evaluator.run(names, feeds)]


def extents(kernel: Sequence[int], dilations: Sequence[int]) -> list[int]:
    return [gap * (size - 1) + 1 for size, gap in zip(kernel, dilations, strict=True)]


def strided(offset: Sequence[int], dilations: Sequence[int], strides: Sequence[int], counts: Sequence[int]) -> Any:
    """The index of the pixels at one offset of a window, for all its positions."""
    starts = [number * gap for number, gap in zip(offset, dilations, strict=True)]
    spans = zip(starts, strides, counts, strict=True)
    return (..., *(slice(start, start + stride * (count - 1) + 1, stride) for start, stride, count in spans))


def halves(totals: Sequence[int], *, upper: bool) -> list[int]:
    """Padding before and after; the odd pixel comes after if `upper`, else before."""
    before = [total // 2 if upper else total - total // 2 for total in totals]
    return before + [total - first for total, first in zip(totals, before, strict=True)]


class ConvTranspose(OpRun):
    """The one of onnx supports no groups, and output_shape only without strides."""

    op_domain = ""

    def _run(self, x: Array, w: Array, **attributes: Any) -> tuple[Array]:
        count, groups, counts = x.ndim - 2, attributes["group"] or 1, x.shape[2:]
        strides, dilations = attributes["strides"] or [1] * count, attributes["dilations"] or [1] * count
        added = attributes["output_padding"] or [0] * count
        spans = zip(strides, counts, extents(w.shape[2:], dilations), added, strict=True)
        y = np.zeros((len(x), groups * w.shape[1], *(s * (n - 1) + r + more for s, n, r, more in spans)))
        rows, kernels = np.stack(np.split(x, groups, axis=1)), np.stack(np.split(w, groups))
        for offset in np.ndindex(*w.shape[2:]):
            share = np.einsum("gnc...,gcm->ngm...", rows, kernels[(..., *offset)])
            y[strided(offset, dilations, strides, counts)] += share.reshape(len(x), -1, *counts)
        pads = self._pads(y.shape[2:], [s * n for s, n in zip(strides, counts, strict=True)], attributes)
        cropped: Any = [slice(a, n - b) for a, b, n in zip(pads[:count], pads[count:], y.shape[2:], strict=True)]
        return (y[(..., *cropped)],)

    def _pads(self, have: Sequence[int], same: Sequence[int], attributes: dict[str, Any]) -> list[int]:
        upper = attributes["auto_pad"] == "SAME_UPPER"
        target = same if upper else attributes["output_shape"]
        if target:
            return halves([old - new for old, new in zip(have, target, strict=True)], upper=upper)
        return attributes["pads"] or [0] * 2 * len(have)


class Erf(OpRun):
    """The one of onnx rounds to float32."""

    op_domain = ""

    def _run(self, x: Array) -> tuple[Array]:
        return (np.vectorize(math.erf, otypes=[x.dtype])(x),)


class Gelu(OpRun):
    """The one of onnx rounds to float32."""

    op_domain = ""

    def _run(self, x: Array, approximate: str) -> tuple[Array]:
        if approximate == "tanh":
            return (0.5 * x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))),)
        return (0.5 * x * (1 + np.vectorize(math.erf, otypes=[x.dtype])(x * math.sqrt(0.5))),)


class LRN(OpRun):
    """The one of onnx averages the wrong neighbours."""

    op_domain = ""

    def _run(self, x: Array, alpha: float, beta: float, bias: float, size: int) -> tuple[Array]:
        near = [slice(max(channel - size // 2, 0), channel + size // 2 + 1) for channel in range(x.shape[1])]
        energy = np.stack([(x[:, channels] ** 2).sum(axis=1) for channels in near], axis=1)
        return (x / (bias + alpha / size * energy) ** beta,)


class MaxPool(OpRun):
    """The one of onnx is wrong with ceil_mode; windows that start beyond the input are dropped."""

    op_domain = ""

    def _run(self, x: Array, **attributes: Any) -> tuple[Array]:
        kernel, sizes, ceil = attributes["kernel_shape"], x.shape[2:], attributes["ceil_mode"]
        count = len(kernel)
        strides, dilations = attributes["strides"] or [1] * count, attributes["dilations"] or [1] * count
        pads = self._pads(sizes, strides, extents(kernel, dilations), attributes)
        counts = []
        for n, stride, extent, a, b in zip(
            sizes, strides, extents(kernel, dilations), pads[:count], pads[count:], strict=True
        ):
            number = 1 + (-(-(n + a + b - extent) // stride) if ceil else (n + a + b - extent) // stride)
            counts.append(number - (ceil and (number - 1) * stride >= n + a))
        widths = [(0, 0), (0, 0), *((a, b + s) for a, b, s in zip(pads[:count], pads[count:], strides, strict=True))]
        padded = np.pad(x, widths, constant_values=-np.inf)
        offsets = itertools.product(*map(range, kernel))
        return (np.max([padded[strided(offset, dilations, strides, counts)] for offset in offsets], axis=0),)

    def _pads(
        self, sizes: Sequence[int], strides: Sequence[int], extent: Sequence[int], attributes: dict[str, Any]
    ) -> list[int]:
        if not attributes["auto_pad"].startswith("SAME"):
            return attributes["pads"] or [0] * 2 * len(sizes)
        spans = zip(sizes, strides, extent, strict=True)
        totals = [max((-(-size // stride) - 1) * stride + span - size, 0) for size, stride, span in spans]
        return halves(totals, upper=attributes["auto_pad"] == "SAME_UPPER")


class Pad(OpRun):
    """The one of onnx supports no negative padding."""

    op_domain = ""

    def _run(
        self, x: Array, pads: Array, value: Array | None = None, axes: Array | None = None, mode: str = "constant"
    ) -> tuple[Array]:
        widths = [(0, 0)] * x.ndim
        for number, axis in enumerate(range(x.ndim) if axes is None else axes):
            widths[axis] = (int(pads[number]), int(pads[number + len(pads) // 2]))
        grow: Any = [(max(a, 0), max(b, 0)) for a, b in widths]
        if mode == "constant":
            grown = np.pad(x, grow, constant_values=0 if value is None else value)
        else:
            grown = np.pad(x, grow, mode=mode)  # type: ignore[call-overload]
        return (grown[tuple(slice(max(-a, 0), n - max(-b, 0)) for n, (a, b) in zip(grown.shape, widths, strict=True))],)
