"""onnx's own evaluator in float64, with the operators that it gets wrong or lacks written once more, plainly."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx.reference import ReferenceEvaluator
from onnx.reference.op_run import OpRun

Array = NDArray[Any]


def evaluate(model: onnx.ModelProto, feeds: dict[str, Array], names: list[str]) -> list[Array]:
    """The named tensors of `model`, which need not be its outputs."""
    return [
        np.asarray(each)
        for each in ReferenceEvaluator(model, new_ops=[ConvTranspose, Erf, LRN, MaxPool, Pad]).run(names, feeds)
    ]


class ConvTranspose(OpRun):  # type: ignore[misc]
    """onnx's knows no groups, and output_shape only without strides."""

    op_domain = ""

    def _run(self, x: Array, w: Array, b: Array | None = None, **attributes: Any) -> tuple[Array]:
        count, groups = x.ndim - 2, attributes["group"] or 1
        ones, zeros = [1] * count, [0] * count
        strides, dilations = attributes["strides"] or ones, attributes["dilations"] or ones
        reach = [gap * (size - 1) + 1 for size, gap in zip(w.shape[2:], dilations, strict=True)]
        full = [s * (n - 1) + r for s, n, r in zip(strides, x.shape[2:], reach, strict=True)]
        added = attributes["output_padding"] or zeros
        y = np.zeros((x.shape[0], groups * w.shape[1], *(f + a for f, a in zip(full, added, strict=True))), x.dtype)
        rows = np.stack(np.split(x, groups, axis=1))
        kernels = np.stack(np.split(w, groups))
        for offset in np.ndindex(*w.shape[2:]):
            share = np.einsum("gnc...,gcm->ngm...", rows, kernels[(..., *offset)])
            first = [o * d for o, d in zip(offset, dilations, strict=True)]
            steps = zip(first, strides, x.shape[2:], strict=True)
            place = tuple(slice(f, f + s * (n - 1) + 1, s) for f, s, n in steps)
            y[(slice(None), slice(None), *place)] += share.reshape(x.shape[0], -1, *x.shape[2:])
        sizes = attributes["output_shape"] or None
        pads = attributes["pads"] or zeros * 2
        upper = attributes["auto_pad"] == "SAME_UPPER"
        if upper:
            sizes = [n * s for n, s in zip(x.shape[2:], strides, strict=True)]
        if sizes:
            totals = [have - want for have, want in zip(y.shape[2:], sizes, strict=True)]
            halves = [total // 2 if upper else total - total // 2 for total in totals]
            pads = [*halves, *(total - half for total, half in zip(totals, halves, strict=True))]
        place = tuple(slice(pads[axis], y.shape[axis + 2] - pads[axis + count]) for axis in range(count))
        return (y[(slice(None), slice(None), *place)],)


class Erf(OpRun):  # type: ignore[misc]
    """onnx's rounds to float32."""

    op_domain = ""

    def _run(self, x: Array) -> tuple[Array]:
        return (np.vectorize(math.erf, otypes=[x.dtype])(x),)


class LRN(OpRun):  # type: ignore[misc]
    op_domain = ""

    def _run(self, x: Array, alpha: float, beta: float, bias: float, size: int) -> tuple[Array]:
        before, after = (size - 1) // 2, size // 2
        total = np.zeros_like(x)
        for channel in range(x.shape[1]):
            near = x[:, max(channel - before, 0) : channel + after + 1]
            total[:, channel] = (near**2).sum(axis=1)
        return (x / (bias + alpha / size * total) ** beta,)


class MaxPool(OpRun):  # type: ignore[misc]
    """Windows that would begin in the padding after the picture are dropped, as ONNX Runtime does."""

    op_domain = ""

    def _run(self, x: Array, **attributes: Any) -> tuple[Array, ...]:
        kernel = attributes["kernel_shape"]
        count = len(kernel)
        strides, dilations = (attributes[name] or [1] * count for name in ("strides", "dilations"))
        pads = attributes["pads"] or [0] * 2 * count
        reach = [gap * (size - 1) + 1 for size, gap in zip(kernel, dilations, strict=True)]
        sizes = x.shape[2:]
        if attributes["auto_pad"].startswith("SAME"):
            totals = [max((-(-n // s) - 1) * s + r - n, 0) for n, s, r in zip(sizes, strides, reach, strict=True)]
            halves = [(t + (attributes["auto_pad"] == "SAME_LOWER")) // 2 for t in totals]
            pads = [*halves, *(t - h for t, h in zip(totals, halves, strict=True))]
        starts = []
        for axis in range(count):
            room = sizes[axis] + pads[axis] + pads[axis + count] - reach[axis]
            number = -(-room // strides[axis]) if attributes["ceil_mode"] else room // strides[axis]
            places = [index * strides[axis] - pads[axis] for index in range(number + 1)]
            starts.append([place for place in places if place < sizes[axis]])
        y = np.full((*x.shape[:2], *map(len, starts)), -np.inf)
        winner = np.zeros(y.shape, np.int64)
        numbers = np.arange(x.size).reshape(x.shape)
        for place in itertools.product(*(range(len(each)) for each in starts)):
            for offset in itertools.product(*(range(size) for size in kernel)):
                at = [starts[a][place[a]] + offset[a] * dilations[a] for a in range(count)]
                if all(0 <= each < size for each, size in zip(at, sizes, strict=True)):
                    here = x[(..., *at)]
                    better = here > y[(..., *place)]
                    y[(..., *place)] = np.where(better, here, y[(..., *place)])
                    winner[(..., *place)] = np.where(better, numbers[(..., *at)], winner[(..., *place)])
        return (y, winner)[: len(self.onnx_node.output)]


class Pad(OpRun):  # type: ignore[misc]
    """onnx's knows no negative padding."""

    op_domain = ""

    def _run(
        self, x: Array, pads: Array, value: Array | None = None, axes: Array | None = None, mode: str = "constant"
    ) -> tuple[Array]:
        widths = [(0, 0)] * x.ndim
        places = range(x.ndim) if axes is None else axes
        for place, axis in enumerate(places):
            widths[axis] = (int(pads[place]), int(pads[place + len(pads) // 2]))
        fill = {"constant_values": 0 if value is None else value} if mode == "constant" else {}
        grown = np.pad(x, [(max(a, 0), max(b, 0)) for a, b in widths], mode=mode, **fill)  # type: ignore[call-overload]
        cut = tuple(slice(max(-a, 0), size - max(-b, 0)) for size, (a, b) in zip(grown.shape, widths, strict=True))
        return (grown[cut],)
