"""Refuse what no convolutional network needs, and every number that would cost memory or the process.

ONNX Runtime divides by a stride of zero, and allocates what a shape claims, before anything can be caught: what is
wrong must be found without running it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import onnx
from onnx import AttributeProto, TensorProto, defs, helper, numpy_helper

from models.errors import ModelError
from models.importing.first_line import first_line

OLDEST = 11
"""The first opset whose clips, pads and slices take their numbers as the newest do."""

MOST_NODES = 20_000
MOST_PIXELS = 4096
"""Of a kernel, a stride, a dilation or a margin."""

DEFAULT_DOMAIN = ("", "ai.onnx")
WINDOWS = ("kernel_shape", "strides", "dilations", "group", "size", "blocksize", "num_groups", "num_outputs", "p")
MARGINS = ("pads", "output_padding")

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
"""The kinds of numbers a network may hold, and where a tensor keeps them that has no raw bytes."""


def validate(model: onnx.ModelProto) -> None:
    """Raise ModelError for a model that is not one plain graph in order, or whose numbers are out of bounds."""
    version = check_opset(model)
    _check_text(model)
    if len(model.graph.node) > MOST_NODES:
        raise ModelError(f"it has {len(model.graph.node)} nodes; expected at most {MOST_NODES}")
    if model.functions:
        raise ModelError(f"it has functions of its own ({model.functions[0].name}); inline them with onnx.inliner")
    for node in model.graph.node:
        _check_operator(node, version)
        _check_numbers(node)
    if model.graph.sparse_initializer:
        raise ModelError("it keeps sparse weights; export it with plain ones")
    for tensor in model.graph.initializer:
        check_tensor(tensor)
    _check_order(model.graph)
    _check_standard(model)


def _check_text(model: onnx.ModelProto) -> None:
    """Protocol buffers hand out what is no text as bytes."""
    graph = model.graph
    names = [each.name for each in (*graph.input, *graph.output, *graph.initializer)]
    names += [text for entry in model.metadata_props for text in (entry.key, entry.value)]
    for node in graph.node:
        names += [*node.input, *node.output, node.name, node.op_type, node.domain]
        names += [attribute.name for attribute in node.attribute]
    names += [model.producer_name, model.doc_string, graph.name, graph.doc_string]
    if not all(isinstance(name, str) for name in names):
        raise ModelError("a name in it is no text: the file is damaged")


def _check_standard(model: onnx.ModelProto) -> None:
    """Every node has the inputs and attributes that the standard gives it; weights are looked at elsewhere."""
    light = onnx.ModelProto(ir_version=max(model.ir_version, 8), opset_import=model.opset_import)
    light.graph.name = "nodes"
    light.graph.node.extend(model.graph.node)
    for name in dict.fromkeys(each.name for each in (*model.graph.input, *model.graph.initializer)):
        light.graph.input.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, ()))
    try:
        onnx.checker.check_model(light)
    except onnx.checker.ValidationError as error:
        raise ModelError(f"it is no sound ONNX: {first_line(error)}") from error


def check_opset(model: onnx.ModelProto) -> int:
    """The version of the default domain; ModelError when it is not one that can be read."""
    versions = [each.version for each in model.opset_import if each.domain in DEFAULT_DOMAIN]
    newest = defs.onnx_opset_version()
    if len(versions) != 1:
        raise ModelError("it does not say which opset it is written in; export it again")
    if not OLDEST <= versions[0] <= newest:
        raise ModelError(
            f"it is written in opset {versions[0]}, but {OLDEST} to {newest} can be read: export it again,"
            " or use onnx.version_converter"
        )
    return int(versions[0])


def _check_operator(node: onnx.NodeProto, version: int) -> None:
    if node.domain not in DEFAULT_DOMAIN:
        raise ModelError(
            f"it uses {node.domain}::{node.op_type}; expected operators of plain ONNX: export it without"
            " optimisations or extensions"
        )
    if not defs.has(node.op_type, version):
        raise ModelError(f"it uses {node.op_type}, which is no operator of ONNX in opset {version}")
    if not node.output or not node.output[0]:
        raise ModelError(f"{node.op_type} '{node.name}' makes nothing: the file is damaged")
    if "Sequence" in node.op_type or "Optional" in node.op_type:
        raise ModelError(f"it uses {node.op_type}; expected a network of tensors alone")


def _check_numbers(node: onnx.NodeProto) -> None:
    names = [attribute.name for attribute in node.attribute]
    if len(set(names)) != len(names):
        raise ModelError(f"{_called(node)} has an attribute twice")
    for attribute in node.attribute:
        kind, name = attribute.type, attribute.name
        if kind in (AttributeProto.GRAPH, AttributeProto.GRAPHS):
            raise ModelError(f"it branches or loops ({_called(node)}); expected a network that is one plain graph")
        if kind == AttributeProto.TENSOR:
            check_tensor(attribute.t)
        elif kind in (AttributeProto.INT, AttributeProto.INTS) and node.op_type != "Constant":
            _check_ints(node, name, [attribute.i] if kind == AttributeProto.INT else list(attribute.ints))


def _check_ints(node: onnx.NodeProto, name: str, values: list[int]) -> None:
    low, high = -(2**31), 2**31
    if name in WINDOWS:
        low, high = 1, MOST_PIXELS * (16 if name == "group" else 1)
    elif name in MARGINS:
        low, high = 0, MOST_PIXELS
    if not all(low <= value <= high for value in values):
        raise ModelError(f"{_called(node)} has {name} {values}; expected {low} to {high}")


def check_tensor(tensor: TensorProto) -> None:
    """Raise ModelError unless a tensor holds as many numbers as its shape says."""
    field = KINDS.get(tensor.data_type)
    if field is None:
        kind = _kind(tensor.data_type)
        raise ModelError(f"'{tensor.name}' holds {kind}; expected float, float16 or whole numbers of 8 bits and more")
    if any(dim < 0 for dim in tensor.dims):
        raise ModelError(f"'{tensor.name}' has the shape {list(tensor.dims)}, which cannot be")
    count = math.prod(tensor.dims)
    size = helper.tensor_dtype_to_np_dtype(tensor.data_type).itemsize
    held = len(tensor.raw_data) / size if tensor.HasField("raw_data") else len(getattr(tensor, field))
    if held != count:
        raise ModelError(f"'{tensor.name}' claims {count} numbers and holds {held:g}: the file is damaged")


def _kind(data_type: int) -> str:
    return TensorProto.DataType.Name(data_type) if data_type in TensorProto.DataType.values() else f"type {data_type}"


def _check_order(graph: onnx.GraphProto) -> None:
    """Every tensor is made once, and before it is read."""
    made = {name for node in graph.node for name in node.output if name}
    known = {""}
    for name in (*dict.fromkeys(value.name for value in graph.input), *_initializers(graph)):
        known.add(name)
    for node in graph.node:
        for name in node.input:
            if name not in known:
                words = "runs in a circle or out of order" if name in made else "is damaged: nothing makes it"
                raise ModelError(f"{_called(node)} reads '{name}', but the graph {words}")
        for name in filter(None, node.output):
            if name in known:
                raise ModelError(f"the tensor '{name}' is made twice: the file is damaged")
            known.add(name)


def _initializers(graph: onnx.GraphProto) -> Iterator[str]:
    seen = set()
    for tensor in graph.initializer:
        if tensor.name in seen or not tensor.name:
            raise ModelError(f"the weights '{tensor.name}' are there twice or have no name: the file is damaged")
        seen.add(tensor.name)
        yield tensor.name


def check_weights(graph: onnx.GraphProto) -> None:
    """Raise ModelError when weights are not numbers; a single infinity may be the limit of a clip."""
    for tensor in graph.initializer:
        if tensor.data_type in (TensorProto.FLOAT, TensorProto.FLOAT16) and math.prod(tensor.dims) > 1:
            values = numpy_helper.to_array(tensor)
            if not np.isfinite(values).all():
                bad = int(np.count_nonzero(~np.isfinite(values)))
                raise ModelError(f"{bad} of the weights '{tensor.name}' are no finite numbers: training went wrong")


def _called(node: onnx.NodeProto) -> str:
    return f"{node.op_type} '{node.name or next(iter(node.output), '')}'"
