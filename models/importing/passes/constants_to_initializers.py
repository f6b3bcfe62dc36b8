"""Turn Constant nodes into initializers, where weights are kept."""

from __future__ import annotations

import onnx
from onnx import TensorProto, helper

from models.graph.builder import replace_nodes
from models.importing.passes.context import PassContext

SCALARS = {
    "value_float": TensorProto.FLOAT,
    "value_floats": TensorProto.FLOAT,
    "value_int": TensorProto.INT64,
    "value_ints": TensorProto.INT64,
}


def constants_to_initializers(context: PassContext) -> None:
    """Replace every Constant node of numbers by an initializer of the same name."""
    tensors = {node.output[0]: _tensor(node) for node in context.graph.node if node.op_type == "Constant"}
    constants = {name: tensor for name, tensor in tensors.items() if tensor is not None}
    for name, tensor in constants.items():
        tensor.name = name
        context.graph.initializer.append(tensor)
    replace_nodes(context.graph, [node for node in context.graph.node if node.output[0] not in constants])


def has_no_constants(context: PassContext) -> bool:
    """No Constant node holds numbers."""
    return not any(node.op_type == "Constant" and _tensor(node) is not None for node in context.graph.node)


def _tensor(node: onnx.NodeProto) -> TensorProto | None:
    """The numbers of a Constant node; None for text and sparse tensors."""
    if len(node.attribute) != 1:
        return None
    [attribute] = node.attribute
    if attribute.name == "value":
        copy: TensorProto = TensorProto.FromString(attribute.t.SerializeToString())
        return copy
    if attribute.name not in SCALARS:
        return None
    value = helper.get_attribute_value(attribute)
    dims = [len(value)] if attribute.name.endswith("s") else []
    return helper.make_tensor("", SCALARS[attribute.name], dims, value if dims else [value])
