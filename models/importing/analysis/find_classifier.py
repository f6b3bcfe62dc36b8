"""Recognise the classifier of a network, and have it give two tensors (1, classes): logits and probabilities."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
import onnx
from onnx import helper, numpy_helper

from models.graph.builder import FLOAT, ancestors
from models.importing.analysis.infer_shapes import TensorTypes

Ending: TypeAlias = Literal["Softmax", "LogSoftmax", "Sigmoid", "Logits"]

HANDED_ON = ("Reshape", "Flatten", "Squeeze", "Unsqueeze", "Transpose", "Identity", "Cast")
ENDINGS: dict[str, Ending] = {"Softmax": "Softmax", "LogSoftmax": "LogSoftmax", "Sigmoid": "Sigmoid"}
LOGITS, PROBABILITIES = "scores/logits", "scores/probabilities"


@dataclass(frozen=True, slots=True)
class FoundClassifier:
    """An output that names the whole picture: how it ends, the tensor before that, how many classes."""

    output: str
    ending: Ending
    logits: str
    classes: int
    depth: int


def find_classifier(graph: onnx.GraphProto, tensors: TensorTypes, layers: set[str]) -> FoundClassifier | None:
    """The classifier among the outputs of `graph`: one with a softmax before others, then the deepest."""
    found = [scores for output in graph.output if (scores := _scores(graph, output.name, tensors, layers))]
    return max(found, key=lambda scores: (scores.ending != "Logits", scores.depth, scores.classes), default=None)


def _scores(graph: onnx.GraphProto, output: str, tensors: TensorTypes, layers: set[str]) -> FoundClassifier | None:
    tensor = tensors.get(output)
    if tensor is None or tensor.kind != FLOAT or tensor.dims is None or len(tensor.dims) > 4:
        return None
    if tensor.count < 2 or max(tensor.dims) != tensor.count:
        return None
    nodes = ancestors(graph, [output])
    if not any(layers.intersection(node.output) for node in nodes):
        return None
    ending, logits = _ending(nodes, output, tensors)
    return FoundClassifier(output, ending, logits, tensor.count, len(nodes))


def _ending(nodes: list[onnx.NodeProto], output: str, tensors: TensorTypes) -> tuple[Ending, str]:
    """How an output is made from logits, past what only gives it another shape."""
    makers = {name: node for node in nodes for name in node.output}
    name = output
    while (node := makers.get(name)) and node.op_type in HANDED_ON and _same(node, tensors):
        name = node.input[0]
    ending = ENDINGS.get(node.op_type) if node is not None and _same(node, tensors) else None
    return (ending, node.input[0]) if node is not None and ending else ("Logits", output)


def _same(node: onnx.NodeProto, tensors: TensorTypes) -> bool:
    before, after = (tensors.get(name) for name in (node.input[0], node.output[0]))
    return before is not None and after is not None and before.count == after.count and before.kind == after.kind


def append_classifier_outputs(graph: onnx.GraphProto, scores: FoundClassifier) -> None:
    """Write the nodes that make LOGITS and PROBABILITIES, both (1, classes)."""
    shape = "scores/shape"
    graph.initializer.append(numpy_helper.from_array(np.array([1, scores.classes], np.int64), shape))
    graph.node.append(helper.make_node("Reshape", [scores.logits, shape], [LOGITS]))
    if scores.ending == "Logits":
        graph.node.append(helper.make_node("Softmax", [LOGITS], [PROBABILITIES], axis=1))
    elif scores.ending == "LogSoftmax":
        graph.node.append(helper.make_node("Reshape", [scores.output, shape], ["scores/logarithms"]))
        graph.node.append(helper.make_node("Exp", ["scores/logarithms"], [PROBABILITIES]))
    else:
        graph.node.append(helper.make_node("Reshape", [scores.output, shape], [PROBABILITIES]))
