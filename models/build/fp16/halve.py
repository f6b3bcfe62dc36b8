"""Rewrite a float network into one that computes in half precision where that is safe."""

from collections.abc import Mapping, Sequence

import onnx
from onnx import TensorProto, helper

from models.build.fp16.weights import HALF
from models.graph.builder import FLOAT, FLOAT16, replace_nodes, tensors
from models.graph.surgery import drop_unread_weights

COMPUTES = ("Conv", "ConvTranspose", "Gemm", "MatMul")
"""Products, which always read and write float16: a GPU adds them up in float32 and rounds the result."""

FOLLOWS = (
    *("Relu", "LeakyRelu", "PRelu", "Clip", "MaxPool", "GlobalMaxPool", "HardSwish", "HardSigmoid", "Sigmoid"),
    *("Concat", "Split", "Slice", "Gather", "Pad", "Reshape", "Flatten", "Transpose", "Squeeze", "Unsqueeze"),
    *("Identity", "Dropout", "Expand", "Add", "Mul"),
)
"""Operators whose results are hardly larger than what they read: they stay in half precision where that is in it.

Everything else is float32: sums, means, norms, LRN, squares, powers, softmax, and what nobody has thought of.
"""


def halve(model: onnx.ModelProto, packed: onnx.ModelProto, kept: Sequence[str]) -> None:
    """Let `model` compute the tensors `kept`, which are float32, in half precision; its weights are in `packed`."""
    graph = model.graph
    known = {name: info.elem_type for name, info in tensors(model).items()}
    writer = _Writer(graph, known, {each.name: each for each in packed.graph.initializer}, kept)
    nodes = list(graph.node)
    graph.ClearField("node")
    for node in nodes:
        writer.write(node)
    drop_unread_weights(graph)
    replace_nodes(graph, list(graph.node))


def is_halved(graph: onnx.GraphProto) -> bool:
    """Whether a part of a graph computes in half precision."""
    return any(name.endswith(HALF) for node in graph.node for name in node.output)


class _Writer:
    """Writes nodes to the end of the graph; each tensor may exist as float32, as float16, or as both.

    What follows a kept tensor reads the float32 one, so that gradients with respect to it reach it.
    """

    def __init__(
        self,
        graph: onnx.GraphProto,
        known: Mapping[str, int],
        stored: Mapping[str, TensorProto],
        kept: Sequence[str],
    ) -> None:
        self._graph, self._known, self._stored, self._kept = graph, known, stored, kept
        self._weights = {each.name for each in graph.initializer}
        self._floats = {graph.input[0].name, *self._weights}
        self._halves, self._computed = set[str](), set[str]()

    def write(self, node: onnx.NodeProto) -> None:
        """Write a node of the float network, in half precision where that is safe."""
        if self._fits(node):
            self._write_half(node)
            return
        for name in node.input:
            if name in self._halves and name not in self._floats:
                self._cast(name + HALF, name, FLOAT)
                self._floats.add(name)
        self._graph.node.append(node)
        self._floats.update(node.output)

    def _write_half(self, node: onnx.NodeProto) -> None:
        copy = onnx.NodeProto.FromString(node.SerializeToString())
        copy.input[:] = [self._as_half(name) if self._is_float(name) else name for name in node.input]
        copy.output[:] = [self._half_name(name) if self._is_float(name) else name for name in node.output]
        self._graph.node.append(copy)
        self._computed.update(node.output)
        for name in filter(self._is_float, node.output):
            if name in self._kept:
                self._cast(self._half_name(name), name, FLOAT)
                self._floats.add(name)
            else:
                self._halves.add(name)

    def _half_name(self, tensor: str) -> str:
        return f"{tensor}/computed{HALF}" if tensor in self._kept else tensor + HALF

    def _fits(self, node: onnx.NodeProto) -> bool:
        """Whether a node computes floats, in an operator of the lists, from weights that half precision can hold."""
        follows = node.op_type in FOLLOWS and any(name in self._computed for name in node.input)
        if node.domain not in ("", "ai.onnx") or not (follows or node.op_type in COMPUTES):
            return False
        if any(name not in self._known for name in (*node.input, *node.output) if name):
            return False
        is_square = node.op_type == "Mul" and len(set(node.input)) == 1
        weights = [name for name in node.input if name in self._weights and self._is_float(name)]
        is_stored = all(name + HALF in self._stored for name in weights)
        return self._is_float(node.output[0]) and is_stored and not is_square

    def _is_float(self, tensor: str) -> bool:
        return self._known.get(tensor) == FLOAT

    def _as_half(self, tensor: str) -> str:
        """The name of a tensor in half precision, which is stored, computed or converted."""
        if tensor not in self._halves:
            if tensor in self._weights:
                self._graph.initializer.append(self._stored[tensor + HALF])
            else:
                self._cast(tensor, tensor + HALF, FLOAT16)
            self._halves.add(tensor)
        return tensor + HALF

    def _cast(self, source: str, target: str, elem_type: int) -> None:
        self._graph.node.append(helper.make_node("Cast", [source], [target], name=f"{target}/cast", to=elem_type))
