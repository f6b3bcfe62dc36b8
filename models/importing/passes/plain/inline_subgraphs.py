"""Write out branches and loops whose conditions and counts are known before the network runs.

Exporters of PyTorch write an If where a module asks for a size, and a Loop for a counted one. Afterwards the graph has
no graphs inside; what depends on the picture is refused.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import AttributeProto, helper, numpy_helper

from models.errors import ModelError, one_line
from models.graph.builder import constants, replace_nodes
from models.graph.constant_folding import evaluate, small_constants
from models.graph.infer_by_node import SHAPE_ERRORS, infer_by_node, known_dims
from models.importing.passes.context import PassContext
from models.importing.validate import MAX_NODES, check_opset, subgraphs

MAX_TRIPS, MAX_BYTES = 256, 2**28
"""Of a loop that is written out."""

USUAL_SIDE = 224
"""Pixels, where the file leaves the size of its input open."""

UNSQUEEZE_BY_INPUT = 13
"""The first opset in which the axes of Unsqueeze are an input."""

Values = Mapping[str, NDArray[Any]]


def inline_subgraphs(context: PassContext) -> None:
    """Put the nodes of the chosen branch in place of each If, and all trips in place of each Loop.

    One whose course depends on the picture is dropped with what comes after it, such as the end of a detector.
    """
    written = True
    while written and not has_no_subgraphs(context):
        values, nodes, written = _known_values(context.model), list[onnx.NodeProto](), False
        for node in context.graph.node:
            inside = _written_out(context, node, values) if subgraphs(node) else None
            written = written or inside is not None
            nodes += [node] if inside is None else inside
            if len(nodes) > MAX_NODES:
                raise ModelError(f"its loops written out have more than {MAX_NODES} nodes")
        replace_nodes(context.graph, nodes)
    for node in [node for node in context.graph.node if subgraphs(node)]:
        context.leave_out_node(node, "whose course depends on the picture")


def has_no_subgraphs(context: PassContext) -> bool:
    """No node has a graph inside."""
    return not any(subgraphs(node) for node in context.graph.node)


def _known_values(model: onnx.ModelProto) -> Values:
    """The small tensors that depend on constants and on shapes alone, for a batch of one and the usual size."""
    sized = onnx.ModelProto.FromString(model.SerializeToString())
    weights = {tensor.name for tensor in sized.graph.initializer}
    for value in sized.graph.input:
        for place, dim in enumerate(value.type.tensor_type.shape.dim if value.name not in weights else ()):
            dim.dim_value = dim.dim_value or (USUAL_SIDE if place else 1)
    try:
        types = infer_by_node(sized.graph, check_opset(model))
    except SHAPE_ERRORS as error:
        raise ModelError(f"its shapes do not fit: {one_line(error)}") from error
    shapes = {name: dims for name, kind in types.items() if (dims := known_dims(kind)) is not None}
    return small_constants(model.graph) | evaluate(model.graph, shapes, opset=check_opset(model))


def _written_out(context: PassContext, node: onnx.NodeProto, values: Values) -> list[onnx.NodeProto] | None:
    """The nodes in place of an If or a Loop; None where its course is unknown."""
    if node.op_type == "Loop":
        return _trips(context, node, values)
    chosen = values.get(node.input[0]) if node.op_type == "If" else None
    if chosen is None:
        return None
    name = "then_branch" if chosen.any() else "else_branch"
    body = next(attribute.g for attribute in node.attribute if attribute.name == name)
    if len(body.output) != len(node.output):
        return None
    inside = _Copy(context.graph, body, _scope(node))
    return [*inside.nodes, *_named(inside.outputs, node.output)]


def _trips(context: PassContext, node: onnx.NodeProto, values: Values) -> list[onnx.NodeProto] | None:
    """All trips of a loop one after another; None where their number is unknown or too large."""
    body, carried = subgraphs(node)[0], list(node.input[2:])
    if len(body.input) != len(carried) + 2 or len(body.output) != len(node.output) + 1 or "" in carried:
        return None
    count = _count_of_trips(node, values)
    if not count:
        return None
    nodes, rows, length = list[onnx.NodeProto](), list[list[str]](), len(carried)
    for trip in range(count):
        scope = f"{_scope(node)}/{trip}"
        given = _stored(context.graph, f"{scope}/trip", np.int64(trip)), _stored(context.graph, f"{scope}/on", np.True_)
        inside = _Copy(context.graph, body, scope, (*given, *carried))
        nodes += inside.nodes
        carried = inside.outputs[1 : length + 1]
        rows.append(inside.outputs[length + 1 :])
    nodes += _named(carried, node.output[:length])
    for name, parts in zip(node.output[length:], zip(*rows, strict=True), strict=True):
        nodes += _stacked(context, name, parts)
    return nodes


def _count_of_trips(node: onnx.NodeProto, values: Values) -> int:
    """The number of trips of a loop that nothing else ends; 0 where it is unknown or too large."""
    body, count, goes_on = subgraphs(node)[0], values.get(node.input[0]), values.get(node.input[1], np.False_)
    if count is None or count.size != 1 or not (not node.input[1] or goes_on.all()) or not _always_goes_on(body):
        return 0
    trips = int(count.item())
    nodes, size = trips * len(body.node), trips * body.ByteSize()
    return trips if 1 <= trips <= MAX_TRIPS and nodes <= MAX_NODES and size <= MAX_BYTES else 0


def _always_goes_on(body: onnx.GraphProto) -> bool:
    """Whether the condition that a trip returns is the one that it was given, or true."""
    makers = {name: node for node in body.node for name in node.output}
    name = body.output[0].name
    while name in makers and makers[name].op_type in ("Identity", "Cast"):
        name = makers[name].input[0]
    stored = constants(body)
    return name == body.input[1].name or (name in stored and bool(numpy_helper.to_array(stored[name]).all()))


def _stacked(context: PassContext, name: str, parts: tuple[str, ...]) -> Iterator[onnx.NodeProto]:
    """What every trip returns, along a new first axis."""
    for place, part in enumerate(parts):
        if check_opset(context.model) < UNSQUEEZE_BY_INPUT:
            yield helper.make_node("Unsqueeze", [part], [f"{name}/{place}"], axes=[0])
        else:
            axes = _stored(context.graph, f"{name}/{place}/axes", np.array([0], np.int64))
            yield helper.make_node("Unsqueeze", [part, axes], [f"{name}/{place}"])
    yield helper.make_node("Concat", [f"{name}/{place}" for place in range(len(parts))], [name], axis=0)


def _named(inner: Sequence[str], names: Sequence[str]) -> list[onnx.NodeProto]:
    return [helper.make_node("Identity", [one], [name]) for one, name in zip(inner, names, strict=True) if name]


def _scope(node: onnx.NodeProto) -> str:
    """Before the names of the tensors inside a node."""
    return next(filter(None, node.output), "")


def _stored(graph: onnx.GraphProto, name: str, value: Any) -> str:
    graph.initializer.append(numpy_helper.from_array(np.asarray(value), name))
    return name


class _Copy:
    """The nodes of a graph inside another, with names of their own; its weights are added to the outer graph."""

    def __init__(self, outer: onnx.GraphProto, body: onnx.GraphProto, scope: str, inputs: tuple[str, ...] = ()) -> None:
        copied = onnx.GraphProto.FromString(body.SerializeToString())
        own = [name for node in copied.node for name in node.output if name]
        own += [tensor.name for tensor in copied.initializer]
        names = {name: f"{scope}/{name}" for name in own}
        names |= dict(zip((value.name for value in copied.input), inputs, strict=True))
        _rename(copied, names)
        outer.initializer.extend(copied.initializer)
        self.nodes = list(copied.node)
        self.outputs = [names.get(output.name, output.name) for output in body.output]


def _rename(graph: onnx.GraphProto, names: Mapping[str, str]) -> None:
    """Rename tensors also in the graphs inside, which read those around them."""
    for tensor in graph.initializer:
        tensor.name = names.get(tensor.name, tensor.name)
    for output in graph.output:
        output.name = names.get(output.name, output.name)
    for node in graph.node:
        node.input[:] = [names.get(name, name) for name in node.input]
        node.output[:] = [names.get(name, name) for name in node.output]
        for attribute in node.attribute:
            if attribute.type == AttributeProto.GRAPH:
                _rename(attribute.g, names)
