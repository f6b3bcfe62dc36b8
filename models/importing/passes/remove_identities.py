"""Remove nodes that return their input, and inputs that have a default."""

import onnx

from models.graph import surgery
from models.importing.passes.context import PassContext

IDENTITIES = ("Identity", "Dropout")
"""Dropout drops nothing outside training."""


def remove_identities(context: PassContext) -> None:
    """Connect the readers of an Identity to its input; take weights, which old files list there, off the inputs."""
    graph = context.graph
    surgery.bypass(graph, IDENTITIES)
    weights = {tensor.name for tensor in graph.initializer}
    inputs = [onnx.ValueInfoProto.FromString(value.SerializeToString()) for value in graph.input]
    graph.ClearField("input")
    graph.input.extend(value for value in inputs if value.name not in weights)


def has_no_identities(context: PassContext) -> bool:
    """No node returns its input."""
    return not any(node.op_type in IDENTITIES for node in context.graph.node)
