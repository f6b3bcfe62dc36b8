"""Prepend what turns a picture into the tensor that a network wants."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import onnx

from models.graph.builder import UINT8, GraphBuilder, replace_nodes
from models.spec import Hw, InputInfo

GREY = ((0.114,), (0.587,), (0.299,))
"""How much of blue, green and red is in grey (ITU-R BT.601)."""


def fix_size(model: onnx.ModelProto, info: InputInfo, size_hw: Hw) -> None:
    """Give the network's input a fixed size, so that every shape after it is known."""
    dims = model.graph.input[0].type.tensor_type.shape.dim
    for dim, value in zip(dims, (1, len(info.mean), *size_hw), strict=True):
        dim.Clear()
        dim.dim_value = value


def prepend(draft: GraphBuilder, info: InputInfo, size_hw: Hw, kind: int = UINT8) -> None:
    """Replace the network's input, float (1, colours, H, W), by "image": BGR (H, W, 3), uint8 or another `kind`."""
    graph = draft.model.graph
    wanted = graph.input[0].name
    del graph.input[0]
    first_node = len(graph.node)
    tensor = draft.op("Cast", draft.input("image", kind, (*size_hw, 3)), to=onnx.TensorProto.FLOAT)
    if info.colours == "GREY":
        tensor = draft.op("MatMul", tensor, draft.constant(np.array(GREY, np.float32)))
    tensor = draft.op("Transpose", tensor, perm=[2, 0, 1])
    if info.colours == "RGB":
        tensor = draft.op("Gather", tensor, draft.ints(2, 1, 0), axis=0)
    tensor = draft.op("Sub", tensor, _planes(draft, info.mean))
    if any(scale != 1.0 for scale in info.scale):
        tensor = draft.op("Mul", tensor, _planes(draft, info.scale))
    graph.node[-1].output[0] = f"{tensor}/planes"
    batch = draft.constant(np.array([0]))
    graph.node.append(onnx.helper.make_node("Unsqueeze", [f"{tensor}/planes", batch], [wanted]))
    _move_to_front(graph, first_node)


def _planes(draft: GraphBuilder, values: Sequence[float]) -> str:
    return draft.constant(np.array(values, np.float32)[:, None, None])


def _move_to_front(graph: onnx.GraphProto, first: int) -> None:
    """ONNX wants nodes in the order in which they can run."""
    replace_nodes(graph, [*graph.node[first:], *graph.node[:first]])
