"""Find the classifier of a network: the output that names the picture."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

import onnx

from models.graph.builder import FLOAT, ancestors
from models.importing.analysis.infer_shapes import TensorTypes

Ending: TypeAlias = Literal["Softmax", "LogSoftmax", "Sigmoid", "Logits"]

RESHAPING = ("Reshape", "Flatten", "Squeeze", "Unsqueeze", "Transpose", "Identity", "Cast")
ENDINGS: dict[str, Ending] = {"Softmax": "Softmax", "LogSoftmax": "LogSoftmax", "Sigmoid": "Sigmoid"}
LOGITS, PROBABILITIES = "scores/logits", "scores/probabilities"


@dataclass(frozen=True, slots=True)
class FoundClassifier:
    """An output with a score for each class: its last operator, the tensor before that, and its depth in nodes."""

    output: str
    ending: Ending
    logits: str
    classes: int
    depth: int


def find_classifier(
    graph: onnx.GraphProto, tensors: TensorTypes, layers: set[str], other: TensorTypes | None = None
) -> FoundClassifier | None:
    """The classifier among the outputs of `graph`: preferably one with a softmax, then the deepest.

    What grows with the picture, from `tensors` to those of an `other` size, is a score for each place and not a class.
    """
    names = [output.name for output in graph.output if not _grows(output.name, tensors, other or {})]
    found = [scores for name in names if (scores := _scores(graph, name, tensors, layers))]
    return max(found, key=lambda scores: (scores.ending != "Logits", scores.depth, scores.classes), default=None)


def _grows(name: str, tensors: TensorTypes, other: TensorTypes) -> bool:
    return name in tensors and name in other and tensors[name].dims != other[name].dims


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
    """The operator that makes an output from logits, and the logits; reshaping is skipped."""
    makers = {name: node for node in nodes for name in node.output}
    name = output
    while (node := makers.get(name)) and node.op_type in RESHAPING and _same(node, tensors):
        name = node.input[0]
    ending = ENDINGS.get(node.op_type) if node is not None and _same(node, tensors) else None
    return (ending, node.input[0]) if node is not None and ending else ("Logits", output)


def _same(node: onnx.NodeProto, tensors: TensorTypes) -> bool:
    before, after = (tensors.get(name) for name in (node.input[0], node.output[0]))
    return before is not None and after is not None and before.count == after.count and before.kind == after.kind
