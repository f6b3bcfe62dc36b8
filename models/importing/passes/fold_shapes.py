"""Compute what depends on constants and shapes alone, so that no shape is computed while the network runs.

A network exported from PyTorch flattens by Shape, Gather, Concat and Reshape. Evaluated for two input sizes, what is
equal in both is a constant, and one number that differs is what Reshape calls -1.
"""

from collections.abc import Collection, Sequence
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import numpy_helper

from models.graph import surgery
from models.graph.builder import ancestors
from models.graph.constant_folding import evaluate, replace_by_constants
from models.importing.analysis.infer_shapes import TensorTypes
from models.importing.passes.context import PassContext
from models.importing.validate import check_opset

LARGEST = 2**24
"""Elements of a tensor that is computed from constants alone, such as a kernel that is turned."""


def fold_constants(context: PassContext) -> None:
    """Replace what depends on constants alone; before shapes are inferred, which need it."""
    opset = check_opset(context.model)
    replace_by_constants(context.graph, evaluate(context.graph, {}, largest=LARGEST, opset=opset))
    surgery.drop_unread_weights(context.graph)


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
    evaluated = [evaluate(graph, _known(tensors)) for tensors in sizes]
    constants = {name: values for name, values in evaluated[0].items() if name not in spare}
    for others in evaluated[1:]:
        constants = {n: v for n, v in constants.items() if n in others and np.array_equal(v, others[n])}
    for node in graph.node:
        if node.op_type == "Reshape" and node.input[1] not in constants:
            _fold_reshape(graph, node, [values.get(node.input[1]) for values in evaluated])
    replace_by_constants(graph, constants)


def _known(tensors: TensorTypes) -> dict[str, tuple[int, ...]]:
    return {name: tensor.dims for name, tensor in tensors.items() if tensor.dims is not None}


def _fold_reshape(graph: onnx.GraphProto, node: onnx.NodeProto, shapes: Sequence[NDArray[Any] | None]) -> None:
    first, last = shapes[0], shapes[-1]
    if first is None or last is None or first.shape != last.shape:
        return
    if np.count_nonzero(first != last) == 1 and (first > 0).all():
        name = f"{node.output[0]}/shape"
        graph.initializer.append(numpy_helper.from_array(np.where(first == last, first, -1), name))
        node.input[1] = name
