"""Fold batch normalization, a product and a sum for each channel, into the convolution before it."""

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import numpy_helper

from models.importing.passes.context import PassContext


def fold_batch_norm(context: PassContext) -> None:
    """Multiply kernels and biases instead of activations, in float64."""
    graph, layers = context.graph, context.analysis.names
    weights = {tensor.name: tensor for tensor in graph.initializer}
    for kind in ("Mul", "Add"):
        for node, convolution in pairs(graph, kind, "Conv"):
            if node.input[1] in weights and convolution.output[0] not in layers:
                values = _array(weights[node.input[1]]).reshape(-1)
                kernel, bias = (weights[name] for name in convolution.input[1:])
                if kind == "Mul":
                    _replace(kernel, _array(kernel) * values[:, None, None, None])
                _replace(bias, _array(bias) * values if kind == "Mul" else _array(bias) + values)
                convolution.output[0] = node.output[0]
                graph.node.remove(node)


def pairs(graph: onnx.GraphProto, kind: str, before: str) -> list[tuple[onnx.NodeProto, onnx.NodeProto]]:
    """The nodes of one kind whose first input only they read, each with its maker, of the kind `before`."""
    makers = {node.output[0]: node for node in graph.node if node.op_type == before}
    read = [name for node in graph.node for name in node.input]
    nodes = [node for node in graph.node if node.op_type == kind and node.input[0] in makers]
    return [(node, makers[node.input[0]]) for node in nodes if read.count(node.input[0]) == 1]


def _array(tensor: onnx.TensorProto) -> NDArray[np.float64]:
    return numpy_helper.to_array(tensor).astype(np.float64)


def _replace(tensor: onnx.TensorProto, values: NDArray[np.float64]) -> None:
    tensor.CopyFrom(numpy_helper.from_array(values.astype(np.float32), tensor.name))
