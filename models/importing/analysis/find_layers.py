"""Find the layers of a network by themselves: what every convolution and every join hands on, after its activation."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass

import onnx

from models.graph import surgery
from models.importing.analysis.infer_shapes import TensorTypes
from models.spec import INPUT

CONVOLUTIONS = ("Conv", "ConvTranspose")
JOINS = ("Add", "Sum", "Concat", "Max")
SCALES = ("Add", "Sub", "Mul", "Div")
HANDED_ON = ("BatchNormalization", "InstanceNormalization", "GroupNormalization", "QuantizeLinear", "DequantizeLinear")
LINES = ("Relu", "LeakyRelu", "PRelu", "Clip", "Elu", "Selu", "Celu", "ThresholdedRelu", "Softplus", "Softsign")
CURVES = ("Sigmoid", "HardSigmoid", "HardSwish", "Swish", "Mish", "Gelu", "Tanh")
ACTIVATIONS = frozenset((*LINES, *CURVES))
GATES = ACTIVATIONS | {"Erf", "Exp", "Neg", "Abs", "Add", "Sub", "Mul", "Div", "Pow", "Sqrt", "Max", "Min"}
"""What an activation may be put together from, such as x * Sigmoid(x)."""

LONGEST_GATE = 14
"""Nodes of an activation: GELU by its tanh has nine."""


@dataclass(frozen=True, slots=True)
class FoundLayer:
    """A layer as it was found: the tensor it hands on, and the node that begins it."""

    tensor: str
    node: onnx.NodeProto
    kernel: int
    depthwise: bool

    @property
    def is_join(self) -> bool:
        """Whether paths meet here, instead of a convolution."""
        return self.node.op_type not in CONVOLUTIONS


def find_layers(graph: onnx.GraphProto, tensors: TensorTypes) -> tuple[FoundLayer, ...]:
    """The layers of a plain network in forward order; `tensors` are those of a normal size of picture."""
    return tuple(_Search(graph, tensors).layers())


class _Search:
    """One walk over a graph, which knows who reads what and what depends on the picture."""

    def __init__(self, graph: onnx.GraphProto, tensors: TensorTypes) -> None:
        self._graph = graph
        self._tensors = tensors
        self._readers = surgery.consumers(graph)
        self._seen = surgery.dependents(graph, INPUT)
        self._place = {node.output[0]: place for place, node in enumerate(graph.node)}
        self._maps = self._channels_first()

    def layers(self) -> Iterator[FoundLayer]:
        done = set[str]()
        for node in self._graph.node:
            if node.output[0] in done or not (self._is_convolution(node) or self._is_join(node)):
                continue
            way = self._follow(node.output[0], joined=node.op_type in JOINS)
            if way[-1] in self._maps and self._tensors[way[-1]].is_maps:
                yield self._found(node, way[-1])
            done.update(way)

    def _channels_first(self) -> set[str]:
        """The tensors that are (1, channels, height, width) because a convolution or a pool made them so."""
        maps = {INPUT}
        for node in self._graph.node:
            if node.op_type in CONVOLUTIONS or (
                node.op_type not in ("Transpose", "Reshape") and maps.intersection(node.input)
            ):
                maps.update(name for name in node.output if name in self._seen and name in self._tensors)
        return maps

    def _is_convolution(self, node: onnx.NodeProto) -> bool:
        return node.op_type in CONVOLUTIONS and node.input[0] in self._seen

    def _is_join(self, node: onnx.NodeProto) -> bool:
        if node.op_type not in JOINS or not self._joins_channels(node):
            return False
        met = {name for name in node.input if name in self._maps and self._tensors[name].is_maps}
        return len(met) > 1 and INPUT not in met

    @staticmethod
    def _joins_channels(node: onnx.NodeProto) -> bool:
        axis = next((attribute.i for attribute in node.attribute if attribute.name == "axis"), None)
        return node.op_type != "Concat" or axis in (1, -3)

    def _found(self, node: onnx.NodeProto, tensor: str) -> FoundLayer:
        weights = self._tensors.get(node.input[1]) if node.op_type in CONVOLUTIONS else None
        dims = (weights and weights.dims) or ()
        group = next((attribute.i for attribute in node.attribute if attribute.name == "group"), 1)
        return FoundLayer(tensor, node, max(dims[2:], default=1), depthwise=group > 1 and dims[1:2] == (1,))

    def _follow(self, tensor: str, *, joined: bool) -> list[str]:
        """From what a node makes to what it hands on: bias, normalisation, activation, and all that lies between."""
        way, active = [tensor], False
        while True:
            readers = self._readers[way[-1]]
            if len(readers) > 1 and not active and (gate := self._gate(way[-1])):
                way, active = [*way, *gate], True
            elif len(readers) == 1 and self._goes_on(readers[0], active=active, joined=joined):
                active = active or readers[0].op_type in ACTIVATIONS
                way.append(readers[0].output[0])
            else:
                return way

    def _goes_on(self, node: onnx.NodeProto, *, active: bool, joined: bool) -> bool:
        if node.op_type in SCALES:
            constant = sum(name in self._seen for name in node.input) == 1
            return constant and not joined and (not active or node.op_type in ("Mul", "Div"))
        return not active and (node.op_type in ACTIVATIONS or (node.op_type in HANDED_ON and not joined))

    def _gate(self, tensor: str) -> list[str]:
        """The tensors of an activation that reads `tensor` more than once, the result last; empty when it is none."""
        region, waiting = [tensor], [self._place[node.output[0]] for node in self._readers[tensor]]
        heapq.heapify(waiting)
        while waiting and len(region) <= LONGEST_GATE:
            node = self._graph.node[heapq.heappop(waiting)]
            inside = [name for name in node.input if name in self._seen]
            if node.op_type not in GATES or not set(region).issuperset(inside):
                return []
            if node.output[0] in region:
                continue
            region.append(node.output[0])
            if len(set(inside)) > 1 and self._is_closed(region):
                return region[1:]
            for reader in self._readers[node.output[0]]:
                heapq.heappush(waiting, self._place[reader.output[0]])
        return []

    def _is_closed(self, region: list[str]) -> bool:
        """Whether nobody outside reads what lies within."""
        return all(node.output[0] in region for name in region[:-1] for node in self._readers[name])
