"""Prepend the nodes that turn a picture into the input tensor of a network."""

from collections.abc import Sequence

import numpy as np
import onnx

from models.graph.builder import FLOAT, UINT8, GraphBuilder, replace_nodes
from models.spec import Hw, InputInfo

GREY = ((0.114,), (0.587,), (0.299,))  # the weights of blue, green and red in grey (ITU-R BT.601)


def fix_size(model: onnx.ModelProto, info: InputInfo, size_hw: Hw) -> None:
    """Give the network's input a fixed size, so that every later shape is known."""
    dims = model.graph.input[0].type.tensor_type.shape.dim
    for dim, value in zip(dims, (1, len(info.mean), *size_hw), strict=True):
        dim.Clear()
        dim.dim_value = value


def prepend(builder: GraphBuilder, info: InputInfo, size_hw: Hw, image_type: int = UINT8) -> None:
    """Replace the network's input, float (1, colours, H, W), by "image": BGR (H, W, 3) of type `image_type`."""
    graph = builder.model.graph
    name, first_node = graph.input[0].name, len(graph.node)
    del graph.input[0]
    tensor = builder.op("Cast", builder.input("image", image_type, (*size_hw, 3)), to=FLOAT)
    if info.colours == "GREY":
        tensor = builder.op("MatMul", tensor, builder.constant(np.array(GREY, np.float32)))
    tensor = builder.op("Transpose", tensor, perm=[2, 0, 1])
    if info.colours == "RGB":
        tensor = builder.op("Gather", tensor, builder.ints(2, 1, 0), axis=0)
    tensor = builder.op("Sub", tensor, _per_colour(builder, info.mean))
    if any(scale != 1.0 for scale in info.scale):
        tensor = builder.op("Mul", tensor, _per_colour(builder, info.scale))
    graph.node.append(onnx.helper.make_node("Unsqueeze", [tensor, builder.constant(np.array([0]))], [name]))
    replace_nodes(graph, [*graph.node[first_node:], *graph.node[:first_node]])  # ONNX requires topological order


def _per_colour(builder: GraphBuilder, values: Sequence[float]) -> str:
    return builder.constant(np.array(values, np.float32)[:, None, None])
