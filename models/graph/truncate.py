"""Keep exactly the path from the input to the wanted tensors.

ONNX Runtime computes the whole graph even when fewer outputs are asked for (microsoft/onnxruntime#16013),
so what is not needed has to be cut out.
"""

from __future__ import annotations

from collections.abc import Sequence

import onnx

from models.errors import ModelError
from models.graph.builder import ancestors


def truncate(model: onnx.ModelProto, tensors: Sequence[str]) -> None:
    """Cut `model` down to what `tensors` need; it has no outputs afterwards, for a head to add its own.

    Raises ModelError when a tensor is not made by the network.
    """
    graph = model.graph
    nodes = ancestors(graph, tensors)
    made = {name for node in nodes for name in node.output}
    for tensor in tensors:
        if tensor not in made:
            raise ModelError(f"the network makes no tensor '{tensor}'; see its layers with: ventral layers")
    read = {name for node in nodes for name in node.input}
    initializers = [initializer for initializer in graph.initializer if initializer.name in read]
    for field in ("node", "initializer", "output", "value_info"):
        graph.ClearField(field)
    graph.node.extend(nodes)
    graph.initializer.extend(initializers)
