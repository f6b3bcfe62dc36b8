"""Reverse-mode differentiation: from a graph that computes a scalar to the graph that computes its gradient.

The nodes between a tensor and the scalar are visited once, in reverse. Each passes the gradients of its outputs to its
inputs by the rule of its operator; where paths join, gradients add up.
"""

from collections.abc import Mapping, Sequence, Set

import numpy as np
import onnx
from onnx import TensorProto, helper

from models.autodiff.backprop_rule import BackpropRule
from models.autodiff.rules import EVERY_INPUT, RULES, ZERO_GRADIENT
from models.autodiff.rules.node_gradient import LEVELS, NodeGradient, NoGradientError
from models.errors import ModelError
from models.graph.builder import GraphBuilder, TensorInfo, ancestors, constants, replace_nodes, tensors

_SHAPES = ("Shape", "Size")  # the operators that read the size of a tensor and not its elements

_VARYING = (TensorProto.FLOAT, TensorProto.DOUBLE, TensorProto.FLOAT16, TensorProto.BFLOAT16, *LEVELS)
"""The types through which a gradient passes."""

_DOMAINS = ("", "ai.onnx", "com.microsoft")


def gradient(
    builder: GraphBuilder, objective: str, wrt: str, *, backprop_rule: BackpropRule = "plain", factor: str | None = None
) -> str:
    """Write the nodes of d `objective` / d `wrt` and return the name of that tensor, which is shaped like `wrt`.

    `objective` is a scalar and `wrt` any floating-point tensor. With `factor`, a tensor shaped and typed like the
    objective, the result is that many times the gradient. Raises ModelError when `objective` does not depend on
    `wrt`, and NoGradientError, a ModelError, when an operator on the path has no rule or its rule refuses the node. A
    refused node may leave nodes that nothing reads; all other errors come before anything is written.
    """
    graph, known = builder.model.graph, tensors(builder.model)
    nodes = _path(graph, objective, wrt, known)
    reached = {wrt, *(output for node in nodes for output in node.output)}
    for node in nodes:
        _check(node, reached, graph.name)
    values, written = constants(graph), len(graph.node)
    one = _one(builder, objective, known)
    grads = {objective: [factor or one]}
    for node in reversed(nodes):
        output_grads = tuple(_sum(builder, grads[output]) if output in grads else None for output in node.output)
        for index in _varying_inputs(node, reached):
            ctx = NodeGradient(builder, node, index, output_grads, known, values, backprop_rule)
            grads.setdefault(node.input[index], []).append(RULES[node.op_type](ctx))
    result = _sum(builder, grads[wrt])
    _move_up_what_is_no_gradient(graph, written, factor or one)
    return result


def _move_up_what_is_no_gradient(graph: onnx.GraphProto, written: int, one: str) -> None:
    """Of the nodes from `written` on, move those up that do not depend on `one`, such as the masks of rectifiers.

    Of the inputs of a node, ONNX Runtime first computes the one whose node is the last in the graph. With masks before
    all gradients, each is made when it is needed and not kept from the forward pass on: the gradient of GoogLeNet at
    640x480 takes 350 MB instead of 540 MB.
    """
    nodes, varying = list(graph.node), {one}
    first, last = nodes[:written], list[onnx.NodeProto]()
    for node in nodes[written:]:
        depends = not varying.isdisjoint(node.input)
        varying.update(node.output if depends else ())
        (last if depends else first).append(node)
    replace_nodes(graph, [*first, *last])


def _path(graph: onnx.GraphProto, objective: str, wrt: str, known: Mapping[str, TensorInfo]) -> list[onnx.NodeProto]:
    """The nodes through which `objective` depends on `wrt` differentiably, in the order of the graph."""
    reached, forward, stops = {wrt}, [], []
    for node in ancestors(graph, [objective]):
        if not reached.intersection(node.input):
            continue
        varying = [output for output in node.output if output not in known or known[output].elem_type in _VARYING]
        if node.op_type in ZERO_GRADIENT or not varying:
            stops.append(node)
            continue
        reached.update(varying)
        forward.append(node)
    if objective not in reached:
        raise _unreached(graph, objective, wrt, stops)
    needed, nodes = {objective}, []
    for node in reversed(forward):
        if needed.intersection(node.output):
            needed.update(reached.intersection(node.input))
            nodes.append(node)
    return nodes[::-1]


def _unreached(graph: onnx.GraphProto, objective: str, wrt: str, stops: Sequence[onnx.NodeProto]) -> ModelError:
    """Why no gradient gets from the objective to the tensor."""
    for node in stops:
        if node.op_type not in _SHAPES:
            return NoGradientError(
                f"no gradient passes through {node.op_type}, node '{_name(node)}' of {graph.name}", node
            )
    return ModelError(f"'{objective}' does not depend on '{wrt}' in {graph.name}; choose a tensor that comes after it")


def _name(node: onnx.NodeProto) -> str:
    return (node.name or node.output[0]).removeprefix("net/")


def _varying_inputs(node: onnx.NodeProto, reached: Set[str]) -> list[int]:
    """The indices of the inputs that depend on the tensor with respect to which the gradient is taken."""
    return [index for index, tensor in enumerate(node.input) if tensor in reached]


def _check(node: onnx.NodeProto, reached: Set[str], model: str) -> None:
    place = f"{node.op_type}, node '{_name(node)}' of {model}"
    if node.domain not in _DOMAINS or node.op_type not in RULES:
        raise NoGradientError(f"no gradient rule for {place}", node)
    for index in _varying_inputs(node, reached):
        if index and node.op_type not in EVERY_INPUT:
            raise NoGradientError(f"no gradient rule for input {index} of {place}, which depends on the picture", node)


def _one(builder: GraphBuilder, objective: str, known: Mapping[str, TensorInfo]) -> str:
    """The gradient of the objective with respect to itself."""
    info = known.get(objective)
    if info is None or any(size != 1 for size in info.dims):
        shape = "an unknown shape" if info is None else f"the shape {info.dims}"
        raise ModelError(f"the objective '{objective}' has {shape}; expected a scalar")
    return builder.constant(np.ones([1] * len(info.dims), helper.tensor_dtype_to_np_dtype(info.elem_type)))


def _sum(builder: GraphBuilder, grads: Sequence[str]) -> str:
    """The sum of the gradients from all paths."""
    return grads[0] if len(grads) == 1 else builder.op("Sum", *grads)
