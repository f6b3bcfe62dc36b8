"""Write GroupNormalization as the operators that PyTorch exports for it, whose shapes onnx infers.

A group is normalized as one channel: Reshape, InstanceNormalization, Reshape, then the scale and the bias.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import helper, numpy_helper

from models.errors import ModelError
from models.graph.builder import attributes, replace_nodes
from models.importing.passes.context import PassContext
from models.importing.validate import called, check_opset

PER_CHANNEL = 21
"""The first opset with a scale for each channel; before, each group had one."""


def expand_group_norm(context: PassContext) -> None:
    """Replace every GroupNormalization."""
    opset = check_opset(context.model)
    nodes = [each for node in context.graph.node for each in _expanded(context.graph, node, opset)]
    replace_nodes(context.graph, nodes)


def has_no_group_norm(context: PassContext) -> bool:
    """No node is a GroupNormalization."""
    return all(node.op_type != "GroupNormalization" for node in context.graph.node)


def _expanded(graph: onnx.GraphProto, node: onnx.NodeProto, opset: int) -> Iterator[onnx.NodeProto]:
    if node.op_type != "GroupNormalization":
        yield node
        return
    (source, scale, bias), [result], values = node.input, node.output, attributes(node)
    groups, per_channel = values["num_groups"], opset >= PER_CHANNEL
    kind = _kind(graph, scale, node)
    grouped, split, shape, normalized = (f"{result}/{word}" for word in ("grouped", "split", "shape", "normalized"))
    inner = [
        _stored(graph, f"{result}/{word}", fill(groups, kind))
        for word, fill in (("ones", np.ones), ("zeros", np.zeros))
    ]
    _stored(graph, split, np.array([0, groups, -1]))
    weights = inner if per_channel else [scale, bias]
    epsilon = {name: value for name, value in values.items() if name == "epsilon"}
    yield helper.make_node("Reshape", [source, split], [grouped])
    yield helper.make_node("InstanceNormalization", [grouped, *weights], [normalized], **epsilon)
    yield helper.make_node("Shape", [source], [shape])
    if not per_channel:
        yield helper.make_node("Reshape", [normalized, shape], [result], name=node.name)
        return
    whole, scaled = f"{result}/whole", f"{result}/scaled"
    columns = _stored(graph, f"{result}/column", np.array([-1, 1, 1]))
    for vector, name in ((scale, f"{result}/scale"), (bias, f"{result}/bias")):
        yield helper.make_node("Reshape", [vector, columns], [name])
    yield helper.make_node("Reshape", [normalized, shape], [whole])
    yield helper.make_node("Mul", [whole, f"{result}/scale"], [scaled])
    yield helper.make_node("Add", [scaled, f"{result}/bias"], [result], name=node.name)


def _stored(graph: onnx.GraphProto, name: str, values: NDArray[Any]) -> str:
    graph.initializer.append(numpy_helper.from_array(values, name))
    return name


def _kind(graph: onnx.GraphProto, scale: str, node: onnx.NodeProto) -> np.dtype[Any]:
    kinds = {tensor.name: tensor.data_type for tensor in graph.initializer}
    if scale not in kinds:
        raise ModelError(f"the scale of {called(node)} is computed; expected weights")
    return helper.tensor_dtype_to_np_dtype(kinds[scale])
