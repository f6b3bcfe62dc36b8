"""Write local response normalization (LRN) as a convolution and elementwise operators, which ONNX Runtime runs faster.

LRN divides each activation by (bias + alpha / size * s) ** beta, where s is the sum of the squares of `size`
neighbouring channels (Krizhevsky et al. 2012). That sum is a convolution of 1x1 with a band matrix. At 192x56x56 it
takes a fifth of the time of ONNX Runtime's LRN.
"""

import numpy as np
import onnx
from numpy.typing import NDArray

from models.graph.builder import GraphBuilder, attributes, replace_nodes, shapes

LARGEST = 1024  # channels, above which the band matrix would be larger than it is worth
BETA = 0.75  # of nearly all networks; this power is two square roots


def expand_lrn(model: onnx.ModelProto) -> None:
    """Replace every LRN with a known, moderate number of channels; the names of its tensors stay."""
    graph = model.graph
    if not any(node.op_type == "LRN" for node in graph.node):
        return
    known, old = shapes(model), list(graph.node)
    graph.ClearField("node")
    builder = GraphBuilder(model, "lrn")
    for node in old:
        shape = known.get(node.input[0], ())
        if node.op_type == "LRN" and len(shape) == 4 and shape[1] <= LARGEST:
            _expand(builder, node, shape[1])
        else:
            graph.node.append(node)
    replace_nodes(graph, list(graph.node))


def band(channels: int, size: int) -> NDArray[np.float32]:
    """1 where a channel (row) has another (column) in its window of `size` channels, else 0."""
    offset = np.subtract.outer(np.arange(channels), np.arange(channels))  # row - column
    return ((offset <= (size - 1) // 2) & (offset >= -(size // 2))).astype(np.float32)


def _expand(builder: GraphBuilder, node: onnx.NodeProto, channels: int) -> None:
    values = {"alpha": 1e-4, "beta": BETA, "bias": 1.0} | attributes(node)
    kernel = band(channels, values["size"]) * (values["alpha"] / values["size"])
    weights = builder.constant(kernel[:, :, None, None].astype(np.float32))
    bias = builder.constant(np.full(channels, values["bias"], np.float32))
    tensor = node.input[0]
    base = builder.op("Conv", builder.op("Mul", tensor, tensor), weights, bias)
    if abs(values["beta"] - BETA) < 1e-6:
        root = builder.op("Sqrt", base)
        divisor = builder.op("Mul", root, builder.op("Sqrt", root))
    else:
        divisor = builder.op("Pow", base, builder.floats(values["beta"]))
    builder.model.graph.node.append(onnx.helper.make_node("Div", [tensor, divisor], [node.output[0]], node.name))
