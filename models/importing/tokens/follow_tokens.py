"""Follow the tokens of a vision transformer through its graph, from the patches of the picture on.

A transformer cuts a picture into patches, by a convolution whose stride is its kernel. Each place of its result becomes
a token, a row of a matrix (1, tokens, channels). Tokens without a place are put before them: the class token, and
registers (Dosovitskiy et al. 2020, Darcet et al. 2023).
"""

from collections.abc import Iterator
from dataclasses import dataclass

import onnx
from onnx import TensorProto, numpy_helper

from models.graph import surgery
from models.graph.builder import attributes
from models.importing.analysis.find_layers import CONVOLUTIONS
from models.importing.analysis.infer_shapes import TensorTypes
from models.importing.input.find_input import TO_NHWC
from models.importing.passes.to_nchw import POINTWISE
from models.spec import INPUT

EACH_TOKEN = POINTWISE | {"LayerNormalization", "RMSNormalization", "Dropout", "Where"}
"""Operators that keep the order of tokens."""

RESHAPES = ("Reshape", "Flatten", "Squeeze")
SUMS = ("Add", "Sum")
TOKEN_AXIS = (1, -2)


@dataclass(frozen=True, slots=True)
class Tokens:
    """Where the places of a picture lie among tokens: those of `grid`, (1, C, h, w), are the rows from `first` on."""

    grid: str
    first: int


@dataclass(frozen=True, slots=True)
class Attention:
    """The weights of attention, (1, heads, tokens, tokens) or (heads, tokens, tokens): each row adds up to 1."""

    weights: str
    tokens: Tokens


@dataclass(frozen=True, slots=True)
class Sum:
    """The sum of two paths of tokens, (1, tokens, channels)."""

    result: str
    tokens: Tokens


class TokenWalk:
    """One walk over a graph; `tensors` are those at the normal input size."""

    def __init__(self, graph: onnx.GraphProto, tensors: TensorTypes) -> None:
        self.tokens: dict[str, Tokens] = {}
        self._graph = graph
        self._dims = {name: known.dims or () for name, known in tensors.items()}
        self._variable = surgery.dependents(graph, INPUT)
        self._integers = {each.name: each for each in graph.initializer if each.data_type == TensorProto.INT64}
        self._maps: set[str] = set()
        self._rows: dict[str, str] = {}  # maps as (1, C, h x w), with the name of the map
        self._last: dict[str, str] = {}  # maps as (1, h, w, C)
        self._newest: dict[int, Tokens] = {}  # by the number of tokens

    def steps(self) -> Iterator[Attention | Sum]:
        """Each attention and each sum of two paths, in the order of the graph."""
        for node in self._graph.node:
            if node.output[0] not in self._variable:
                continue
            if attention := self._attention(node):
                yield attention
            self._follow(node)
            if self._is_sum(node):
                yield Sum(node.output[0], self.tokens[node.output[0]])

    def places(self, tokens: Tokens) -> int:
        """The number of places of the picture."""
        height, width = self._dims[tokens.grid][2:]
        return height * width

    def dims(self, name: str) -> tuple[int, ...]:
        """The shape of a tensor; empty where it is unknown."""
        return self._dims.get(name, ())

    def _attention(self, node: onnx.NodeProto) -> Attention | None:
        dims = self.dims(node.output[0])
        if node.op_type != "Softmax" or len(dims) not in (3, 4) or dims[:-3] not in ((), (1,)):
            return None
        tokens = self._newest.get(dims[-1]) if dims[-2] == dims[-1] else None
        last = attributes(node).get("axis", -1) in (-1, len(dims) - 1)
        return Attention(node.output[0], tokens) if tokens and last else None

    def _is_sum(self, node: onnx.NodeProto) -> bool:
        result = node.output[0]
        same = {name for name in node.input if name in self._variable and self.dims(name) == self.dims(result)}
        return node.op_type in SUMS and result in self.tokens and len(same) > 1

    def _follow(self, node: onnx.NodeProto) -> None:
        """Note what the output of `node` is."""
        result = node.output[0]
        if node.op_type in CONVOLUTIONS or (node.op_type in EACH_TOKEN and self._maps.intersection(node.input)):
            if len(self.dims(result)) == 4 and min(self.dims(result)[2:]) > 1:
                self._maps.add(result)
        elif node.op_type == "Transpose":
            self._transpose(node.input[0], result, list(attributes(node).get("perm", [])))
        elif node.op_type in RESHAPES:
            self._reshape(node.input[0], result)
        elif node.op_type == "Concat" and attributes(node)["axis"] in TOKEN_AXIS:
            self._concat(node)
        elif node.op_type == "Slice" and node.input[0] in self.tokens:
            self._slice(node)
        elif node.op_type in EACH_TOKEN:
            self._each_token(node)

    def _note(self, name: str, tokens: Tokens) -> None:
        if len(self.dims(name)) == 3:
            self.tokens[name] = self._newest[self.dims(name)[1]] = tokens

    def _transpose(self, source: str, result: str, perm: list[int]) -> None:
        if source in self._maps and perm == TO_NHWC:
            self._last[result] = source
        elif source in self._rows and perm == [0, 2, 1]:
            self._note(result, Tokens(self._rows[source], 0))

    def _reshape(self, source: str, result: str) -> None:
        after = self.dims(result)
        if source in self._maps:
            _, channels, height, width = self.dims(source)
            if after == (1, channels, height * width):
                self._rows[result] = source
        elif source in self._last:
            _, height, width, channels = self.dims(source)
            if after == (1, height * width, channels):
                self._note(result, Tokens(self._last[source], 0))
        elif source in self.tokens and after == self.dims(source):
            self._note(result, self.tokens[source])

    def _each_token(self, node: onnx.NodeProto) -> None:
        result = node.output[0]
        for name in node.input:
            if name in self.tokens and self.dims(name)[:2] == self.dims(result)[:2]:
                self._note(result, self.tokens[name])
            elif name in self._last and self.dims(name) == self.dims(result):
                self._last[result] = self._last[name]

    def _concat(self, node: onnx.NodeProto) -> None:
        """Other tokens are put before or behind."""
        before = 0
        for name in node.input:
            if name in self.tokens:
                self._note(node.output[0], Tokens(self.tokens[name].grid, before + self.tokens[name].first))
            before += self._count(name)

    def _slice(self, node: onnx.NodeProto) -> None:
        """Tokens are cut off, but none that has a place."""
        start, axis, step = (self._number(node, place, usual) for place, usual in ((1, None), (3, 0), (4, 1)))
        if start is None or axis not in TOKEN_AXIS or step != 1:
            return
        tokens, source, result = self.tokens[node.input[0]], node.input[0], node.output[0]
        count, kept = self._count(source), self._count(result)
        start = max(start + count, 0) if start < 0 else start
        if start <= tokens.first and start + kept >= tokens.first + self.places(tokens):
            self._note(result, Tokens(tokens.grid, tokens.first - start))

    def _count(self, name: str) -> int:
        """The number of tokens in a tensor."""
        dims = self.dims(name)
        return dims[1] if len(dims) > 1 else 0

    def _number(self, node: onnx.NodeProto, place: int, usual: int | None) -> int | None:
        """The only number of a constant input; `usual` where the input is left out, None for anything else."""
        name = node.input[place] if place < len(node.input) else ""
        if not name:
            return usual
        values = numpy_helper.to_array(self._integers[name]).ravel().tolist() if name in self._integers else []
        return values[0] if len(values) == 1 else None
