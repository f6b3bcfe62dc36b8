"""Write the operator Attention (opset 23) as the matrix products and the softmax that it stands for.

Y = softmax(scale Q K' + mask) V for each head, with a scale of 1 / sqrt(length of a query) unless the node has one. So
the weights of attention are a tensor, as in files of older opsets, and gradients pass by the rules of these operators.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto

from models.errors import ModelError
from models.graph.builder import GraphBuilder, attributes, replace_nodes
from models.importing.analysis.infer_shapes import TensorTypes
from models.importing.passes.context import PassContext
from models.importing.tokens.normal_tensors import normal_tensors

OPERATOR = "Attention"

OF_LANGUAGE_MODELS = ("is_causal", "softcap", "qk_matmul_output_mode")
"""Attributes that are 0 in vision."""

MASKED = float(np.finfo(np.float32).min)
"""A score that softmax turns into 0."""


def expand_attention(context: PassContext) -> None:
    """Replace each Attention by operators of opset 18; ModelError for what only language models do."""
    graph, nodes = context.graph, list(context.graph.node)
    if has_no_attention(context):
        return
    tensors = normal_tensors(context)
    builder, written = GraphBuilder(context.model, "attention"), list[onnx.NodeProto]()
    for node in nodes:
        if node.op_type == OPERATOR:
            first = len(graph.node)
            _expand(builder, node, tensors)
            graph.node[-1].output[0] = node.output[0]
            written += graph.node[first:]
        else:
            written.append(node)
    replace_nodes(graph, written)


def has_no_attention(context: PassContext) -> bool:
    """No Attention is left."""
    return all(node.op_type != OPERATOR for node in context.graph.node)


def _expand(builder: GraphBuilder, node: onnx.NodeProto, tensors: TensorTypes) -> None:
    """Write the nodes in place of `node`; the last one makes its output."""
    values, dims = attributes(node), tensors[node.input[0]].dims or ()
    _check(node, values, dims, tensors)
    queries, keys, contents = node.input[:3]
    length, joined = (
        dims[-1],
        len(dims) == 3,
    )  # joined: (1, tokens, heads x length) instead of (1, heads, tokens, length)
    if joined:
        heads = values["q_num_heads"]
        queries, keys, contents = (_apart(builder, name, heads) for name in (queries, keys, contents))
        length //= heads
    scale = builder.floats(values.get("scale") or 1 / math.sqrt(length))
    turned = builder.op("Transpose", keys, perm=[0, 1, 3, 2])
    scores = builder.op("MatMul", builder.op("Mul", queries, scale), turned)
    if mask := node.input[3] if len(node.input) > 3 else "":
        allowed = tensors[mask].kind == TensorProto.BOOL
        scores = (
            builder.op("Where", mask, scores, builder.floats(MASKED)) if allowed else builder.op("Add", scores, mask)
        )
    result = builder.op("MatMul", builder.op("Softmax", scores, axis=-1), contents)
    if joined:
        builder.op("Reshape", builder.op("Transpose", result, perm=[0, 2, 1, 3]), builder.ints(0, 0, -1))


def _apart(builder: GraphBuilder, tensor: str, heads: int) -> str:
    """(1, tokens, heads x length) -> (1, heads, tokens, length)."""
    apart = builder.op("Reshape", tensor, builder.ints(0, 0, heads, -1))
    return builder.op("Transpose", apart, perm=[0, 2, 1, 3])


def _check(node: onnx.NodeProto, values: Mapping[str, Any], dims: Sequence[int], tensors: TensorTypes) -> None:
    """Raise ModelError unless every head of `node` attends to all tokens, with keys and values of its own."""
    used = [name for name in OF_LANGUAGE_MODELS if values.get(name)]
    used += ["a cache of keys and values"] * any((*node.input[4:], *node.output[1:]))
    heads = [
        values.get(f"{kind}_num_heads") if len(dims) == 3 else (_dims(name, tensors) or (0, 0))[1]
        for kind, name in zip(("q", "kv"), node.input[:2], strict=True)
    ]
    used += ["grouped heads"] * (heads[0] != heads[1])
    if used or len(dims) not in (3, 4) or not all(heads):
        what = used[0] if used else f"queries of the shape {list(dims)}"
        raise ModelError(f"{OPERATOR} '{node.name}' has {what}; expected plain attention between all tokens")


def _dims(name: str, tensors: TensorTypes) -> tuple[int, ...] | None:
    return tensors[name].dims if name in tensors else None
