"""Compute tensors that depend on constants and shapes alone, with onnx's reference implementation.

A file may claim anything: the size of every result is known before it is computed, and a limit bounds it.
"""

import math
from collections import ChainMap
from collections.abc import Mapping
from typing import Any, TypeAlias

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import external_data_helper, helper, numpy_helper

from models.graph.builder import OPSET, attributes, constants, replace_nodes, shapes

Values: TypeAlias = dict[str, NDArray[Any]]
Dims: TypeAlias = tuple[int, ...]

SMALL = 256
"""Elements of a tensor that says a shape, an axis or a margin."""

TOTAL = 2**27
"""Elements of all tensors that are computed for one network."""

MOST_AXES = 8
"""NonZero returns an index for every axis of every element."""

CALCULATION = ("Abs", "Add", "Sub", "Mul", "Div", "Mod", "Pow", "Sqrt", "Reciprocal", "Exp", "Log", "Neg", "Sin", "Cos")
ROUNDING = ("Floor", "Ceil", "Round", "Sign", "Clip", "Min", "Max", "CumSum")
REDUCTION = ("ReduceProd", "ReduceSum", "ReduceMax", "ReduceMin", "ReduceMean", "ReduceL2", "ArgMax", "ArgMin")
LOGIC = ("And", "Or", "Xor", "Not", "Equal", "Less", "LessOrEqual", "Greater", "GreaterOrEqual", "Where", "NonZero")
SHAPING = ("Cast", "Concat", "Flatten", "Identity", "Pad", "Reshape", "Split", "Squeeze", "Transpose", "Unsqueeze")
PICKING = ("Gather", "GatherElements", "GatherND", "Slice", "ScatterElements", "ScatterND", "Trilu")
FILLING = ("ConstantOfShape", "Expand", "EyeLike", "OneHot", "Range", "Tile")

GROWING = (*FILLING, "Pad")
"""The numbers in their inputs say how large their results are."""

SIZES = ("Shape", "Size")
"""They read the shape of a tensor and not its elements."""

FOLDABLE = frozenset((*CALCULATION, *ROUNDING, *REDUCTION, *LOGIC, *SHAPING, *PICKING, *FILLING))


def evaluate(
    graph: onnx.GraphProto, known_shapes: Mapping[str, Dims], *, largest: int = SMALL, opset: int = OPSET
) -> Values:
    """The values of the tensors of at most `largest` elements that depend on constants and `known_shapes` alone."""
    computed: Values = {}
    known, left = ChainMap(computed, small_constants(graph, largest)), TOTAL
    for node in graph.node:
        results = evaluate_node(node, known, known_shapes, largest=min(largest, left), opset=opset)
        computed.update(results)
        left -= sum(values.size for values in results.values())
    return computed


def small_constants(graph: onnx.GraphProto, largest: int = SMALL) -> Values:
    """The values of the stored tensors of at most `largest` elements."""
    return {
        name: numpy_helper.to_array(tensor)
        for name, tensor in constants(graph).items()
        if math.prod(tensor.dims) <= largest and not external_data_helper.uses_external_data(tensor)
    }


def evaluate_node(
    node: onnx.NodeProto,
    known: Mapping[str, NDArray[Any]],
    known_shapes: Mapping[str, Dims],
    *,
    largest: int = SMALL,
    opset: int = OPSET,
) -> Values:
    """The outputs of a node that reads `known` values, or one of the `known_shapes`; nothing for another node."""
    if node.op_type in SIZES:
        return _shape(node, known_shapes)
    if node.op_type in FOLDABLE and all(name in known for name in node.input if name):
        return _results(node, known, largest, opset)
    return {}


def fold_known_shapes(model: onnx.ModelProto) -> bool:
    """Put constants in place of what depends on the shapes that are known by now; whether there were any."""
    if not any(node.op_type in SIZES for node in model.graph.node):
        return False
    values = evaluate(model.graph, shapes(model))
    replace_by_constants(model.graph, values)
    return bool(values)


def replace_by_constants(graph: onnx.GraphProto, values: Mapping[str, NDArray[Any]]) -> None:
    """Put `values` in place of the nodes that compute them."""
    replace_nodes(graph, [node for node in graph.node if not values.keys() >= set(filter(None, node.output))])
    stored = {tensor.name for tensor in graph.initializer}
    read = {name for node in graph.node for name in node.input} | {output.name for output in graph.output}
    needed = sorted((values.keys() & read) - stored)
    graph.initializer.extend(numpy_helper.from_array(np.ascontiguousarray(values[name]), name) for name in needed)


def _shape(node: onnx.NodeProto, known_shapes: Mapping[str, Dims]) -> Values:
    dims, values = known_shapes.get(node.input[0]), attributes(node)
    if dims is None:
        return {}
    if node.op_type == "Size":
        return {node.output[0]: np.array(math.prod(dims), np.int64)}
    return {node.output[0]: np.array(dims[values.get("start", 0) : values.get("end")], np.int64)}


def _results(node: onnx.NodeProto, known: Mapping[str, NDArray[Any]], largest: int, opset: int) -> Values:
    """The outputs of a node, unless they are too large or onnx's reference implementation fails."""
    from onnx.reference import ReferenceEvaluator

    inputs = {name: known[name] for name in node.input if name}
    try:
        if _count(node, inputs, opset) > largest:
            return {}
        names = [name for name in node.output if name]
        function = helper.make_function("", "node", list(inputs), names, [node], [helper.make_opsetid("", opset)])
        with np.errstate(all="raise"):
            results = [np.asarray(result) for result in ReferenceEvaluator(function).run(None, inputs, {})]
    except Exception:  # it raises almost anything; what cannot be computed here stays in the graph
        return {}
    fits = all(result.size <= largest and result.dtype != object for result in results)
    return dict(zip(names, results, strict=True)) if fits else {}


def _count(node: onnx.NodeProto, inputs: Mapping[str, NDArray[Any]], opset: int) -> int:
    """The number of elements of the outputs, as far as shape inference knows it, or else the most that is possible."""
    types = {
        name: helper.make_tensor_type_proto(helper.np_dtype_to_tensor_dtype(value.dtype), value.shape)
        for name, value in inputs.items()
    }
    small = {name: numpy_helper.from_array(value, name) for name, value in inputs.items() if value.size <= SMALL}
    versions = [helper.make_opsetid("", opset)]
    schema = onnx.defs.get_schema(node.op_type, opset, "")
    found = onnx.shape_inference.infer_node_outputs(schema, node, types, small, opset_imports=versions)
    unknown = TOTAL if node.op_type in GROWING else MOST_AXES * sum(value.size for value in inputs.values())
    return sum(_elements(each, unknown) for each in found.values())


def _elements(kind: onnx.TypeProto, unknown: int) -> int:
    dims = kind.tensor_type.shape.dim
    known = kind.tensor_type.HasField("shape") and all(dim.HasField("dim_value") for dim in dims)
    return math.prod(dim.dim_value for dim in dims) if known else unknown
