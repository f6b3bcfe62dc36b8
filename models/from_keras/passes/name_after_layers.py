"""Name tensors after the Keras layers that they belong to."""

from models.graph import surgery
from models.importing.passes.context import PassContext
from models.spec import INPUT


def name_after_layers(context: PassContext) -> None:
    """Name what a convolution makes `<layer>/preact` where it is not the layer, other tensors after their sources."""
    graph = context.graph
    names = {name: name for name in (INPUT, *context.analysis.names)}
    for node in graph.node:
        stem = node.input[1].removesuffix("_W") if node.op_type == "Conv" else names[node.input[0]]
        names.setdefault(node.output[0], f"{stem}/{'preact' if node.op_type == 'Conv' else node.op_type.lower()}")
        for place, source in enumerate(node.input):
            names.setdefault(source, source if node.op_type == "Conv" else f"{names[node.output[0]]}/{place}")
    surgery.rename(graph, names)
    for node in graph.node:
        node.name = node.output[0]
