"""Edits of a graph that do not change what it computes: bypass nodes, rename tensors, drop what is not read."""

import math
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping

import onnx
from onnx import helper

from models.graph.builder import ancestors, reads, replace_nodes

SMALL = 64  # elements of a tensor that may say a shape; larger ones are weights


def consumers(graph: onnx.GraphProto) -> dict[str, list[onnx.NodeProto]]:
    """The nodes that read each tensor."""
    readers: dict[str, list[onnx.NodeProto]] = defaultdict(list)
    for node in graph.node:
        for name in dict.fromkeys(node.input):
            readers[name].append(node)
    return readers


def dependents(graph: onnx.GraphProto, source: str) -> set[str]:
    """The tensors that depend on `source`, including itself."""
    found = {source}
    for node in graph.node:
        if not found.isdisjoint(reads(node)):
            found.update(filter(None, node.output))
    return found


def rename(graph: onnx.GraphProto, names: Mapping[str, str]) -> None:
    """Rename tensors wherever they are made, read or declared."""
    for tensor in graph.initializer:
        tensor.name = names.get(tensor.name, tensor.name)
    for value in (*graph.input, *graph.output):
        value.name = names.get(value.name, value.name)
    for node in graph.node:
        node.input[:] = [names.get(name, name) for name in node.input]
        node.output[:] = [names.get(name, name) for name in node.output]


def bypass(graph: onnx.GraphProto, op_types: Iterable[str]) -> None:
    """Remove nodes that return their first input."""
    removed, sources = set(op_types), dict[str, str]()
    for node in graph.node:
        node.input[:] = [sources.get(name, name) for name in node.input]
        if node.op_type in removed:
            sources[node.output[0]] = node.input[0]
    for output in graph.output:
        output.name = sources.get(output.name, output.name)
    replace_nodes(graph, [node for node in graph.node if node.op_type not in removed])


def drop(graph: onnx.GraphProto, tensors: Collection[str]) -> None:
    """Remove the nodes that make any of `tensors`, and the outputs among them."""
    replace_nodes(graph, [node for node in graph.node if not set(tensors).intersection(node.output)])
    kept = [output for output in graph.output if output.name not in tensors]
    outputs = [onnx.ValueInfoProto.FromString(output.SerializeToString()) for output in kept]
    graph.ClearField("output")
    graph.output.extend(outputs)


def prune(graph: onnx.GraphProto, tensors: Iterable[str]) -> None:
    """Keep only the nodes and weights that `tensors` depend on, in their order."""
    replace_nodes(graph, ancestors(graph, tensors))
    drop_unread_weights(graph)


def drop_unread_weights(graph: onnx.GraphProto) -> None:
    """Remove the weights that no node reads."""
    read = {name for node in graph.node for name in reads(node)}
    unread = [place for place, tensor in enumerate(graph.initializer) if tensor.name not in read]
    for place in reversed(unread):
        del graph.initializer[place]


def without_weights(model: onnx.ModelProto, inputs: Iterable[onnx.ValueInfoProto]) -> onnx.ModelProto:
    """A light copy of `model` without outputs, whose inputs are `inputs` and its large weights."""
    light = onnx.ModelProto(ir_version=max(model.ir_version, 8), opset_import=model.opset_import)
    graph = light.graph
    graph.name = "light"
    graph.node.extend(model.graph.node)
    graph.input.extend(inputs)
    for tensor in model.graph.initializer:
        if math.prod(tensor.dims) <= SMALL:
            graph.initializer.append(tensor)
        else:
            graph.input.append(helper.make_tensor_value_info(tensor.name, tensor.data_type, tensor.dims))
    return light
