"""Find the layers of a network: the output of every convolution and every join, after its activation."""

import heapq
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import onnx

from models.graph import surgery
from models.graph.builder import ancestors, attributes
from models.graph.constant_folding import SIZES
from models.importing.analysis.infer_shapes import TensorTypes
from models.importing.input.find_input import TO_NCHW, TO_NHWC
from models.spec import INPUT, Hw, LayerKind

CONVOLUTIONS = ("Conv", "ConvTranspose")
JOINS = ("Add", "Sum", "Concat", "Max")
SCALES = ("Add", "Sub", "Mul", "Div")
NORMALIZATIONS = (
    "BatchNormalization",
    "InstanceNormalization",
    "QuantizeLinear",
    "DequantizeLinear",
)
LINES = ("Relu", "LeakyRelu", "PRelu", "Clip", "Elu", "Selu", "Celu", "ThresholdedRelu", "Softplus", "Softsign")
CURVES = ("Sigmoid", "HardSigmoid", "HardSwish", "Swish", "Mish", "Gelu", "Tanh")
ACTIVATIONS = frozenset((*LINES, *CURVES))
GATES = ACTIVATIONS | {"Erf", "Exp", "Neg", "Abs", "Add", "Sub", "Mul", "Div", "Pow", "Sqrt", "Max", "Min"}
"""What an activation may consist of, such as x * Sigmoid(x)."""

LONGEST_GATE = 14
"""Nodes of an activation: GELU by its tanh has nine."""


@dataclass(frozen=True, slots=True)
class FoundLayer:
    """A layer in a graph: its output tensor, and its first node; that of an output of the network is its last.

    Layers of a vision transformer have a `name`. Attention lies beside the path from the input to the answer.
    """

    tensor: str
    node: onnx.NodeProto
    kernel: int = 1
    depthwise: bool = False
    is_output: bool = False
    name: str = ""
    kind: LayerKind = "maps"

    @property
    def is_join(self) -> bool:
        """Whether it joins paths, instead of a convolution."""
        return self.node.op_type not in CONVOLUTIONS and self.kind != "attention"


def find_layers(graph: onnx.GraphProto, tensors: TensorTypes) -> tuple[FoundLayer, ...]:
    """The layers of a network in forward order; `tensors` are those at its normal input size."""
    return tuple(_Search(graph, tensors).layers())


def _readers(graph: onnx.GraphProto) -> dict[str, list[onnx.NodeProto]]:
    """The nodes that read the elements of each tensor, and not only its shape."""
    found = defaultdict[str, list[onnx.NodeProto]](list)
    for name, nodes in surgery.consumers(graph).items():
        found[name] = [node for node in nodes if node.op_type not in SIZES]
    return found


def find_outputs(
    graph: onnx.GraphProto, tensors: TensorTypes, layers: Sequence[FoundLayer], size_hw: Hw
) -> tuple[FoundLayer, ...]:
    """The outputs of a network that are maps, depend on its `layers` and are none of them; `size_hw` is its input's."""
    known = {layer.tensor for layer in layers}
    makers, readers = {name: node for node in graph.node for name in node.output}, surgery.consumers(graph)
    found = []
    for name in dict.fromkeys(output.name for output in graph.output):
        if name not in makers or name in known or name not in tensors or readers[name] or not tensors[name].is_maps:
            continue
        if lies_on_picture((tensors[name].dims or ())[2:], size_hw) and known.intersection(_inner(graph, name)):
            found.append(FoundLayer(name, makers[name], is_output=True))
    return tuple(found)


def lies_on_picture(dims: Sequence[int], size_hw: Hw) -> bool:
    """Whether a height and a width have the ratio of the picture's, to within one unit."""
    (height, width), (tall, wide) = dims, size_hw
    return min(height, width) > 1 and abs(height * wide - width * tall) <= max(tall, wide)


def _inner(graph: onnx.GraphProto, tensor: str) -> set[str]:
    return {name for node in ancestors(graph, [tensor]) for name in node.output}


class _Search:
    """One walk over a graph, with the readers of each tensor and what depends on the input."""

    def __init__(self, graph: onnx.GraphProto, tensors: TensorTypes) -> None:
        self._graph = graph
        self._tensors = tensors
        self._readers = _readers(graph)
        self._variable = surgery.dependents(graph, INPUT)
        self._place = {node.output[0]: place for place, node in enumerate(graph.node)}
        self._groups = self._normalized_groups()
        self._maps = self._channels_first()

    def layers(self) -> Iterator[FoundLayer]:
        done = set[str]()
        for node in self._graph.node:
            if node.output[0] in done or not (self._is_convolution(node) or self._is_join(node)):
                continue
            path = self._follow(node.output[0], joined=node.op_type in JOINS)
            if path[-1] in self._maps and self._has_channels(path[-1]):
                yield self._found(node, path[-1])
            done.update(path)

    def _channels_first(self) -> set[str]:
        """The tensors that are (1, channels, height, width) because a convolution or a pool made them so.

        They may go through (1, height, width, channels) between two transposes, as in ConvNeXt.
        """
        maps, last, ends = {INPUT}, set[str](), {path[-1] for path in self._groups.values()}
        for node in self._graph.node:
            perm = attributes(node).get("perm") if node.op_type == "Transpose" else None
            moves = node.op_type in ("Transpose", "Reshape") and node.output[0] not in ends
            made = {name for name in node.output if name in self._variable and name in self._tensors}
            if (
                node.op_type in CONVOLUTIONS
                or (not moves and maps.intersection(node.input))
                or (perm == TO_NCHW and node.input[0] in last)
            ):
                maps |= made
            elif (perm == TO_NHWC and node.input[0] in maps) or (not moves and last.intersection(node.input)):
                last |= made
        return maps

    def _is_convolution(self, node: onnx.NodeProto) -> bool:
        return node.op_type in CONVOLUTIONS and node.input[0] in self._variable

    def _is_join(self, node: onnx.NodeProto) -> bool:
        if node.op_type not in JOINS or not self._joins_channels(node):
            return False
        joined = {name for name in node.input if name in self._maps and self._has_channels(name)}
        return len(joined) > 1 and INPUT not in joined

    def _has_channels(self, tensor: str) -> bool:
        """Whether a tensor is maps of more than one channel."""
        found = self._tensors[tensor]
        return found.is_maps and (found.dims or ())[1] > 1

    @staticmethod
    def _joins_channels(node: onnx.NodeProto) -> bool:
        return node.op_type != "Concat" or attributes(node).get("axis") in (1, -3)

    def _found(self, node: onnx.NodeProto, tensor: str) -> FoundLayer:
        weights = self._tensors.get(node.input[1]) if node.op_type in CONVOLUTIONS else None
        dims = (weights and weights.dims) or ()
        group = attributes(node).get("group", 1)
        return FoundLayer(tensor, node, max(dims[2:], default=1), depthwise=group > 1 and dims[1:2] == (1,))

    def _follow(self, tensor: str, *, joined: bool) -> list[str]:
        """From the output of a node to that of its layer: bias, normalization, activation and what lies between."""
        path, active = [tensor], False
        while True:
            readers = self._readers[path[-1]]
            if len(readers) > 1 and not active and (gate := self._gate(path[-1])):
                path, active = [*path, *gate], True
            elif len(readers) == 1 and not (active or joined) and path[-1] in self._groups:
                path += self._groups[path[-1]]
            elif len(readers) == 1 and self._continues(readers[0], active=active, joined=joined):
                active = active or readers[0].op_type in ACTIVATIONS
                path.append(readers[0].output[0])
            else:
                return path

    def _normalized_groups(self) -> dict[str, list[str]]:
        """The tensors of each normalization of groups of channels, by the tensor before, whose shape the last has."""
        groups: dict[str, list[str]] = {}
        for node in self._graph.node:
            path, readers = [node.input[0], node.output[0]], self._readers[node.output[0]]
            for expected in ("InstanceNormalization", "Reshape"):
                if node.op_type == "Reshape" and [reader.op_type for reader in readers] == [expected]:
                    path.append(readers[0].output[0])
                    readers = self._readers[path[-1]]
            before, after = (self._tensors.get(name) for name in (path[0], path[-1]))
            if len(path) == 4 and before is not None and before == after:
                groups[path[0]] = path[1:]
        return groups

    def _continues(self, node: onnx.NodeProto, *, active: bool, joined: bool) -> bool:
        if node.op_type in SCALES:
            constant = sum(name in self._variable for name in node.input) == 1
            return constant and not joined and (not active or node.op_type in ("Mul", "Div"))
        return not active and (node.op_type in ACTIVATIONS or (node.op_type in NORMALIZATIONS and not joined))

    def _gate(self, tensor: str) -> list[str]:
        """The tensors of an activation that reads `tensor` more than once, the result last; empty for other nodes."""
        region, waiting = [tensor], [self._place[node.output[0]] for node in self._readers[tensor]]
        heapq.heapify(waiting)
        while waiting and len(region) <= LONGEST_GATE:
            node = self._graph.node[heapq.heappop(waiting)]
            inside = [name for name in node.input if name in self._variable]
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
        """Whether no other node reads what lies inside."""
        return all(node.output[0] in region for name in region[:-1] for node in self._readers[name])
