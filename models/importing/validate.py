"""Validate an ONNX file: refuse what no convolutional network needs, and every number that would crash the process.

It is the first step of every import. ONNX Runtime divides by a stride of zero and allocates what a shape claims, so
that such a file must not reach it.
"""

import math

import numpy as np
import onnx
from onnx import AttributeProto, TensorProto, defs, helper, numpy_helper

from models.errors import ModelError, one_line

OLDEST = 7
"""The first opset that onnx.version_converter converts."""

MAX_NODES = 20_000
MAX_WINDOW = 4096
"""Of a kernel, stride, dilation or padding."""

DEFAULT_DOMAIN = ("", "ai.onnx")
WINDOWS = ("kernel_shape", "strides", "dilations", "group", "size", "blocksize", "num_groups", "num_outputs", "p")
MARGINS = ("pads", "output_padding")
NUMBERS = ("value", "value_float", "value_floats", "value_int", "value_ints")

KINDS: dict[int, str] = {
    TensorProto.FLOAT: "float_data",
    TensorProto.FLOAT16: "int32_data",
    TensorProto.DOUBLE: "double_data",
    TensorProto.INT8: "int32_data",
    TensorProto.INT16: "int32_data",
    TensorProto.INT32: "int32_data",
    TensorProto.INT64: "int64_data",
    TensorProto.UINT8: "int32_data",
    TensorProto.UINT16: "int32_data",
    TensorProto.UINT32: "uint64_data",
    TensorProto.UINT64: "uint64_data",
    TensorProto.BOOL: "int32_data",
}
"""The element types that weights may have, and the field of a tensor without raw data that holds them."""


def validate(model: onnx.ModelProto) -> None:
    """Raise ModelError for a model that is not one sorted graph of standard operators, or has numbers out of bounds."""
    check_opset(model)
    _check_text(model)
    if len(model.graph.node) > MAX_NODES:
        raise ModelError(f"it has {len(model.graph.node)} nodes; expected at most {MAX_NODES}")
    if model.functions:
        raise ModelError(f"it has model-local functions ({model.functions[0].name}); inline them with onnx.inliner")
    for node in model.graph.node:
        _check_operator(node)
        _check_numbers(node)
    if model.graph.sparse_initializer:
        raise ModelError("it has sparse weights; export it with dense weights")
    names = [tensor.name for tensor in model.graph.initializer]
    if "" in names or len(set(names)) < len(names):
        raise ModelError("two of its weights have the same name, or one has none: the file is damaged")
    for tensor in model.graph.initializer:
        _check_tensor(tensor)
    _check_standard(model)
    produced = {name for node in model.graph.node for name in node.output}
    if missing := [output.name for output in model.graph.output if output.name not in produced]:
        raise ModelError(f"no node makes its output '{missing[0]}': the file is damaged")


def _check_text(model: onnx.ModelProto) -> None:
    """Protocol buffers return text that is not UTF-8 as bytes."""
    graph = model.graph
    names = [each.name for each in (*graph.input, *graph.output, *graph.initializer)]
    names += [text for entry in model.metadata_props for text in (entry.key, entry.value)]
    for node in graph.node:
        names += [*node.input, *node.output, node.name, node.op_type, node.domain]
        names += [attribute.name for attribute in node.attribute]
    names += [model.producer_name, model.doc_string, graph.name, graph.doc_string]
    if not all(isinstance(name, str) for name in names):
        raise ModelError("a name in it is not UTF-8: the file is damaged")


def _check_standard(model: onnx.ModelProto) -> None:
    """Check with ONNX's own checker that nodes are sorted, make each tensor once, and have the right attributes."""
    light = onnx.ModelProto(ir_version=max(model.ir_version, 8), opset_import=model.opset_import)
    light.graph.name = "nodes"
    light.graph.node.extend(model.graph.node)
    for name in dict.fromkeys(each.name for each in (*model.graph.input, *model.graph.initializer)):
        light.graph.input.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, ()))
    try:
        onnx.checker.check_model(light)
    except onnx.checker.ValidationError as error:
        raise ModelError(f"it is not valid ONNX: {one_line(error)}") from error


def check_opset(model: onnx.ModelProto) -> int:
    """The version of the default domain; ModelError when it is not supported."""
    versions = [each.version for each in model.opset_import if each.domain in DEFAULT_DOMAIN]
    newest = defs.onnx_opset_version()
    if len(versions) != 1:
        raise ModelError("it does not declare its opset; export it again")
    if not OLDEST <= versions[0] <= newest:
        raise ModelError(f"it uses opset {versions[0]}; expected {OLDEST} to {newest}: export it in one of these")
    return int(versions[0])


def _check_operator(node: onnx.NodeProto) -> None:
    if node.domain not in DEFAULT_DOMAIN:
        raise ModelError(
            f"it uses {node.domain}::{node.op_type}; expected standard ONNX operators: export it without"
            " optimizations or extensions"
        )
    if "Sequence" in node.op_type or "Optional" in node.op_type:
        raise ModelError(f"it uses {node.op_type}; expected operators on tensors")


def _check_numbers(node: onnx.NodeProto) -> None:
    names = [attribute.name for attribute in node.attribute]
    if len(set(names)) != len(names):
        raise ModelError(f"{_called(node)} has the same attribute twice")
    for attribute in node.attribute:
        kind, name = attribute.type, attribute.name
        if node.op_type == "Constant" and name not in NUMBERS:
            raise ModelError(f"{_called(node)} has a {name}; expected numbers")
        if kind in (AttributeProto.GRAPH, AttributeProto.GRAPHS):
            raise ModelError(f"it has branches or loops ({_called(node)}); expected one graph without subgraphs")
        if kind == AttributeProto.TENSOR:
            _check_tensor(attribute.t)
        elif kind in (AttributeProto.INT, AttributeProto.INTS) and node.op_type != "Constant":
            _check_ints(node, name, [attribute.i] if kind == AttributeProto.INT else list(attribute.ints))


def _check_ints(node: onnx.NodeProto, name: str, values: list[int]) -> None:
    low, high = -(2**31), 2**31
    if name in WINDOWS:
        low, high = 1, MAX_WINDOW * (16 if name == "group" else 1)
    elif name in MARGINS:
        low, high = 0, MAX_WINDOW
    if not all(low <= value <= high for value in values):
        raise ModelError(f"{_called(node)} has {name} {values}; expected {low} to {high}")


def _check_tensor(tensor: TensorProto) -> None:
    """Raise ModelError unless a tensor holds as many numbers as its shape says, all of them finite."""
    field = KINDS.get(tensor.data_type)
    if field is None:
        kind = _kind(tensor.data_type)
        raise ModelError(f"'{tensor.name}' holds {kind}; expected floats, or integers of 8 bits or more")
    if any(dim < 0 for dim in tensor.dims):
        raise ModelError(f"'{tensor.name}' has the impossible shape {list(tensor.dims)}: the file is damaged")
    count = math.prod(tensor.dims)
    size = helper.tensor_dtype_to_np_dtype(tensor.data_type).itemsize
    held = len(tensor.raw_data) / size if tensor.HasField("raw_data") else len(getattr(tensor, field))
    if held != count:
        raise ModelError(f"'{tensor.name}' should hold {count} numbers but holds {held:g}: the file is damaged")
    if tensor.data_type in (TensorProto.FLOAT, TensorProto.FLOAT16) and count > 1:  # one infinity may limit a clip
        bad = int(np.count_nonzero(~np.isfinite(numpy_helper.to_array(tensor))))
        if bad:
            weights, are = ("weight", "is") if bad == 1 else ("weights", "are")
            raise ModelError(
                f"{bad} {weights} in '{tensor.name}' {are} NaN or infinite; the training probably diverged"
            )


def _kind(data_type: int) -> str:
    return TensorProto.DataType.Name(data_type) if data_type in TensorProto.DataType.values() else f"type {data_type}"


def _called(node: onnx.NodeProto) -> str:
    return f"{node.op_type} '{node.name or next(iter(node.output), '')}'"
