"""Find the input that takes the picture, its layout and its size."""

from collections.abc import Sequence
from dataclasses import dataclass

import onnx
from onnx import TensorProto

from models.errors import ModelError
from models.graph.builder import attributes
from models.importing.overrides import InputLayout
from models.spec import Hw

COLOURS = (1, 3)
MAX_INPUT_SIDE = 2048
"""The longest side of an input."""

INTEGERS = (TensorProto.UINT8, TensorProto.INT32)
PIXELS = (TensorProto.FLOAT, TensorProto.FLOAT16, *INTEGERS)
TO_NCHW, TO_NHWC = [0, 3, 1, 2], [0, 2, 3, 1]
POINTWISE = ("Add", "Sub", "Mul", "Div", "Cast", "Identity", "BatchNormalization")
"""What may stand between an input and the transpose that shows its layout."""


@dataclass(frozen=True, slots=True)
class PictureInput:
    """The input that takes the picture; `kind` is its ONNX element type, `declared_hw` its size if it is fixed."""

    name: str
    kind: int
    layout: InputLayout
    channels: int
    declared_hw: Hw | None

    @property
    def is_integer(self) -> bool:
        """Whether it takes integers, which can only be pixels of 0 to 255."""
        return self.kind in INTEGERS


def find_input(graph: onnx.GraphProto, layout: InputLayout | None = None) -> PictureInput:
    """The input that takes a picture; ModelError when there is none or more than one."""
    return _picture_input(graph, picture_value(graph), layout)


def network_inputs(graph: onnx.GraphProto) -> list[onnx.ValueInfoProto]:
    """The inputs without the weights, which old files list there too."""
    weights = {tensor.name for tensor in graph.initializer}
    return [value for value in graph.input if value.name not in weights]


def picture_value(graph: onnx.GraphProto) -> onnx.ValueInfoProto:
    """The only input that can take a picture; ModelError when there is none or more than one."""
    values = network_inputs(graph)
    pictures = [value for value in values if _could_be_picture(value)]
    if len(pictures) != 1:
        found = ", ".join(_describe(value) for value in values[:4]) or "none"
        raise ModelError(
            f"its inputs are {found}; expected one image input of shape (1, 3, height, width) or (1, height, width, 3)"
        )
    return pictures[0]


def _could_be_picture(value: onnx.ValueInfoProto) -> bool:
    tensor = value.type.tensor_type
    return tensor.elem_type in PIXELS and (not tensor.HasField("shape") or len(tensor.shape.dim) == 4)


def _describe(value: onnx.ValueInfoProto) -> str:
    tensor = value.type.tensor_type
    names = TensorProto.DataType
    kind = names.Name(tensor.elem_type).lower() if tensor.elem_type in names.values() else "?"
    shape = ", ".join(str(dim.dim_value or dim.dim_param or "?") for dim in tensor.shape.dim)
    return f"'{value.name}' {kind} ({shape})"


def _picture_input(graph: onnx.GraphProto, value: onnx.ValueInfoProto, override: InputLayout | None) -> PictureInput:
    dims = [dim.dim_value if dim.dim_value > 0 else None for dim in value.type.tensor_type.shape.dim] or [None] * 4
    if dims[0] not in (None, 1):
        raise ModelError(f"its batch size is {dims[0]}; export it with a batch size of 1 or a dynamic one")
    layout = override or _layout(graph, value.name, dims)
    axes = (1, 2, 3) if layout == "NCHW" else (3, 1, 2)
    channels, height, width = (dims[axis] for axis in axes)
    channels = channels or _channels(graph)
    if channels not in COLOURS:
        raise ModelError(f"its input {_describe(value)} has {channels} channels; expected 3, or 1 for grey")
    if max(height or 0, width or 0) > MAX_INPUT_SIDE:
        raise ModelError(
            f"its input {_describe(value)} is too large; expected a side of at most {MAX_INPUT_SIDE} pixels"
        )
    declared = (height, width) if height and width else None
    return PictureInput(value.name, value.type.tensor_type.elem_type, layout, channels, declared)


def _layout(graph: onnx.GraphProto, name: str, dims: Sequence[int | None]) -> InputLayout:
    first, last = (dims[axis] in COLOURS for axis in (1, 3))
    if first != last:
        return "NCHW" if first else "NHWC"
    return "NHWC" if _is_transposed(graph, name) else "NCHW"


def _is_transposed(graph: onnx.GraphProto, name: str) -> bool:
    """Whether the input is transposed to NCHW before anything but pointwise operators reads it."""
    known = {name}
    for node in graph.node:
        if known.intersection(node.input):
            if node.op_type == "Transpose":
                return attributes(node).get("perm") == TO_NCHW
            if node.op_type in POINTWISE:
                known.update(node.output)
    return False


def _channels(graph: onnx.GraphProto) -> int | None:
    """The input channels of the first convolution."""
    kernels = {tensor.name: tensor for tensor in graph.initializer}
    for node in graph.node:
        if node.op_type == "Conv" and len(node.input) > 1 and node.input[1] in kernels:
            group = attributes(node).get("group", 1)
            dims = kernels[node.input[1]].dims
            return int(dims[1] * group) if len(dims) == 4 else None
    return None
