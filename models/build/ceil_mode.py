"""Rewrite pools with ceil_mode for one size of picture as pools without it.

ONNX's shape inference counts a window that begins in the padding, and ONNX Runtime does not. Without ceil_mode they
agree, and the shape of everything that follows is known.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import onnx

from models.graph.builder import attributes, set_attributes, shapes


def remove_ceil_mode(model: onnx.ModelProto) -> None:
    """Give pools with ceil_mode the padding that their last windows need; the size of the input must be fixed.

    A pool stays as it is where its padding counts as pixels or would become wider than ONNX Runtime allows.
    """
    for node in [each for each in model.graph.node if attributes(each).get("ceil_mode", 0)]:
        pool, shape = attributes(node), shapes(model).get(node.input[0])
        if shape is None or pool.get("auto_pad", b"NOTSET") != b"NOTSET":
            continue
        pads = pool.get("pads", [0] * 2 * (len(shape) - 2))
        padded = _floor_pads(pool, pads, shape[2:])
        too_wide = any(pad >= size for pad, size in zip(padded, [*pool["kernel_shape"]] * 2, strict=True))
        if padded != pads and (too_wide or pool.get("count_include_pad", 0)):
            continue
        set_attributes(node, pool | {"pads": padded, "ceil_mode": 0})


def _floor_pads(pool: Mapping[str, Any], pads: Sequence[int], sizes: Sequence[int]) -> list[int]:
    """The padding with which a pool without ceil_mode has as many windows as ONNX Runtime's with it."""
    space = len(sizes)
    ones = [1] * space
    rows = zip(sizes, pool["kernel_shape"], pool.get("strides", ones), pool.get("dilations", ones), strict=True)
    ends = []
    for axis, (size, kernel, stride, dilation) in enumerate(rows):
        extent, before, after = (kernel - 1) * dilation + 1, pads[axis], pads[axis + space]
        last_start = ((size + before + after - extent) // stride + 1) * stride
        one_more = last_start < size + before and (size + before + after - extent) % stride
        ends.append(last_start + extent - size - before if one_more else after)
    return [*pads[:space], *ends]
