"""Turn Constant nodes into initializers, where weights are kept."""

from models.graph.builder import constants, replace_nodes
from models.importing.passes.context import PassContext


def constants_to_initializers(context: PassContext) -> None:
    """Replace every Constant node by an initializer of the same name."""
    graph, values = context.graph, constants(context.graph)
    for name in [node.output[0] for node in graph.node if node.op_type == "Constant"]:
        graph.initializer.add().CopyFrom(values[name])
        graph.initializer[-1].name = name
    replace_nodes(graph, [node for node in graph.node if node.op_type != "Constant"])


def has_no_constants(context: PassContext) -> bool:
    """No node is a Constant."""
    return all(node.op_type != "Constant" for node in context.graph.node)
