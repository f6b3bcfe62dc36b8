"""Which tensors of a network become 8-bit integers, and which of them share a scale."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

import onnx
from numpy.typing import NDArray
from onnx import TensorProto, numpy_helper

from models.build.int8.kernels import KERNEL
from models.graph.builder import attributes, constants
from models.graph.run_time_scales import SIGNED, UNSIGNED
from models.graph.surgery import consumers

KEEPS_SCALE = ("MaxPool", "Relu", "Pad", "Identity")
"""Operators whose result has the scale and the zero point of their first input."""

READS_ALL = ("Concat", "Add", "Sum", "Mul")
KEEPS_SIGN = (*READS_ALL, *KEEPS_SCALE, "AveragePool", "GlobalAveragePool", "LRN", "Dropout")
"""Operators whose result has no negative values if their first input has none, or none of all inputs of READS_ALL."""

HAS_NO_SIGN = ("Relu", "Sigmoid", "Softmax", "HardSigmoid", "Abs", "Exp", "Sqrt")
"""Operators whose result has no negative values."""


@dataclass(slots=True)
class Scale:
    """The scale of one tensor, or of several that a Concat joins.

    `zero` is the zero point; `largest` is a value that the tensors never exceed, where there is one. `tensors` are
    those that are computed with the scale; the largest levels are looked up in them.
    """

    zero: int = UNSIGNED
    largest: float | None = None
    tensors: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Fused:
    """A convolution or addition together with what follows it: its nodes, and the tensor that it computes."""

    node: onnx.NodeProto
    tensor: str
    kernel: str = ""
    """The name of the convolution's integers, see KERNEL."""


class Plan:
    """What `quantize` does: the fused nodes by the name of their first node's output, and the scales by tensor."""

    def __init__(self, graph: onnx.GraphProto, kernels: Collection[str], image: str, kept: Collection[str]) -> None:
        """`kernels` are the names of the stored integers, `image` is the input, `kept` are the tensors to be read."""
        self.fused: dict[str, Fused] = {}
        self.inner: set[str] = set()  # tensors that exist only inside a fused node
        self.scales: dict[str, Scale] = {}
        self._graph, self._kernels, self._image, self._kept = graph, set(kernels), image, set(kept)
        self._readers, self._constants = consumers(graph), _small_constants(graph)
        self._unsigned: set[str] = set()
        for node in graph.node:
            self._plan(node)

    def _plan(self, node: onnx.NodeProto) -> None:
        output = node.output[0]
        if output in self.inner or output in self.scales:  # done with the convolution before it
            return
        if node.op_type == "Conv" and (name := self._kernel_name(node)):
            self._plan_convolution(node, name)
        elif node.op_type == "Add" and self._adds_levels(node):
            self._compute(node, output)
        elif (node.op_type in KEEPS_SCALE and node.input[0] in self.scales and self._takes_levels(node)) or (
            node.op_type == "AveragePool" and node.input[0] in self.scales
        ):
            self.scales[output] = self.scales[node.input[0]]
        elif node.op_type == "Concat" and all(name in self.scales for name in node.input):
            self._join(node)
        if self._has_no_sign(node):
            self._unsigned.add(output)

    def _plan_convolution(self, node: onnx.NodeProto, name: str) -> None:
        """Give the result of a convolution a scale, and its input too."""
        self.quantize(node.input[0])
        if name != node.output[0]:
            self.inner.add(node.output[0])
        self._compute(node, name, kernel=name)

    def quantize(self, tensor: str) -> None:
        """Give a float tensor a scale, unless it has one or is the picture."""
        if tensor not in self.scales and tensor != self._image:
            zero = UNSIGNED if tensor in self._unsigned else SIGNED
            self.scales[tensor] = Scale(zero, tensors=[tensor])

    def _compute(self, node: onnx.NodeProto, tensor: str, kernel: str = "") -> None:
        """Plan a node that computes levels with a scale of their own, together with an activation after it."""
        scale = Scale(SIGNED)
        activation = self._only_reader(tensor)
        limits = self._limits(activation) if activation is not None else None
        if activation is not None and limits is not None and limits[0] == 0:
            self.inner.add(tensor)
            tensor = activation.output[0]
            scale = Scale(UNSIGNED, limits[1])
        elif node.op_type == "Add" and self._has_no_sign(node):
            scale = Scale(UNSIGNED)
        scale.tensors.append(tensor)
        self.scales[tensor] = scale
        self.fused[node.output[0]] = Fused(node, tensor, kernel)
        if scale.zero == UNSIGNED:
            self._unsigned.add(tensor)

    def _join(self, node: onnx.NodeProto) -> None:
        """Let all inputs of a Concat share one scale; those with different limits or zero points cannot."""
        parts = list(dict.fromkeys(id(self.scales[name]) for name in node.input))
        scales = [next(self.scales[name] for name in node.input if id(self.scales[name]) == part) for part in parts]
        if len({(scale.largest, scale.zero) for scale in scales}) > 1:
            return
        first = scales[0]
        for other in scales[1:]:
            first.tensors += other.tensors
            self.scales |= {name: first for name, scale in self.scales.items() if scale is other}
        first.tensors = [*(name for name in first.tensors if name not in node.input), node.output[0]]
        self.scales[node.output[0]] = first

    def _kernel_name(self, node: onnx.NodeProto) -> str:
        """The name of the stored integers of a convolution: its own, or that of the normalization after it."""
        reader = self._only_reader(node.output[0])
        names = [node.output[0], *([reader.output[0]] if reader is not None else [])]
        return next((name for name in names if name + KERNEL in self._kernels), "")

    def _only_reader(self, tensor: str) -> onnx.NodeProto | None:
        """The node that alone reads a tensor, which nothing outside of the network reads."""
        readers = self._readers[tensor]
        return readers[0] if len(readers) == 1 and tensor not in self._kept else None

    def _limits(self, node: onnx.NodeProto) -> tuple[float, float | None] | None:
        """The smallest and largest value that an activation lets pass; None for other nodes."""
        if node.op_type == "Relu":
            return 0.0, None
        if node.op_type != "Clip" or any(name not in self._constants for name in node.input[1:] if name):
            return None
        low, high = (self._number(node, place) for place in (1, 2))
        return (low, high) if low is not None else None

    def _number(self, node: onnx.NodeProto, place: int) -> float | None:
        name = node.input[place] if len(node.input) > place else ""
        return float(self._constants[name]) if name else None

    def _adds_levels(self, node: onnx.NodeProto) -> bool:
        return all(name in self.scales for name in node.input)

    def _takes_levels(self, node: onnx.NodeProto) -> bool:
        """Whether a node that keeps the scale also takes integers: a MaxPool with one output, a Pad with zeros."""
        values: Mapping[str, Any] = attributes(node)
        if node.op_type == "MaxPool":
            return len(node.output) == 1 and not any(size > 1 for size in values.get("dilations", []))
        if node.op_type == "Pad":
            fill = self._number(node, 2) if len(node.input) > 2 and node.input[2] in self._constants else 0.0
            return len(node.input) < 4 and values.get("mode", b"constant") == b"constant" and not fill
        return True

    def _has_no_sign(self, node: onnx.NodeProto) -> bool:
        if node.op_type in HAS_NO_SIGN:
            return True
        if node.op_type == "Clip":
            low = self._number(node, 1) if len(node.input) > 1 and node.input[1] in self._constants else None
            return low is not None and low >= 0
        if node.op_type not in KEEPS_SIGN:
            return False
        read = [name for name in node.input if name] if node.op_type in READS_ALL else node.input[:1]
        return all(
            bool((self._constants[name] >= 0).all()) if name in self._constants else name in self._unsigned
            for name in read
        )


def _small_constants(graph: onnx.GraphProto) -> dict[str, NDArray[Any]]:
    """The constants whose data are in the graph, not in a file beside it."""
    stored = constants(graph).items()
    return {name: numpy_helper.to_array(each) for name, each in stored if each.data_location != TensorProto.EXTERNAL}
