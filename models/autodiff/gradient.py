"""The reverse walk: from a graph that computes a number to the graph that computes the number's gradient.

The nodes between a tensor and the number are walked backwards once, each handing the gradients of its outputs
to its inputs by the rule of its operator; where paths meet, gradients add up (reverse-mode differentiation).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set

import numpy as np
import onnx
from onnx import TensorProto, helper

from models.autodiff.backprop_rule import BackpropRule
from models.autodiff.rules import EVERY_INPUT, FLAT, RULES
from models.autodiff.rules.step import NodeGradient
from models.errors import ModelError
from models.graph.builder import GraphBuilder, TensorInfo, ancestors, constants, tensors

SHAPES = ("Shape", "Size")
"""What says how large a tensor is, and not what it holds."""

_FLOATING = (TensorProto.FLOAT, TensorProto.DOUBLE, TensorProto.FLOAT16, TensorProto.BFLOAT16)


def gradient(draft: GraphBuilder, objective: str, wrt: str, *, backprop_rule: BackpropRule = "plain") -> str:
    """Write the nodes of d `objective` / d `wrt` and return the name of that tensor, which is shaped like `wrt`.

    `objective` is one number and `wrt` any tensor of floating-point numbers. Raises ModelError when the one does not
    depend on the other or an operator on the way has no rule, before anything is written; or when a rule refuses its
    node, which may leave a few nodes that nothing reads.
    """
    graph, known = draft.model.graph, tensors(draft.model)
    nodes = _between(graph, objective, wrt, known)
    reached = {wrt, *(output for node in nodes for output in node.output)}
    for node in nodes:
        _check(node, reached, graph.name)
    values = constants(graph)
    grads = {objective: [_one(draft, objective, known)]}
    for node in reversed(nodes):
        flowing = tuple(_total(draft, grads[output]) if output in grads else None for output in node.output)
        for index in _varying(node, reached):
            step = NodeGradient(draft, node, index, flowing, known, values, backprop_rule)
            grads.setdefault(node.input[index], []).append(RULES[node.op_type](step))
    return _total(draft, grads[wrt])


def _between(graph: onnx.GraphProto, objective: str, wrt: str, known: Mapping[str, TensorInfo]) -> list[onnx.NodeProto]:
    """The nodes through which `objective` depends on `wrt` smoothly, in the order of the graph."""
    reached, forward, stopped = {wrt}, [], []
    for node in ancestors(graph, [objective]):
        if not reached.intersection(node.input):
            continue
        varying = [output for output in node.output if output not in known or known[output].kind in _FLOATING]
        if node.op_type in FLAT or not varying:
            stopped.append(node)
            continue
        reached.update(varying)
        forward.append(node)
    if objective not in reached:
        raise ModelError(_unreached(graph, objective, wrt, stopped))
    wanted, nodes = {objective}, []
    for node in reversed(forward):
        if wanted.intersection(node.output):
            wanted.update(reached.intersection(node.input))
            nodes.append(node)
    return nodes[::-1]


def _unreached(graph: onnx.GraphProto, objective: str, wrt: str, stopped: Sequence[onnx.NodeProto]) -> str:
    """Why no gradient gets from the objective to the tensor."""
    for node in stopped:
        if node.op_type not in SHAPES:
            return (
                f"no gradient gets past {node.op_type}, node '{_name(node)}' of {graph.name}; choose a layer before it"
            )
    return f"'{objective}' does not depend on '{wrt}' in {graph.name}; choose a tensor that comes after it"


def _name(node: onnx.NodeProto) -> str:
    return (node.name or node.output[0]).removeprefix("net/")


def _varying(node: onnx.NodeProto, reached: Set[str]) -> list[int]:
    """Which inputs of a node depend on what the gradient is taken with respect to."""
    return [index for index, tensor in enumerate(node.input) if tensor in reached]


def _check(node: onnx.NodeProto, reached: Set[str], model: str) -> None:
    name = _name(node)
    if node.domain not in ("", "ai.onnx") or node.op_type not in RULES:
        raise ModelError(f"no gradient rule for {node.op_type}, node '{name}' of {model}; choose a layer before it")
    for index in _varying(node, reached):
        if index and node.op_type not in EVERY_INPUT:
            raise ModelError(
                f"no gradient rule for input {index} of {node.op_type}, node '{name}' of {model}, which the picture"
                " changes; choose a layer before it"
            )


def _one(draft: GraphBuilder, objective: str, known: Mapping[str, TensorInfo]) -> str:
    """The gradient of the objective with respect to itself."""
    info = known.get(objective)
    if info is None or any(size != 1 for size in info.dims):
        shape = "a shape that is not known" if info is None else f"the shape {info.dims}"
        raise ModelError(f"the objective '{objective}' has {shape}; expected one number")
    return draft.constant(np.ones([1] * len(info.dims), helper.tensor_dtype_to_np_dtype(info.kind)))


def _total(draft: GraphBuilder, grads: Sequence[str]) -> str:
    """The sum of the gradients that came along several paths."""
    return grads[0] if len(grads) == 1 else draft.op("Sum", *grads)
