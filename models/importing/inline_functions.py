"""Put the nodes of a model's own functions in place of their calls, as some exporters of PyTorch write each module."""

from collections.abc import Iterable

import onnx
from onnx import inliner

from models.errors import ModelError, one_line
from models.importing.validate import MAX_NODES, all_graphs

Key = tuple[str, str, str]


def inline_functions(model: onnx.ModelProto) -> onnx.ModelProto:
    """The model without functions; ModelError where they would become too many nodes, or call themselves."""
    if not model.functions:
        return model
    counts: dict[Key, int] = {}
    nodes = [node for graph in all_graphs(model.graph) for node in graph.node]
    if _count(nodes, {_key(each): each for each in model.functions}, counts, ()) > MAX_NODES:
        raise ModelError(f"its functions written out have more than {MAX_NODES} nodes")
    try:
        return inliner.inline_local_functions(model, convert_version=True)
    except Exception as error:  # by what fails, onnx raises errors of several kinds
        raise ModelError(f"its functions cannot be written out: {one_line(error)}") from error


def _count(
    nodes: Iterable[onnx.NodeProto],
    functions: dict[Key, onnx.FunctionProto],
    counts: dict[Key, int],
    calling: tuple[Key, ...],
) -> int:
    """The number of nodes after all calls are written out."""
    total = 0
    for node in nodes:
        key = (node.domain, node.op_type, node.overload)
        if key in calling:
            raise ModelError(f"its function {node.op_type} calls itself: the file is damaged")
        if key in functions and key not in counts:
            inner = onnx.GraphProto(node=functions[key].node)
            body = [each for graph in all_graphs(inner) for each in graph.node]
            counts[key] = _count(body, functions, counts, (*calling, key))
        total += counts.get(key, 1)
    return total


def _key(function: onnx.FunctionProto) -> Key:
    return function.domain, function.name, function.overload
