"""Keep only the path from the input to some tensors.

ONNX Runtime computes the whole graph even for fewer outputs (microsoft/onnxruntime#16013), so the rest must be removed.
"""

from collections.abc import Sequence

import onnx

from models.errors import ModelError
from models.graph.surgery import prune


def truncate(model: onnx.ModelProto, tensors: Sequence[str]) -> None:
    """Remove what `tensors` do not need, and all outputs; a head adds its own.

    Raises ModelError when the network has no such tensor.
    """
    graph = model.graph
    prune(graph, tensors)
    computed = {name for node in graph.node for name in node.output}
    for tensor in tensors:
        if tensor not in computed:
            raise ModelError(f"the network has no tensor '{tensor}'; list its layers with: ventral layers")
    graph.ClearField("output")
    graph.ClearField("value_info")
