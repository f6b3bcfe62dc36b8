"""Pools that round their size up, rewritten for one size of picture as pools that round it down.

A window that would begin in the padding counts for ONNX's shape inference, and not for ONNX Runtime. Without ceil_mode
they agree, and the size of everything that comes after is known.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import onnx
from onnx import helper

from models.graph.builder import attributes, shapes


def round_down(model: onnx.ModelProto) -> None:
    """Give pools with ceil_mode the padding that their last windows need; the size of the input must be fixed.

    A pool keeps its mode where its padding counts as pixels, or would become wider than ONNX Runtime takes.
    """
    for node in [each for each in model.graph.node if attributes(each).get("ceil_mode", 0)]:
        facts, seen = attributes(node), shapes(model).get(node.input[0])
        if seen is None or facts.get("auto_pad", b"NOTSET") != b"NOTSET":
            continue
        pads = facts.get("pads", [0] * 2 * (len(seen) - 2))
        longer = _padded(facts, pads, seen[2:])
        wide = any(pad >= size for pad, size in zip(longer, [*facts["kernel_shape"]] * 2, strict=True))
        if longer != pads and (wide or facts.get("count_include_pad", 0)):
            continue
        del node.attribute[:]
        facts |= {"pads": longer, "ceil_mode": 0}
        node.attribute.extend(helper.make_attribute(name, value) for name, value in facts.items())


def _padded(facts: Mapping[str, Any], pads: Sequence[int], sizes: Sequence[int]) -> list[int]:
    """The padding with which a pool that rounds down has as many windows as ONNX Runtime's that rounds up."""
    space = len(sizes)
    ones = [1] * space
    rows = zip(sizes, facts["kernel_shape"], facts.get("strides", ones), facts.get("dilations", ones), strict=True)
    after = []
    for axis, (size, kernel, stride, dilation) in enumerate(rows):
        extent, ahead, behind = (kernel - 1) * dilation + 1, pads[axis], pads[axis + space]
        begins = ((size + ahead + behind - extent) // stride + 1) * stride
        more = begins < size + ahead and (size + ahead + behind - extent) % stride
        after.append(begins + extent - size - ahead if more else behind)
    return [*pads[:space], *after]
