"""Validate an ONNX file: refuse what no convolutional network needs, and every number that would crash the process.

It is the first step of every import. ONNX Runtime divides by a stride of zero and allocates what a shape claims, so
that such a file must not reach it.
"""

import math
from collections.abc import Iterator

import numpy as np
import onnx
from onnx import AttributeProto, TensorProto, defs, helper, numpy_helper

from models.errors import ModelError, one_line

OLDEST = 7
"""The first opset that onnx.version_converter converts."""

MAX_NODES = 20_000
WITH_GRAPHS = ("If", "Loop", "Scan")
MAX_DEPTH = 8
"""Of graphs inside graphs."""

MAX_WINDOW = 4096
"""Of a kernel, stride, dilation or padding."""

DEFAULT_DOMAIN = ("", "ai.onnx")
WINDOWS = ("kernel_shape", "strides", "dilations", "group", "size", "blocksize", "num_groups", "num_outputs", "p")
ENDS = ("starts", "ends")
"""Of a Slice in old opsets, which may lie beyond all tensors."""

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
    graphs = [*all_graphs(model.graph)]
    count = sum(len(graph.node) for graph in graphs)
    if count > MAX_NODES:
        raise ModelError(f"it has {count} nodes; expected at most {MAX_NODES}")
    for graph in graphs:
        _check_graph(graph)
    _check_standard(model)
    produced = {name for node in model.graph.node for name in node.output}
    if missing := [output.name for output in model.graph.output if output.name not in produced]:
        raise ModelError(f"no node makes its output '{missing[0]}': the file is damaged")


def subgraphs(node: onnx.NodeProto) -> list[onnx.GraphProto]:
    """The graphs inside a node: the branches of an If, the body of a Loop."""
    return [attribute.g for attribute in node.attribute if attribute.type == AttributeProto.GRAPH]


def all_graphs(graph: onnx.GraphProto, depth: int = 0) -> Iterator[onnx.GraphProto]:
    """A graph and the graphs inside it; ModelError where they lie too deep."""
    if depth > MAX_DEPTH:
        raise ModelError(f"its branches and loops lie more than {MAX_DEPTH} deep; expected one graph without")
    yield graph
    for node in graph.node:
        for each in subgraphs(node):
            yield from all_graphs(each, depth + 1)


def _check_graph(graph: onnx.GraphProto) -> None:
    """Check the nodes and the weights of a graph, without the graphs inside it."""
    for node in graph.node:
        _check_operator(node)
        _check_numbers(node)
    if graph.sparse_initializer:
        raise ModelError("it has sparse weights; export it with dense weights")
    names = [tensor.name for tensor in graph.initializer]
    if "" in names or len(set(names)) < len(names):
        raise ModelError("two of its weights have the same name, or one has none: the file is damaged")
    for tensor in graph.initializer:
        _check_tensor(tensor)


def _check_text(model: onnx.ModelProto) -> None:
    """Protocol buffers return text that is not UTF-8 as bytes."""
    names = [text for entry in model.metadata_props for text in (entry.key, entry.value)]
    for graph in all_graphs(model.graph):
        names += [graph.name, graph.doc_string]
        names += [each.name for each in (*graph.input, *graph.output, *graph.initializer)]
        for node in graph.node:
            names += [*node.input, *node.output, node.name, node.op_type, node.domain]
            names += [attribute.name for attribute in node.attribute]
    names += [model.producer_name, model.doc_string]
    if not all(isinstance(name, str) for name in names):
        raise ModelError("a name in it is not UTF-8: the file is damaged")


def _check_standard(model: onnx.ModelProto) -> None:
    """Check with ONNX's own checker that nodes are sorted, make each tensor once, and have the right attributes.

    The checker refuses GroupNormalization of opset 18, which ONNX Runtime runs; in opset 21 it has the same attributes.
    """
    version = check_opset(model)
    grouped = any(node.op_type == "GroupNormalization" for node in model.graph.node)
    versions = [helper.make_opsetid("", max(version, 21) if grouped and version >= 18 else version)]
    light = onnx.ModelProto(ir_version=max(model.ir_version, 8), opset_import=versions)
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


def _check_numbers(node: onnx.NodeProto) -> None:
    names = [attribute.name for attribute in node.attribute]
    if len(set(names)) != len(names):
        raise ModelError(f"{called(node)} has the same attribute twice")
    for attribute in node.attribute:
        kind, name = attribute.type, attribute.name
        if node.op_type == "Constant" and name not in NUMBERS:
            raise ModelError(f"{called(node)} has a {name}; expected numbers")
        if kind == AttributeProto.GRAPHS or (kind == AttributeProto.GRAPH and node.op_type not in WITH_GRAPHS):
            raise ModelError(f"it has a graph inside {called(node)}; expected one graph without")
        if kind == AttributeProto.TENSOR:
            _check_tensor(attribute.t)
        elif kind in (AttributeProto.INT, AttributeProto.INTS) and node.op_type != "Constant":
            _check_ints(node, name, [attribute.i] if kind == AttributeProto.INT else list(attribute.ints))


def _check_ints(node: onnx.NodeProto, name: str, values: list[int]) -> None:
    low, high = -(2**31), 2**31
    if name in ENDS:
        low, high = -(2**63), 2**63
    elif name in WINDOWS:
        low, high = 1, MAX_WINDOW * (16 if name == "group" else 1)
    elif name in MARGINS:
        low, high = 0, MAX_WINDOW
    if not all(low <= value <= high for value in values):
        raise ModelError(f"{called(node)} has {name} {values}; expected {low} to {high}")


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


def called(node: onnx.NodeProto) -> str:
    """A node for messages: its operator and its name."""
    return f"{node.op_type} '{node.name or next(iter(node.output), '')}'"
