"""Weights as int8 in a file: a quarter of the size; they are float32 again once it is read."""

from pathlib import Path

import numpy as np
import onnx
from onnx import helper, numpy_helper

from models.graph.builder import constants, replace_nodes

SMALLEST = 1024  # weights of a tensor that is worth packing
LARGEST_INT8 = 127
PACKED, SCALE = "/int8", "/scale"  # after the name of the float32 tensor


def pack(model: onnx.ModelProto) -> None:
    """Store each large kernel or matrix as int8, with a scale for each index of the first axis."""
    graph, nodes = model.graph, []
    for tensor in list(graph.initializer):
        name, weights = tensor.name, numpy_helper.to_array(tensor)
        if weights.dtype != np.float32 or weights.ndim < 2 or weights.size < SMALLEST:
            continue
        scales = np.abs(weights).reshape(len(weights), -1).max(axis=1) / LARGEST_INT8
        scales = np.where(scales > 0, scales, 1).astype(np.float32)
        integers = np.round(weights / scales.reshape(-1, *[1] * (weights.ndim - 1))).astype(np.int8)
        tensor.CopyFrom(numpy_helper.from_array(integers, name + PACKED))
        graph.initializer.append(numpy_helper.from_array(scales, name + SCALE))
        nodes.append(helper.make_node("DequantizeLinear", [name + PACKED, name + SCALE], [name], axis=0))
    replace_nodes(graph, [*nodes, *graph.node])


def load_unpacked(path: Path) -> onnx.ModelProto:
    """The model in an ONNX file, with float32 weights; OSError or DecodeError when it cannot be read."""
    model = onnx.load(path)
    unpack(model)
    return model


def unpack(model: onnx.ModelProto) -> None:
    """Put float32 weights in place of those that `pack` stored; other networks stay as they are."""
    graph, stored = model.graph, constants(model.graph)
    packed = [node for node in graph.node if _is_packed(node) and stored.keys() >= set(node.input)]
    if not packed:
        return
    for node in packed:
        integers, scales = (numpy_helper.to_array(stored[name]) for name in node.input)
        weights = integers * scales.reshape(-1, *[1] * (integers.ndim - 1))
        graph.initializer.append(numpy_helper.from_array(weights.astype(np.float32), node.output[0]))
    unread = {name for node in packed for name in node.input}
    kept = [tensor for tensor in graph.initializer if tensor.name not in unread]
    del graph.initializer[:]
    graph.initializer.extend(kept)
    replace_nodes(graph, [node for node in graph.node if node not in packed])


def _is_packed(node: onnx.NodeProto) -> bool:
    name = node.output[0] if node.op_type == "DequantizeLinear" else ""
    return list(node.input) == [name + PACKED, name + SCALE]
