"""Give every layer its readable name, and every other tensor a name that no head uses."""

from models.graph import surgery
from models.importing.passes.context import PassContext
from models.spec import INPUT

INNER = "net/"
"""Before the name of every tensor that is not a layer."""


def inner_name(name: str, layers: dict[str, str]) -> str:
    """The stored name of a tensor; `layers` are the names of those that are layers."""
    return layers.get(name, f"{INNER}{name}")


def name_tensors(context: PassContext) -> None:
    """Rename all tensors but the input, and call every node after what it makes."""
    graph, layers = context.graph, context.analysis.names
    every = {name for node in graph.node for name in (*node.input, *node.output) if name}
    surgery.rename(graph, {name: inner_name(name, layers) for name in every - {INPUT}})
    for node in graph.node:
        node.name = node.output[0]


def has_layer_names(context: PassContext) -> bool:
    """Every layer is made under its own name."""
    produced = {name for node in context.graph.node for name in node.output}
    return produced.issuperset(context.analysis.names.values())
