"""Give every convolution a kernel and a bias of its own, named after its layer.

tf2onnx drops a bias of zeros, and lets two layers share equal weights.
"""

import numpy as np
from onnx import numpy_helper

from models.importing.passes.context import PassContext


def own_weights(context: PassContext) -> None:
    """Copy the weights of each layer's convolution to `<layer>_W` and `<layer>_b`."""
    graph = context.graph
    weights = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    makers = {tensor: node for node in graph.node for tensor in node.output}
    for layer in context.analysis.names:
        node = makers[layer]
        while node.op_type != "Conv":
            node = next(makers[name] for name in node.input if name in makers)
        if all(name in weights for name in node.input[1:]):  # not yet owned by an earlier layer
            kernel = weights[node.input[1]]
            bias = weights[node.input[2]] if len(node.input) == 3 else np.zeros(len(kernel), np.float32)
            node.input[1:] = [f"{layer}_W", f"{layer}_b"]
            arrays = zip((kernel, bias), node.input[1:], strict=True)
            graph.initializer.extend(numpy_helper.from_array(array, name) for array, name in arrays)


def has_own_weights(context: PassContext) -> bool:
    """Every convolution has weights and a bias that no other has."""
    names = [name for node in context.graph.node if node.op_type == "Conv" for name in node.input[1:]]
    convolutions = sum(node.op_type == "Conv" for node in context.graph.node)
    return len(set(names)) == len(names) and len(names) == 2 * convolutions
