"""Prepend the nodes that turn a picture into the input tensor of a network."""

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
    tensor = builder.op("Unsqueeze", tensor, builder.ints(0))
    graph.node.append(_normalization(builder, info, tensor, name))
    replace_nodes(graph, [*graph.node[first_node:], *graph.node[:first_node]])  # ONNX requires topological order


def _normalization(builder: GraphBuilder, info: InputInfo, tensor: str, name: str) -> onnx.NodeProto:
    """(x - mean) * scale of each colour, as a batch normalization: ONNX Runtime would do Sub and Mul pixel by pixel."""
    count = len(info.mean)
    vectors = ((*info.scale,), (0.0,) * count, (*info.mean,), (1.0,) * count)  # the last one is the variance
    inputs = [builder.constant(np.array(values, np.float32)) for values in vectors]
    return onnx.helper.make_node("BatchNormalization", [tensor, *inputs], [name], epsilon=0.0)
