"""Declare the outputs of a stored network: its layers, and the logits and probabilities of its classifier."""

import numpy as np
from onnx import helper, numpy_helper

from models.graph.builder import FLOAT
from models.importing.analysis.find_classifier import LOGITS, PROBABILITIES, FoundClassifier
from models.importing.passes.context import PassContext
from models.importing.passes.name_tensors import inner_name
from models.spec import INPUT

MODEL_FIELDS = ("metadata_props", "doc_string", "training_info")
GRAPH_FIELDS = ("output", "value_info", "quantization_annotation", "doc_string", "metadata_props")


def declare_outputs(context: PassContext) -> None:
    """Append the classifier's last nodes, declare all outputs, and drop what the file says about itself."""
    graph, found = context.graph, context.analysis
    for field in GRAPH_FIELDS:
        graph.ClearField(field)
    for field in MODEL_FIELDS:
        context.model.ClearField(field)
    graph.name = "network"
    for layer in found.layers:
        graph.output.append(helper.make_tensor_value_info(layer.name, FLOAT, (1, layer.channels, None, None)))
    if found.classifier:
        _append_classifier(context, found.classifier)


def is_stored_network(context: PassContext) -> bool:
    """One input, and an output for every layer."""
    outputs = [output.name for output in context.graph.output]
    layers = [layer.name for layer in context.analysis.layers]
    return [value.name for value in context.graph.input] == [INPUT] and outputs[: len(layers)] == layers


def _append_classifier(context: PassContext, found: FoundClassifier) -> None:
    """Write the nodes that make LOGITS and PROBABILITIES, both (1, classes)."""
    graph, shape = context.graph, "scores/shape"
    logits, output = (inner_name(name, context.analysis.names) for name in (found.logits, found.output))
    graph.initializer.append(numpy_helper.from_array(np.array([1, found.classes], np.int64), shape))
    graph.node.append(helper.make_node("Reshape", [logits, shape], [LOGITS], name=LOGITS))
    match found.ending:
        case "Logits":
            last = helper.make_node("Softmax", [LOGITS], [PROBABILITIES], axis=1)
        case "LogSoftmax":
            graph.node.append(helper.make_node("Reshape", [output, shape], ["scores/logarithms"]))
            last = helper.make_node("Exp", ["scores/logarithms"], [PROBABILITIES])
        case _:
            last = helper.make_node("Reshape", [output, shape], [PROBABILITIES])
    last.name = PROBABILITIES
    graph.node.append(last)
    for name in (LOGITS, PROBABILITIES):
        graph.output.append(helper.make_tensor_value_info(name, FLOAT, (1, found.classes)))
