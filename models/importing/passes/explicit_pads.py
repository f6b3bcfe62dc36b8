"""Write the padding of convolutions and pools as `pads` where a file has `auto_pad`."""

from collections.abc import Mapping, Sequence
from typing import Any

import onnx

from models.graph.builder import attributes, set_attributes
from models.graph.padding import halves, same_padding
from models.importing.analysis.bounds import WINDOWED
from models.importing.passes.context import PassContext


def explicit_pads(context: PassContext) -> None:
    """Replace `auto_pad` by `pads` where the padding does not depend on the input size."""
    sizes = context.analysis.sizes
    known = sizes.normal if sizes.other is None else {}
    write_pads(context.graph, {name: tensor.dims for name, tensor in known.items() if tensor.dims is not None})


def write_pads(graph: onnx.GraphProto, shapes: Mapping[str, Sequence[int]]) -> None:
    """Replace `auto_pad` by `pads`; with strides, 'same' needs the shape of what is padded, from `shapes`."""
    kernels = {tensor.name: tuple(tensor.dims[2:]) for tensor in graph.initializer}
    for node in graph.node:
        if node.op_type not in WINDOWED:
            continue
        values = attributes(node)
        mode = values.pop("auto_pad", b"NOTSET")
        if (mode == b"NOTSET" and "pads" in values) or (node.op_type == "ConvTranspose" and mode != b"VALID"):
            continue
        kernel = values.get("kernel_shape") or kernels.get(node.input[1])
        pads = kernel and _pads(mode, kernel, values, shapes.get(node.input[0]))
        if pads is not None:
            set_attributes(node, values | {"pads": pads})


def _pads(
    mode: bytes, kernel: Sequence[int], values: Mapping[str, Any], shape: Sequence[int] | None
) -> list[int] | None:
    """All starts, then all ends, as ONNX has them; None when they depend on an unknown size."""
    space = len(kernel)
    strides = values.get("strides", [1] * space)
    reach = [(size - 1) * step + 1 for size, step in zip(kernel, values.get("dilations", [1] * space), strict=True)]
    if mode in (b"VALID", b"NOTSET"):
        return [0] * 2 * space
    totals = same_padding(shape and shape[2:], strides, reach)
    if totals is None:
        return None
    before, after = halves(totals, upper=mode == b"SAME_UPPER")
    return [*before, *after]
