"""Fold a Pad into the convolution or the pool after it."""

from onnx import numpy_helper

from models.from_keras.passes.fold_batch_norm import pairs
from models.importing.passes.context import PassContext


def fold_pads(context: PassContext) -> None:
    """Let a convolution pad with zeros itself; a max pool too, where no value is below zero."""
    graph = context.graph
    constants = {tensor.name: tensor for tensor in graph.initializer}
    rectified = {node.output[0] for node in graph.node if node.op_type == "Relu"}
    for node, pad in [*pairs(graph, "Conv", "Pad"), *pairs(graph, "MaxPool", "Pad")]:
        if node.op_type == "Conv" or pad.input[0] in rectified:
            [pads] = (each for each in node.attribute if each.name == "pads")
            margins = numpy_helper.to_array(constants[pad.input[1]])[[2, 3, 6, 7]]
            pads.ints[:] = [own + int(margin) for own, margin in zip(pads.ints, margins, strict=True)]
            node.input[0] = pad.input[0]
            graph.node.remove(pad)
