"""Compute what depends on constants and shapes alone, so that no shape is computed while the network runs.

A network exported from PyTorch flattens by Shape, Gather, Concat and Reshape. Evaluated for two input sizes, what is
equal in both is a constant, and one number that differs is what Reshape calls -1.
"""

import math
from collections import ChainMap
from collections.abc import Collection, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import numpy_helper

from models.graph.builder import ancestors, attributes, replace_nodes
from models.importing.analysis.infer_shapes import TensorTypes
from models.importing.passes.context import PassContext

Values: TypeAlias = dict[str, NDArray[Any]]

LARGEST = 256
"""Elements of a tensor that is computed beforehand."""

ARITHMETIC = ("Abs", "Add", "Sub", "Mul", "Div", "Mod", "Neg", "Floor", "Ceil", "Round", "Min", "Max", "ReduceProd")
LOGIC = ("And", "Or", "Not", "Equal", "Less", "LessOrEqual", "Greater", "GreaterOrEqual", "Where")
SHAPING = ("Cast", "Concat", "Flatten", "Gather", "Identity", "Reshape", "Slice", "Squeeze", "Transpose", "Unsqueeze")
FILLING = ("ConstantOfShape", "Expand", "Tile")
"""Their last input says how large the result is."""

FOLDABLE = frozenset((*ARITHMETIC, *LOGIC, *SHAPING, *FILLING))


def fold_constants(context: PassContext) -> None:
    """Replace small tensors that depend on constants alone; before shapes are inferred, which need them."""
    fold(context.graph, [{}])


def fold_shapes(context: PassContext) -> None:
    """Replace small tensors that depend on shapes: on the path to the layers, only those equal for all sizes."""
    sizes = context.analysis.sizes
    if sizes.other is not None:
        fold(context.graph, [sizes.normal, sizes.other])
        layers = ancestors(context.graph, context.analysis.names)
        fold(context.graph, [sizes.normal], spare={name for node in layers for name in node.output})
    else:
        fold(context.graph, [sizes.normal])


def fold(graph: onnx.GraphProto, sizes: Sequence[TensorTypes], spare: Collection[str] = ()) -> None:
    """Put constants in place of the tensors that are equal for all `sizes`, except those in `spare`."""
    evaluated = [_evaluate(graph, tensors) for tensors in sizes]
    constants = {name: values for name, values in evaluated[0].items() if name not in spare}
    for others in evaluated[1:]:
        constants = {n: v for n, v in constants.items() if n in others and np.array_equal(v, others[n])}
    for node in graph.node:
        if node.op_type == "Reshape" and node.input[1] not in constants:
            _fold_reshape(graph, node, [values.get(node.input[1]) for values in evaluated])
    replace_nodes(graph, [node for node in graph.node if not constants.keys() >= set(node.output)])
    read = {name for node in graph.node for name in node.input}
    graph.initializer.extend(numpy_helper.from_array(constants[name], name) for name in sorted(constants.keys() & read))


def _fold_reshape(graph: onnx.GraphProto, node: onnx.NodeProto, shapes: Sequence[NDArray[Any] | None]) -> None:
    first, last = shapes[0], shapes[-1]
    if first is None or last is None or first.shape != last.shape:
        return
    if np.count_nonzero(first != last) == 1 and (first > 0).all():
        name = f"{node.output[0]}/shape"
        graph.initializer.append(numpy_helper.from_array(np.where(first == last, first, -1), name))
        node.input[1] = name


def _evaluate(graph: onnx.GraphProto, tensors: TensorTypes) -> Values:
    """The values of the small tensors that depend on shapes and constants alone."""
    weights = {
        tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer if math.prod(tensor.dims) <= LARGEST
    }
    computed: Values = {}
    known = ChainMap(computed, weights)
    for node in graph.node:
        result = _shape(node, tensors) if node.op_type in ("Shape", "Size") else _result(node, known)
        if result is not None and result.size <= LARGEST:
            computed[node.output[0]] = result
    return computed


def _shape(node: onnx.NodeProto, tensors: TensorTypes) -> NDArray[Any] | None:
    tensor, values = tensors.get(node.input[0]), attributes(node)
    if tensor is None or tensor.dims is None:
        return None
    if node.op_type == "Size":
        return np.array(tensor.count, np.int64)
    return np.array(tensor.dims[values.get("start", 0) : values.get("end")], np.int64)


def _result(node: onnx.NodeProto, values: Mapping[str, NDArray[Any]]) -> NDArray[Any] | None:
    """What onnx's reference implementation computes; None where it fails or the node is not foldable."""
    if node.op_type not in FOLDABLE or not all(name in values for name in node.input if name):
        return None
    if node.op_type in FILLING and math.prod(int(size) for size in values[node.input[-1]].ravel()) > LARGEST:
        return None
    from onnx.reference import ReferenceEvaluator

    try:
        with np.errstate(all="raise"):
            [result] = ReferenceEvaluator(node).run(None, {name: values[name] for name in node.input if name})
        return np.asarray(result)
    except Exception:  # it raises almost anything; what cannot be computed here stays in the graph
        return None
