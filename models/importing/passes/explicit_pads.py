"""Write the margins of convolutions and pools as numbers, where a file only says 'same' or 'valid'."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import onnx
from onnx import helper

from models.graph.builder import attributes
from models.importing.analysis.bounds import WINDOWED

SAME = (b"SAME_UPPER", b"SAME_LOWER")


def explicit_pads(graph: onnx.GraphProto, shapes: Mapping[str, tuple[int, ...]]) -> None:
    """Replace `auto_pad` by `pads`; where it takes strides, 'same' depends on the size, which `shapes` must know."""
    kernels = {tensor.name: tuple(tensor.dims[2:]) for tensor in graph.initializer}
    for node in graph.node:
        facts = attributes(node) if node.op_type in WINDOWED else {}
        mode = facts.pop("auto_pad", b"NOTSET")
        if mode == b"NOTSET" or (node.op_type == "ConvTranspose" and mode in SAME):
            continue
        kernel = facts.get("kernel_shape") or kernels.get(node.input[1])
        pads = kernel and _pads(mode, kernel, facts, shapes.get(node.input[0]))
        if pads is not None:
            del node.attribute[:]
            node.attribute.extend(
                helper.make_attribute(name, value) for name, value in (facts | {"pads": pads}).items()
            )


def _pads(
    mode: bytes, kernel: Sequence[int], facts: Mapping[str, Any], seen: tuple[int, ...] | None
) -> list[int] | None:
    """All beginnings, then all ends; None when they depend on a size that is not known."""
    space = len(kernel)
    strides = facts.get("strides", [1] * space)
    reach = [(size - 1) * step + 1 for size, step in zip(kernel, facts.get("dilations", [1] * space), strict=True)]
    if mode == b"VALID":
        return [0] * 2 * space
    if all(stride == 1 for stride in strides):
        totals = [each - 1 for each in reach]
    elif seen is not None:
        totals = [
            max((-(-pixels // stride) - 1) * stride + each - pixels, 0)
            for pixels, stride, each in zip(seen[2:], strides, reach, strict=True)
        ]
    else:
        return None
    less, more = [total // 2 for total in totals], [total - total // 2 for total in totals]
    return [*less, *more] if mode == b"SAME_UPPER" else [*more, *less]
