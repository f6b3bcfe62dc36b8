"""Make feature maps of the tokens and of the attention of a vision transformer.

The tokens of each block go through a map on their way to the next block: they are cut apart, those with a place become
(1, channels, h, w), and are put together again. So the map is a layer like any other, through which gradients pass.
Beside the path lies the map of attention, (1, heads, h, w): how much the class token takes from each place, or
without a class token how much all places take from it on average.
"""

import onnx

from models.graph.builder import GraphBuilder, replace_nodes
from models.importing.analysis.find_layers import FoundLayer
from models.importing.passes.context import PassContext
from models.importing.tokens.find_blocks import Block, find_blocks, is_read_by_place
from models.importing.tokens.follow_tokens import Attention, Sum, Tokens, TokenWalk
from models.importing.tokens.normal_tensors import normal_tensors
from models.spec import LayerKind

END = 2**63 - 1  # the end of an axis, whatever its length


def tokens_to_maps(context: PassContext) -> None:
    """Add the layers of every block, and list them in the context; nothing happens without tokens."""
    graph = context.graph
    if not {"Conv", "MatMul"} <= {node.op_type for node in graph.node}:
        return
    walk = TokenWalk(graph, normal_tensors(context))
    blocks = list(find_blocks(walk))
    if not blocks:
        return
    writer = _Writer(context.model, walk)
    reads_places = is_read_by_place(graph, blocks[-1].sum)
    for number, block in enumerate(blocks, start=1):
        writer.write(block, f"block{number}", on_path=reads_places or block is not blocks[-1])
    writer.finish()
    context.token_layers = tuple(writer.layers)


class _Writer:
    """Writes the maps of one block after the other, each behind the node whose output it reads."""

    def __init__(self, model: onnx.ModelProto, walk: TokenWalk) -> None:
        self.layers: list[FoundLayer] = []
        self._graph = model.graph
        self._walk = walk
        self._builder = GraphBuilder(model, "tokens")
        self._nodes = list(model.graph.node)
        self._behind: dict[str, list[onnx.NodeProto]] = {}
        self._replaced: dict[str, str] = {}

    def write(self, block: Block, name: str, *, on_path: bool) -> None:
        """The maps of one block, called `name` and `name`_attention; its tokens may lie on the path to the answer."""
        if block.attention and self._walk.dims(block.attention.weights)[-3] > 1:
            layer = self._attention(block.attention)
            self._add(layer, f"{name}_attention", block.attention.weights, "attention")
        layer = self._map(block.sum)
        if on_path:
            self._replaced[block.sum.result] = self._joined(block.sum, layer)
        self._add(layer, name, block.sum.result, "tokens")

    def finish(self) -> None:
        """Put all nodes in order, and let what reads tokens read those that went through a map."""
        ordered: list[onnx.NodeProto] = []
        for node in self._nodes:
            node.input[:] = [self._replaced.get(name, name) for name in node.input]
            ordered += [node, *self._behind.get(node.output[0], ())]
        replace_nodes(self._graph, ordered)

    def _add(self, layer: str, name: str, source: str, kind: LayerKind) -> None:
        written = list(self._graph.node[len(self._nodes) :])
        self._behind[source] = written
        maker = next(node for node in written if layer in node.output)
        self.layers.append(FoundLayer(layer, maker, 1, depthwise=False, name=name, kind=kind))
        del self._graph.node[len(self._nodes) :]

    def _map(self, found: Sum) -> str:
        """(1, tokens, C) -> (1, C, h, w)."""
        placed = self._cut(found.result, 1, found.tokens)
        return self._grid(self._builder.op("Transpose", placed, perm=[0, 2, 1]), found.tokens, self._channels(found))

    def _joined(self, found: Sum, layer: str) -> str:
        """The tokens put together again from the map `layer` and those without a place."""
        build, (first, behind) = self._builder, self._margins(found.tokens, self._walk.dims(found.result)[1])
        row = build.op("Reshape", layer, build.ints(1, self._channels(found), -1))
        parts = [build.op("Transpose", row, perm=[0, 2, 1])]
        if first:
            parts.insert(0, self._slice(found.result, 1, 0, first))
        if behind:
            parts.append(self._slice(found.result, 1, -behind, END))
        return build.op("Concat", *parts, axis=1) if len(parts) > 1 else parts[0]

    def _attention(self, found: Attention) -> str:
        """(1, heads, tokens, tokens) -> (1, heads, h, w), of the class token or else of all places on average."""
        dims = self._walk.dims(found.weights)
        rows, columns, heads = len(dims) - 2, len(dims) - 1, dims[-3]
        if found.tokens.first:
            row = self._slice(found.weights, rows, 0, 1)
        else:
            row = self._builder.op("ReduceMean", found.weights, self._builder.ints(rows), keepdims=1)
        return self._grid(self._cut(row, columns, found.tokens, dims[-1]), found.tokens, heads)

    def _channels(self, found: Sum) -> int:
        return self._walk.dims(found.result)[2]

    def _margins(self, tokens: Tokens, count: int) -> tuple[int, int]:
        """How many of `count` tokens lie before those with a place, and behind them."""
        return tokens.first, count - tokens.first - self._walk.places(tokens)

    def _cut(self, tensor: str, axis: int, tokens: Tokens, count: int | None = None) -> str:
        """Only the tokens with a place."""
        first, behind = self._margins(tokens, count or self._walk.dims(tensor)[axis])
        return self._slice(tensor, axis, first, -behind or END) if first or behind else tensor

    def _slice(self, tensor: str, axis: int, first: int, last: int) -> str:
        return self._builder.op("Slice", tensor, *(self._builder.ints(each) for each in (first, last, axis)))

    def _grid(self, tensor: str, tokens: Tokens, channels: int) -> str:
        """A tensor as (1, channels, h, w)."""
        size = self._builder.op("Shape", tokens.grid, start=2, end=4)
        shape = self._builder.op("Concat", self._builder.ints(1, channels), size, axis=0)
        return self._builder.op("Reshape", tensor, shape)
