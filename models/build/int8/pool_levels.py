"""Average levels before they become floats, where a head averages a tensor: a fourth of the floats, or less."""

import math

import numpy as np
import onnx
from onnx import helper

from models.graph.builder import GraphBuilder, attributes, replace_nodes, shapes
from models.graph.surgery import consumers


def pool_levels(model: onnx.ModelProto) -> None:
    """Write each AveragePool of whole blocks that alone reads a DequantizeLinear as a convolution of the levels."""
    graph, known = model.graph, shapes(model)
    readers, made = consumers(graph), {node.output[0]: node for node in graph.node}
    old = list(graph.node)
    graph.ClearField("node")
    builder, replaced = GraphBuilder(model, "pool"), set[str]()
    for node in old:
        source = made.get(node.input[0]) if node.op_type == "AveragePool" else None
        if source is not None and len(readers[source.output[0]]) == 1 and _averages_blocks(node, source):
            replaced.add(source.output[0])
            _write(builder, node, source, known[node.input[0]][1])
        else:
            graph.node.append(node)
    replace_nodes(graph, [node for node in graph.node if node.output[0] not in replaced])


def _averages_blocks(pool: onnx.NodeProto, source: onnx.NodeProto) -> bool:
    values = attributes(pool)
    return (
        source.op_type == "DequantizeLinear"
        and values["kernel_shape"] == values.get("strides")
        and not any(values.get("pads", ()))
        and not values.get("ceil_mode")
    )


def _write(builder: GraphBuilder, pool: onnx.NodeProto, source: onnx.NodeProto, channels: int) -> None:
    """The mean of levels is a convolution of each channel with ones, whose scale is one over their number."""
    size = attributes(pool)["kernel_shape"]
    levels, scale, zeros = source.input
    kernel = builder.constant(np.ones((channels, 1, *size), np.int8))
    one, weight = builder.floats(1.0), builder.floats(1 / math.prod(size))
    zero = builder.op("Gather", builder.op("Reshape", zeros, builder.ints(-1)), builder.constant(np.array(0)))
    operands = (levels, one, zero, kernel, weight, builder.constant(np.array(0, np.int8)), one, zero)
    mean = builder.op("QLinearConv", *operands, group=channels, kernel_shape=size, strides=size)
    builder.model.graph.node.append(
        helper.make_node("DequantizeLinear", [mean, scale, zeros], pool.output, name=pool.output[0], axis=1)
    )
