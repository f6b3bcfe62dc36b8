"""The input of a network: which one takes the picture, in what layout, and how it becomes the stored one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import onnx
from onnx import TensorProto, helper

from models.errors import ModelError
from models.graph import surgery
from models.graph.builder import FLOAT, replace_nodes
from models.importing.overrides import InputLayout
from models.importing.passes.to_nchw import TO_NCHW, to_nchw
from models.spec import INPUT, Hw

COLOURS = (1, 3)
MOST_PIXELS = 2048
"""Of a side."""

PIXELS = (TensorProto.FLOAT, TensorProto.FLOAT16, TensorProto.UINT8)
HANDED_ON = ("Add", "Sub", "Mul", "Div", "Cast", "Identity", "BatchNormalization")
"""What may stand between an input and the transposition that shows its layout."""


@dataclass(frozen=True, slots=True)
class PictureInput:
    """The input that takes the picture: its name, layout and colours, and the size that the file declares."""

    name: str
    kind: int
    layout: InputLayout
    channels: int
    declared_hw: Hw | None


def find_input(graph: onnx.GraphProto, layout: InputLayout | None = None) -> PictureInput:
    """The one input of a picture; ModelError when there is none or more than one."""
    held = {tensor.name for tensor in graph.initializer}
    values = [value for value in graph.input if value.name not in held]
    pictures = [value for value in values if _could_be_picture(value)]
    if len(pictures) != 1 or len(values) != 1:
        found = ", ".join(_describe(value) for value in values[:4]) or "nothing"
        raise ModelError(f"it takes {found}; expected one picture as (1, 3, height, width) or (1, height, width, 3)")
    return _entrance(graph, pictures[0], layout)


def _could_be_picture(value: onnx.ValueInfoProto) -> bool:
    tensor = value.type.tensor_type
    return tensor.elem_type in PIXELS and (not tensor.HasField("shape") or len(tensor.shape.dim) == 4)


def _describe(value: onnx.ValueInfoProto) -> str:
    tensor = value.type.tensor_type
    names = TensorProto.DataType
    kind = names.Name(tensor.elem_type).lower() if tensor.elem_type in names.values() else "?"
    shape = ", ".join(str(dim.dim_value or dim.dim_param or "?") for dim in tensor.shape.dim)
    return f"'{value.name}' {kind} ({shape})"


def _entrance(graph: onnx.GraphProto, value: onnx.ValueInfoProto, hinted: InputLayout | None) -> PictureInput:
    dims = [dim.dim_value if dim.dim_value > 0 else None for dim in value.type.tensor_type.shape.dim] or [None] * 4
    if dims[0] not in (None, 1):
        raise ModelError(f"it takes {dims[0]} pictures at a time; export it with a batch of 1, or a dynamic one")
    layout = hinted or _layout(graph, value.name, dims)
    axes = (1, 2, 3) if layout == "NCHW" else (3, 1, 2)
    channels, height, width = (dims[axis] for axis in axes)
    channels = channels or _channels(graph)
    if channels not in COLOURS:
        raise ModelError(f"its input {_describe(value)} has {channels} colours; expected 3, or 1 for grey")
    if max(height or 0, width or 0) > MOST_PIXELS:
        raise ModelError(f"its input {_describe(value)} is larger than any picture; expected up to {MOST_PIXELS}")
    declared = (height, width) if height and width else None
    return PictureInput(value.name, value.type.tensor_type.elem_type, layout, channels, declared)


def _layout(graph: onnx.GraphProto, name: str, dims: Sequence[int | None]) -> InputLayout:
    first, last = (dims[axis] in COLOURS for axis in (1, 3))
    if first != last:
        return "NCHW" if first else "NHWC"
    return "NHWC" if _is_transposed(graph, name) else "NCHW"


def _is_transposed(graph: onnx.GraphProto, name: str) -> bool:
    """Whether what comes in is turned to NCHW before anything looks at it."""
    known = {name}
    for node in graph.node:
        if known.intersection(node.input):
            if node.op_type == "Transpose":
                return list(_perm(node)) == TO_NCHW
            if node.op_type in HANDED_ON:
                known.update(node.output)
    return False


def _perm(node: onnx.NodeProto) -> Sequence[int]:
    return next((attribute.ints for attribute in node.attribute if attribute.name == "perm"), [])


def _channels(graph: onnx.GraphProto) -> int | None:
    """What the first convolution takes."""
    kernels = {tensor.name: tensor for tensor in graph.initializer}
    for node in graph.node:
        if node.op_type == "Conv" and len(node.input) > 1 and node.input[1] in kernels:
            group = next((attribute.i for attribute in node.attribute if attribute.name == "group"), 1)
            dims = kernels[node.input[1]].dims
            return int(dims[1] * group) if len(dims) == 4 else None
    return None


def replace_input(graph: onnx.GraphProto, entrance: PictureInput, *, as_bytes: bool = False) -> None:
    """Let the picture come in as the stored network's input: float32 (1, colours, height, width).

    Pixels that were bytes come as floats, and are cast where the graph cannot do without (`as_bytes`).
    """
    taken = {name for node in graph.node for name in (*node.input, *node.output)}
    source, nodes = _fresh("picture", taken), list[onnx.NodeProto]()
    surgery.rename(graph, {INPUT: _fresh(INPUT, taken)})
    surgery.rename(graph, {entrance.name if entrance.name != INPUT else _fresh(INPUT, taken): source})
    tensor = INPUT
    if as_bytes:
        tensor = _fresh("bytes", taken)
        nodes.append(helper.make_node("Cast", [INPUT], [tensor], to=TensorProto.UINT8))
    if entrance.layout == "NCHW":
        surgery.rename(graph, {source: tensor})
    to_nchw(graph, {source: tensor} if entrance.layout == "NHWC" else {})
    replace_nodes(graph, [*nodes, *graph.node])
    del graph.input[:]
    graph.input.append(helper.make_tensor_value_info(INPUT, FLOAT, (1, entrance.channels, "height", "width")))


def _fresh(stem: str, taken: set[str]) -> str:
    name = stem
    while name in taken:
        name += "_"
    return name
