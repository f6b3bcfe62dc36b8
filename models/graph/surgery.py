"""Small cuts in a graph that change nothing it computes: bypass a node, rename tensors, drop what nobody reads."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

import onnx
from onnx import TensorProto, helper, numpy_helper

from models.graph.builder import ancestors, replace_nodes


def consumers(graph: onnx.GraphProto) -> dict[str, list[onnx.NodeProto]]:
    """The nodes that read each tensor."""
    readers: dict[str, list[onnx.NodeProto]] = defaultdict(list)
    for node in graph.node:
        for name in dict.fromkeys(node.input):
            readers[name].append(node)
    return readers


def dependents(graph: onnx.GraphProto, source: str) -> set[str]:
    """The tensors that depend on `source`, itself included."""
    found = {source}
    for node in graph.node:
        if found.intersection(node.input):
            found.update(filter(None, node.output))
    return found


def rename(graph: onnx.GraphProto, names: Mapping[str, str]) -> None:
    """Give tensors new names wherever they are read, made, or kept."""
    for tensor in graph.initializer:
        tensor.name = names.get(tensor.name, tensor.name)
    for value in (*graph.input, *graph.output):
        value.name = names.get(value.name, value.name)
    for node in graph.node:
        node.input[:] = [names.get(name, name) for name in node.input]
        node.output[:] = [names.get(name, name) for name in node.output]


def bypass(graph: onnx.GraphProto, op_types: Iterable[str]) -> None:
    """Take out nodes that hand on their first input."""
    wanted, instead = set(op_types), dict[str, str]()
    for node in graph.node:
        node.input[:] = [instead.get(name, name) for name in node.input]
        if node.op_type in wanted:
            instead[node.output[0]] = node.input[0]
    for output in graph.output:
        output.name = instead.get(output.name, output.name)
    replace_nodes(graph, [node for node in graph.node if node.op_type not in wanted])


def constants_to_initializers(graph: onnx.GraphProto) -> None:
    """Keep what Constant nodes hold where weights are kept."""
    kept = []
    for node in graph.node:
        tensor = _constant(node) if node.op_type == "Constant" else None
        if tensor is None:
            kept.append(node)
        else:
            tensor.name = node.output[0]
            graph.initializer.append(tensor)
    replace_nodes(graph, kept)


def _constant(node: onnx.NodeProto) -> TensorProto | None:
    if len(node.attribute) != 1:
        return None
    attribute = node.attribute[0]
    match attribute.name:
        case "value":
            copy: TensorProto = TensorProto.FromString(attribute.t.SerializeToString())
            return copy
        case "value_float" | "value_floats":
            return _tensor(attribute, TensorProto.FLOAT)
        case "value_int" | "value_ints":
            return _tensor(attribute, TensorProto.INT64)
    return None


def _tensor(attribute: onnx.AttributeProto, kind: int) -> TensorProto:
    value = helper.get_attribute_value(attribute)
    dims = [len(value)] if attribute.name.endswith("s") else []
    return helper.make_tensor("", kind, dims, value if dims else [value])


def prune(graph: onnx.GraphProto, tensors: Iterable[str]) -> None:
    """Keep what `tensors` depend on, in the order of the graph, and nothing else."""
    nodes = ancestors(graph, tensors)
    read = {name for node in nodes for name in node.input}
    spare = [place for place, tensor in enumerate(graph.initializer) if tensor.name not in read]
    replace_nodes(graph, nodes)
    for place in reversed(spare):
        del graph.initializer[place]


def halves_to_floats(graph: onnx.GraphProto) -> None:
    """Compute in float32 what a network computes in float16: no less exact, and what every view expects."""
    for tensor in graph.initializer:
        _widen(tensor)
    for node in graph.node:
        for attribute in node.attribute:
            if attribute.HasField("t"):
                _widen(attribute.t)
            elif attribute.name in ("to", "dtype") and attribute.i == TensorProto.FLOAT16:
                attribute.i = TensorProto.FLOAT


def _widen(tensor: TensorProto) -> None:
    if tensor.data_type == TensorProto.FLOAT16:
        values = numpy_helper.to_array(tensor).astype("float32")
        tensor.CopyFrom(numpy_helper.from_array(values, tensor.name))
