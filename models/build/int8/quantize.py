"""Rewrite a float network into one that computes in 8-bit integers as far as it can."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper

from models.build.int8.kernels import BIAS, COLOURS, FACTORS, FEWEST, KERNEL, SCALES
from models.build.int8.plan import Fused, Plan
from models.graph.builder import UINT8, GraphBuilder, attributes, replace_nodes, shapes
from models.graph.run_time_scales import SIGNED, UNSIGNED, add_levels, new_scale
from models.graph.surgery import drop_unread_weights
from models.spec import InputInfo

LEVELS = "/levels"  # after the name of the float tensor
CONTRIB = "com.microsoft"  # the domain of ONNX Runtime's own operators
BRIGHTEST = 255  # the largest value of a pixel


def quantize(model: onnx.ModelProto, packed: onnx.ModelProto, info: InputInfo, kept: Sequence[str]) -> None:
    """Let `model` compute the tensors `kept` in integers, whose kernels are in `packed`; its sizes must be static.

    Its scales are those of `models/graph/run_time_scales.py`. Operators that cannot be written with integers stay.
    """
    graph = model.graph
    stored = {each.name: each for each in packed.graph.initializer}
    plan = Plan(graph, stored, graph.input[0].name, kept)
    convolutions = [each for each in plan.fused.values() if each.kernel]
    if not convolutions:
        return
    nodes, known = list(graph.node), shapes(model)
    graph.ClearField("node")
    graph.initializer.extend(stored[each.kernel + suffix] for each in convolutions for suffix in (KERNEL, SCALES, BIAS))
    graph.initializer.extend(stored[each + FACTORS] for each in plan.scales if each + FACTORS in stored)
    model.opset_import.append(helper.make_opsetid(CONTRIB, 1))
    writer = _Writer(GraphBuilder(model, "int8"), plan, known, info)
    writer.write_biases(convolutions, [len_of(stored[each.kernel + SCALES]) for each in convolutions])
    for node in nodes:
        writer.write(node)
    for tensor in kept:
        writer.as_float(tensor)
    writer.register_levels()
    drop_unread_weights(graph)
    replace_nodes(graph, list(graph.node))


def picture_scale(info: InputInfo) -> tuple[float, int]:
    """The scale and the zero point with which all 256 values of all colours of the picture become levels."""
    ends = [
        (pixel - mean) * scale for mean, scale in zip(info.mean, info.scale, strict=True) for pixel in (0, BRIGHTEST)
    ]
    scale = (max(ends) - min(ends)) / BRIGHTEST
    return scale, min(max(round(-min(ends) / scale), 0), BRIGHTEST)


def len_of(tensor: onnx.TensorProto) -> int:
    """The number of elements of a vector, which may be stored in another file."""
    return int(tensor.dims[0])


class _Writer:
    """Writes nodes to the end of the graph; each tensor may exist as floats, as levels, or as both."""

    def __init__(self, builder: GraphBuilder, plan: Plan, known: dict[str, tuple[int, ...]], info: InputInfo) -> None:
        stored = {each.name for each in builder.model.graph.initializer}
        self._builder, self._plan, self._shapes = builder, plan, known
        self._graph = builder.model.graph
        self._picture = self._graph.input[0].name
        self._floats, self._levels = {self._picture, *(each.name for each in self._graph.initializer)}, set[str]()
        scale, zero = picture_scale(info)
        self._picture_scale, self._picture_zero = builder.floats(scale), builder.scalar(zero, UINT8)
        self._zeros = {zero: builder.scalar(zero, UINT8) for zero in (UNSIGNED, SIGNED)}
        self._kernel_zero = builder.constant(np.array(0, np.int8))
        self._scales = list({id(each): each for each in plan.scales.values()}.values())
        self._names = {
            id(each): new_scale(builder.model, each.tensors[0], each.zero, each.largest) for each in self._scales
        }
        self._factors = {name for name in plan.scales if name + FACTORS in stored}
        self._biases: dict[str, str] = {}
        self._scalars: dict[str, str] = {}

    def write_biases(self, convolutions: Sequence[Fused], counts: Sequence[int]) -> None:
        """Compute the biases in units of input and kernel scales, of all convolutions at once."""
        builder = self._builder
        sources = [each.node.input[0] for each in convolutions]
        picture = builder.op("Unsqueeze", self._picture_scale, builder.ints(0))
        known = builder.op("Concat", picture, *self._names.values(), axis=0)
        places = {id(each): place + 1 for place, each in enumerate(self._scales)}
        index = [places[id(self._plan.scales[name])] if name in self._plan.scales else 0 for name in sources]
        scales = builder.op("Gather", known, builder.constant(np.repeat(index, counts)), axis=0)
        floats = builder.op("Concat", *(each.kernel + BIAS for each in convolutions), axis=0)
        integers = builder.op("Cast", builder.op("Round", builder.op("Div", floats, scales)), to=TensorProto.INT32)
        names = [each.kernel + BIAS + "_int32" for each in convolutions]
        self._node("Split", [integers, builder.constant(np.array(counts))], names, axis=0)
        self._biases = {each.kernel: name for each, name in zip(convolutions, names, strict=True)}

    def write(self, node: onnx.NodeProto) -> None:
        """Write a node of the float network, in integers where the plan says so."""
        output, plan = node.output[0], self._plan
        if output in plan.fused:
            fused = plan.fused[output]
            (self._convolution if fused.kernel else self._addition)(fused)
        elif output in plan.inner or output in self._levels:  # a part of the node before it
            return
        elif output in plan.scales and self._keeps_scale(node) and not self._is_faster_in_float(node):
            self._same_scale(node)
        else:
            for name in node.input:
                if name:
                    self.as_float(name)
            self._graph.node.append(node)
            self._floats.update(node.output)

    def as_float(self, tensor: str) -> None:
        """Make sure that a tensor exists as floats."""
        if tensor not in self._floats:
            self._as_levels(tensor)
            self._node("DequantizeLinear", [tensor + LEVELS, *self._by_channel(tensor)], [tensor], axis=1)
            self._floats.add(tensor)

    def register_levels(self) -> None:
        """Let the levels of all tensors be measured."""
        for scale in self._scales:
            levels = [self._as_levels(tensor)[0] for tensor in scale.tensors]
            add_levels(self._builder.model, self._names[id(scale)], levels)

    def _keeps_scale(self, node: onnx.NodeProto) -> bool:
        """Whether all that a node reads has the scale of its result."""
        scale = self._plan.scales[node.output[0]]
        data = [name for name in node.input if name in self._plan.scales]
        return bool(data) and all(self._plan.scales[name] is scale for name in data)

    def _is_faster_in_float(self, node: onnx.NodeProto) -> bool:
        """Whether a node is a pool of floats: ONNX Runtime's pool of levels is fast only right after a convolution."""
        return node.op_type == "MaxPool" and node.input[0] in self._floats

    def _as_levels(self, tensor: str) -> tuple[str, str, str]:
        """The levels of a tensor, its scale and its zero point; floats are quantized."""
        if tensor == self._picture:
            scale, zero = self._picture_scale, self._picture_zero
        else:
            planned = self._plan.scales[tensor]
            scale, zero = self._names[id(planned)], self._zeros[planned.zero]
        if tensor not in self._levels:
            self._node("QuantizeLinear", [tensor, *self._by_channel(tensor)], [tensor + LEVELS], axis=1)
            self._levels.add(tensor)
        return tensor + LEVELS, scale, zero

    def _by_channel(self, tensor: str) -> tuple[str, str]:
        """The scale and the zero point between a tensor and its levels, by channel where it has factors."""
        if tensor == self._picture:
            return self._picture_scale, self._picture_zero
        planned = self._plan.scales[tensor]
        scale, zero = self._names[id(planned)], self._zeros[planned.zero]
        if tensor not in self._factors:
            return scale, zero
        count = self._shapes[tensor][1]
        return (
            self._builder.op("Mul", scale, tensor + FACTORS),
            self._builder.constant(np.full(count, planned.zero, np.uint8)),
        )

    def _convolution(self, fused: Fused) -> None:
        source, kernel = self._widened(fused.node.input[0]), fused.kernel
        scale = self._plan.scales[fused.tensor]
        weights = (kernel + KERNEL, kernel + SCALES, self._kernel_zero)
        result = (self._names[id(scale)], self._zeros[scale.zero], self._biases[kernel])
        self._node("QLinearConv", [*source, *weights, *result], [fused.tensor + LEVELS], **attributes(fused.node))
        self._levels.add(fused.tensor)

    def _widened(self, tensor: str) -> tuple[str, str, str]:
        """The levels of a tensor, with channels of zeros where its convolution takes more, its scale and zero point."""
        levels, scale, zero = self._as_levels(tensor)
        channels = self._shapes[tensor][1]
        if channels in COLOURS:
            places = [min(place, channels - 1) for place in range(FEWEST)]
            levels = self._builder.op("Gather", levels, self._builder.ints(*places), axis=1)
        return levels, scale, zero

    def _addition(self, fused: Fused) -> None:
        parts = [each for name in fused.node.input for each in self._as_levels(name)]
        scale = self._plan.scales[fused.tensor]
        result = [self._names[id(scale)], self._zeros[scale.zero]]
        self._contrib("QLinearAdd", [*parts, *result], fused.tensor)

    def _same_scale(self, node: onnx.NodeProto) -> None:
        """Write a node whose result has the scale of what it reads."""
        tensor, op_type = node.output[0], node.op_type
        levels, scale, zero = self._as_levels(node.input[0])
        if op_type == "AveragePool":
            self._contrib("QLinearAveragePool", [levels, scale, zero, scale, zero], tensor, **attributes(node))
            return
        if op_type == "Relu":
            low = self._zeros[self._plan.scales[tensor].zero]
            self._node("Clip", [levels, low], [tensor + LEVELS])
        elif op_type == "Concat":
            self._node(
                "Concat", [self._as_levels(name)[0] for name in node.input], [tensor + LEVELS], **attributes(node)
            )
        elif op_type == "Pad":
            self._node("Pad", [levels, node.input[1], zero], [tensor + LEVELS], **attributes(node))
        else:
            self._node(op_type, [levels], [tensor + LEVELS], **attributes(node))
        self._levels.add(tensor)

    def _contrib(self, op_type: str, inputs: Sequence[str], tensor: str, **values: Any) -> None:
        """Write an operator of ONNX Runtime, whose shapes ONNX cannot infer."""
        name = tensor + LEVELS
        inputs = [self._scalar(each) if each in self._names.values() else each for each in inputs]
        self._graph.value_info.append(helper.make_tensor_value_info(name, UINT8, self._shapes[tensor]))
        self._node(op_type, inputs, [name], domain=CONTRIB, **values)
        self._levels.add(tensor)

    def _scalar(self, scale: str) -> str:
        """A scale without its axis, as ONNX Runtime's own operators want it."""
        if scale not in self._scalars:
            self._scalars[scale] = self._builder.op("Squeeze", scale)
        return self._scalars[scale]

    def _node(self, op_type: str, inputs: Sequence[str], outputs: Sequence[str], **values: Any) -> None:
        self._graph.node.append(helper.make_node(op_type, inputs, outputs, name=outputs[0], **values))
