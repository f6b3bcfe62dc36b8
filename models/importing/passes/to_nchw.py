"""Turn what a graph computes in NHWC to NCHW, so that its transpositions cancel.

TensorFlow keeps colours last and ONNX's convolutions want them second: a converted network may turn every tensor
twice around each convolution. Here a turned tensor is carried on as it was, and turned only for an operator that
really needs it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import helper, numpy_helper

from models.graph.builder import attributes, replace_nodes

TO_NCHW, TO_NHWC = [0, 3, 1, 2], [0, 2, 3, 1]
SUFFIX = "/nchw"
"""After the name of a tensor that was turned."""

PLACE = (0, 2, 3, 1)
"""Where an axis of NHWC lies in NCHW."""

CURVES = ("Relu", "LeakyRelu", "Clip", "Elu", "Selu", "Celu", "Sigmoid", "HardSigmoid", "HardSwish", "Mish", "Gelu")
UNARY = ("Tanh", "Softplus", "Softsign", "Erf", "Exp", "Log", "Neg", "Abs", "Sqrt", "Reciprocal", "Floor", "Ceil")
BINARY = ("Add", "Sub", "Mul", "Div", "Pow", "Min", "Max", "Sum", "Mean", "PRelu")
QUANTISING = ("QuantizeLinear", "DequantizeLinear")
"""Their scales are for an axis that they name."""

POINTWISE = frozenset((*CURVES, *UNARY, *BINARY, "Cast", "ThresholdedRelu", *QUANTISING))
REDUCTIONS = ("ReduceMean", "ReduceMax", "ReduceSum", "ReduceMin")


def to_nchw(graph: onnx.GraphProto, turned: dict[str, str]) -> None:
    """Rewrite `graph` in place; `turned` are tensors in NHWC to begin with, each with its name in NCHW."""
    work = _Turning(graph, turned)
    for node in graph.node:
        work.take(node)
    for output in graph.output:
        output.name = work.plain(output.name)
    replace_nodes(graph, work.nodes)


class _Turning:
    """One walk over a graph: the nodes written so far, and which tensors there are in NCHW instead of NHWC."""

    def __init__(self, graph: onnx.GraphProto, turned: dict[str, str]) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self._graph = graph
        self._turned = dict(turned)
        self._same: dict[str, str] = {}
        self._back: dict[str, str] = {}
        self._held = {tensor.name: tensor for tensor in graph.initializer}

    def take(self, node: onnx.NodeProto) -> None:
        """Write `node`, turned where it can be."""
        node.input[:] = [self._same.get(name, name) for name in node.input]
        perm = list(attributes(node).get("perm", [])) if node.op_type == "Transpose" else []
        if perm == TO_NHWC and node.input[0] not in self._held and node.input[0] not in self._turned:
            self._turned[node.output[0]] = node.input[0]
        elif perm == TO_NCHW and node.input[0] in self._turned:
            self._same[node.output[0]] = self._turned[node.input[0]]
        elif not self._turn(node):
            self._keep(node)

    def plain(self, name: str) -> str:
        """The tensor called `name` as the file has it, in NHWC where it is so there."""
        name = self._same.get(name, name)
        if name not in self._turned:
            return name
        if name not in self._back:
            self._back[name] = f"{name}/nhwc"
            self.nodes.append(helper.make_node("Transpose", [self._turned[name]], [self._back[name]], perm=TO_NHWC))
        return self._back[name]

    def _keep(self, node: onnx.NodeProto) -> None:
        node.input[:] = [self.plain(name) for name in node.input]
        self.nodes.append(node)

    def _turn(self, node: onnx.NodeProto) -> bool:
        """Write `node` for NCHW, if it reads anything turned and means the same then."""
        if not any(name in self._turned for name in node.input):
            return False
        if node.op_type in POINTWISE:
            return self._pointwise(node)
        rule = {"Pad": self._pad, "Concat": self._concat, **dict.fromkeys(REDUCTIONS, self._reduce)}.get(node.op_type)
        return rule is not None and rule(node)

    def _write(self, node: onnx.NodeProto, inputs: Sequence[str], **changed: Any) -> bool:
        turned = {name: f"{name}{SUFFIX}" for name in node.output if name}
        outputs = [turned.get(name, "") for name in node.output]
        self.nodes.append(
            helper.make_node(node.op_type, inputs, outputs, name=node.name, **(attributes(node) | changed))
        )
        self._turned.update(turned)
        return True

    def _pointwise(self, node: onnx.NodeProto) -> bool:
        inputs = [
            name if node.op_type in QUANTISING and name in self._held else self._operand(name) for name in node.input
        ]
        axis = {"axis": PLACE[attributes(node)["axis"] % 4]} if "axis" in attributes(node) else {}
        return None not in inputs and self._write(node, [name or "" for name in inputs], **axis)

    def _operand(self, name: str) -> str | None:
        """What to read in NCHW in the place of `name`; None when that is not known."""
        if name in self._turned or not name:
            return self._turned.get(name, name)
        values = self._values(name)
        if values is None or values.ndim > 4:
            return None
        if values.size == 1:
            return name
        lined_up = values.reshape((1,) * (4 - values.ndim) + values.shape)
        return self._constant(f"{name}{SUFFIX}", lined_up.transpose(TO_NCHW))

    def _values(self, name: str) -> NDArray[Any] | None:
        return numpy_helper.to_array(self._held[name]) if name in self._held else None

    def _constant(self, name: str, values: NDArray[Any]) -> str:
        if name not in self._held:
            tensor = numpy_helper.from_array(np.ascontiguousarray(values), name)
            self._graph.initializer.append(tensor)
            self._held[name] = tensor
        return name

    def _pad(self, node: onnx.NodeProto) -> bool:
        pads = self._values(node.input[1])
        if pads is None or pads.size != 8 or len(node.input) > 3:
            return False
        moved = np.concatenate([pads[:4][TO_NCHW], pads[4:][TO_NCHW]])
        name = self._constant(f"{node.input[1]}{SUFFIX}", moved)
        return self._write(node, [self._turned[node.input[0]], name, *node.input[2:]])

    def _concat(self, node: onnx.NodeProto) -> bool:
        inputs = [self._operand(name) for name in node.input]
        axis = PLACE[attributes(node)["axis"] % 4]
        return None not in inputs and self._write(node, [name or "" for name in inputs], axis=axis)

    def _reduce(self, node: onnx.NodeProto) -> bool:
        """Over height and width, all that a network does to maps; without them nothing is left to turn."""
        axes = self._values(node.input[1]) if len(node.input) > 1 else None
        if axes is None or sorted(int(axis) % 4 for axis in axes.ravel()) != [1, 2]:
            return False
        name = self._constant(f"{node.input[1]}{SUFFIX}", np.array([2, 3], np.int64))
        if attributes(node).get("keepdims", 1):
            return self._write(node, [self._turned[node.input[0]], name])
        node.input[:] = [self._turned[node.input[0]], name]
        self.nodes.append(node)
        return True
