"""Remove what tf2onnx makes of a transpose of one pixel: a Reshape of (1, channels, 1, 1) to itself."""

from models.graph import surgery
from models.importing.passes.context import PassContext


def remove_reshapes(context: PassContext) -> None:
    """Connect the readers of every Reshape to its input; a layer keeps its name."""
    graph, layers = context.graph, context.analysis.names
    for node in [node for node in graph.node if node.op_type == "Reshape"]:
        graph.node.remove(node)
        source, result = node.input[0], node.output[0]
        surgery.rename(graph, {source: result} if result in layers else {result: source})


def has_no_reshapes(context: PassContext) -> bool:
    """No node is a Reshape."""
    return all(node.op_type != "Reshape" for node in context.graph.node)
