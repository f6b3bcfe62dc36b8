"""Keep the nodes that layers and classifier depend on, and check what they cost."""

from models.graph import surgery
from models.importing.analysis.bounds import check_bounds
from models.importing.analysis.infer_shapes import ShapeModel
from models.importing.passes.context import PassContext


def keep_layers(context: PassContext) -> None:
    """Drop all other nodes and weights; ModelError when the rest takes too much memory or time."""
    found = context.analysis
    surgery.prune(context.graph, found.needed)
    context.graph.ClearField("output")
    check_bounds(context.graph, ShapeModel(context.model, context.input.channels).at(found.sizes.normal_hw))


def has_only_layers(context: PassContext) -> bool:
    """Every layer is made, and every initializer is read."""
    produced = {name for node in context.graph.node for name in node.output}
    read = {name for node in context.graph.node for name in node.input}
    unread = {tensor.name for tensor in context.graph.initializer} - read
    return produced.issuperset(context.analysis.needed) and not unread
