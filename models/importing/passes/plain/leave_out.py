"""Leave out what has no part in the picture: inputs that take no picture, sequences, and all that depends on them."""

import onnx

from models.importing.input.find_input import network_inputs, picture_value
from models.importing.passes.context import PassContext


def leave_out(context: PassContext) -> None:
    """Drop the other inputs of a detector, such as the size of the picture, and what is computed with sequences."""
    graph = context.graph
    picture, inputs = picture_value(graph), network_inputs(graph)
    others = {value.name for value in inputs if value.name != picture.name}
    for name in sorted(others):
        context.leave_out({name}, f"input '{name}', which takes no picture")
    kept = [
        onnx.ValueInfoProto.FromString(value.SerializeToString()) for value in graph.input if value.name not in others
    ]
    graph.ClearField("input")
    graph.input.extend(kept)
    for node in [node for node in graph.node if "Sequence" in node.op_type or "Optional" in node.op_type]:
        context.leave_out_node(node, "which makes no tensor")


def has_one_input(context: PassContext) -> bool:
    """Nothing but the picture comes in."""
    return len(network_inputs(context.graph)) == 1
