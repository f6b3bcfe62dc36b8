"""Make the input float32 NCHW, and what is computed in NHWC too, so that transposes cancel.

TensorFlow keeps channels last and ONNX's convolutions want them second: a converted network may transpose every
tensor twice around each convolution. Here a transposed tensor is carried on in NCHW, and transposed only for an
operator that needs it.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import helper, numpy_helper

from models.graph import surgery
from models.graph.builder import FLOAT, attributes, replace_nodes
from models.importing.analysis.layer_names import NCHW_SUFFIX
from models.importing.input.find_input import TO_NCHW, TO_NHWC
from models.importing.passes.context import PassContext
from models.spec import INPUT

PLACE = (0, 2, 3, 1)
"""The axis of NCHW for each axis of NHWC."""

CURVES = ("Relu", "LeakyRelu", "Clip", "Elu", "Selu", "Celu", "Sigmoid", "HardSigmoid", "HardSwish", "Mish", "Gelu")
UNARY = ("Tanh", "Softplus", "Softsign", "Erf", "Exp", "Log", "Neg", "Abs", "Sqrt", "Reciprocal", "Floor", "Ceil")
BINARY = ("Add", "Sub", "Mul", "Div", "Pow", "Min", "Max", "Sum", "Mean", "PRelu")
QUANTIZING = ("QuantizeLinear", "DequantizeLinear")
"""They name the axis of their scales."""

POINTWISE = frozenset((*CURVES, *UNARY, *BINARY, "Cast", "ThresholdedRelu", *QUANTIZING))
REDUCTIONS = ("ReduceMean", "ReduceMax", "ReduceSum", "ReduceMin")


MOVING = ("Transpose", "Reshape", "Slice", "Gather", "Squeeze", "Unsqueeze")
"""What integers may pass through before they become floats."""


def to_nchw(context: PassContext) -> None:
    """Replace the input by the stored network's: float32 (1, colours, height, width), called INPUT.

    Integers come in as floats, and are cast back where the graph computes with them.
    """
    graph, found = context.graph, context.input
    cast_to = found.kind if found.is_integer and _computes_with(graph, found.name) else None
    names = {name for node in graph.node for name in (*node.input, *node.output)}
    source, nodes, tensor = _unused("picture", names), list[onnx.NodeProto](), INPUT
    surgery.rename(graph, {INPUT: _unused(INPUT, names)})
    surgery.rename(graph, {found.name if found.name != INPUT else _unused(INPUT, names): source})
    if cast_to is not None:
        tensor = _unused("integers", names)
        nodes.append(helper.make_node("Cast", [INPUT], [tensor], to=cast_to))
    if found.layout == "NCHW":
        surgery.rename(graph, {source: tensor})
    _transpose(graph, {source: tensor} if found.layout == "NHWC" else {})
    replace_nodes(graph, [*nodes, *graph.node])
    del graph.input[:]
    graph.input.append(helper.make_tensor_value_info(INPUT, FLOAT, (1, found.channels, "height", "width")))


def takes_nchw(context: PassContext) -> bool:
    """The one input is the stored network's."""
    return [(value.name, value.type.tensor_type.elem_type) for value in context.graph.input] == [(INPUT, FLOAT)]


def _computes_with(graph: onnx.GraphProto, name: str) -> bool:
    """Whether an operator computes with the integers before they become floats."""
    known = {name}
    for node in graph.node:
        if known.intersection(node.input):
            if node.op_type in MOVING:
                known.update(node.output)
            elif node.op_type != "Cast":
                return True
    return False


def _unused(stem: str, names: set[str]) -> str:
    return stem if stem not in names else _unused(f"{stem}_", names)


def _transpose(graph: onnx.GraphProto, in_nchw: Mapping[str, str]) -> None:
    """Rewrite `graph`; `in_nchw` are the names in NCHW of tensors that are in NHWC at the start."""
    walk = _Walk(graph, in_nchw)
    for node in graph.node:
        walk.take(node)
    for output in graph.output:
        output.name = walk.as_in_file(output.name)
    replace_nodes(graph, walk.nodes)


class _Walk:
    """One walk over a graph: the nodes written so far, and the tensors that exist in NCHW instead of NHWC."""

    def __init__(self, graph: onnx.GraphProto, in_nchw: Mapping[str, str]) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self._graph = graph
        self._nchw = dict(in_nchw)
        self._same: dict[str, str] = {}
        self._nhwc: dict[str, str] = {}
        self._weights = {tensor.name: tensor for tensor in graph.initializer}

    def take(self, node: onnx.NodeProto) -> None:
        """Write `node`, in NCHW where it can be."""
        node.input[:] = [self._same.get(name, name) for name in node.input]
        perm = list(attributes(node).get("perm", [])) if node.op_type == "Transpose" else []
        if perm == TO_NHWC and node.input[0] not in self._weights and node.input[0] not in self._nchw:
            self._nchw[node.output[0]] = node.input[0]
        elif perm == TO_NCHW and node.input[0] in self._nchw:
            self._same[node.output[0]] = self._nchw[node.input[0]]
        elif not self._rewrite(node):
            self._keep(node)

    def as_in_file(self, name: str) -> str:
        """The tensor `name` in the layout that it has in the file."""
        name = self._same.get(name, name)
        if name not in self._nchw:
            return name
        if name not in self._nhwc:
            self._nhwc[name] = f"{name}/nhwc"
            self.nodes.append(helper.make_node("Transpose", [self._nchw[name]], [self._nhwc[name]], perm=TO_NHWC))
        return self._nhwc[name]

    def _keep(self, node: onnx.NodeProto) -> None:
        node.input[:] = [self.as_in_file(name) for name in node.input]
        self.nodes.append(node)

    def _rewrite(self, node: onnx.NodeProto) -> bool:
        """Write `node` for NCHW, if it reads anything in NCHW and computes the same there."""
        if not any(name in self._nchw for name in node.input):
            return False
        if node.op_type in POINTWISE:
            return self._pointwise(node)
        rule = {"Pad": self._pad, "Concat": self._concat, **dict.fromkeys(REDUCTIONS, self._reduce)}.get(node.op_type)
        return rule is not None and rule(node)

    def _write(self, node: onnx.NodeProto, inputs: Sequence[str], **changed: Any) -> bool:
        in_nchw = {name: f"{name}{NCHW_SUFFIX}" for name in node.output if name}
        outputs = [in_nchw.get(name, "") for name in node.output]
        self.nodes.append(
            helper.make_node(node.op_type, inputs, outputs, name=node.name, **(attributes(node) | changed))
        )
        self._nchw.update(in_nchw)
        return True

    def _pointwise(self, node: onnx.NodeProto) -> bool:
        inputs = [
            name if node.op_type in QUANTIZING and name in self._weights else self._operand(name) for name in node.input
        ]
        axis = {"axis": PLACE[attributes(node)["axis"] % 4]} if "axis" in attributes(node) else {}
        return None not in inputs and self._write(node, [name or "" for name in inputs], **axis)

    def _operand(self, name: str) -> str | None:
        """What to read in NCHW in place of `name`; None when that is unknown."""
        if name in self._nchw or not name:
            return self._nchw.get(name, name)
        values = self._values(name)
        if values is None or values.ndim > 4:
            return None
        if values.size == 1:
            return name
        aligned = values.reshape((1,) * (4 - values.ndim) + values.shape)
        return self._constant(f"{name}{NCHW_SUFFIX}", aligned.transpose(TO_NCHW))

    def _values(self, name: str) -> NDArray[Any] | None:
        return numpy_helper.to_array(self._weights[name]) if name in self._weights else None

    def _constant(self, name: str, values: NDArray[Any]) -> str:
        if name not in self._weights:
            tensor = numpy_helper.from_array(np.ascontiguousarray(values), name)
            self._graph.initializer.append(tensor)
            self._weights[name] = tensor
        return name

    def _pad(self, node: onnx.NodeProto) -> bool:
        pads = self._values(node.input[1])
        if pads is None or pads.size != 8 or len(node.input) > 3:
            return False
        moved = np.concatenate([pads[:4][TO_NCHW], pads[4:][TO_NCHW]])
        name = self._constant(f"{node.input[1]}{NCHW_SUFFIX}", moved)
        return self._write(node, [self._nchw[node.input[0]], name, *node.input[2:]])

    def _concat(self, node: onnx.NodeProto) -> bool:
        inputs = [self._operand(name) for name in node.input]
        axis = PLACE[attributes(node)["axis"] % 4]
        return None not in inputs and self._write(node, [name or "" for name in inputs], axis=axis)

    def _reduce(self, node: onnx.NodeProto) -> bool:
        """Over height and width alone; without them there is no layout left."""
        axes = self._values(node.input[1]) if len(node.input) > 1 else None
        if axes is None or sorted(int(axis) % 4 for axis in axes.ravel()) != [1, 2]:
            return False
        name = self._constant(f"{node.input[1]}{NCHW_SUFFIX}", np.array([2, 3], np.int64))
        if attributes(node).get("keepdims", 1):
            return self._write(node, [self._nchw[node.input[0]], name])
        node.input[:] = [self._nchw[node.input[0]], name]
        self.nodes.append(node)
        return True
