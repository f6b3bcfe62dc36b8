"""Infer the types of a graph node by node, with the values of the small tensors that say shapes.

The propagation of values in onnx's own inference takes as much memory as a tensor claims to need, and does not know
every operator; here each value is computed, and none that is large.
"""

import onnx
from onnx import helper, numpy_helper

from models.graph.builder import constants
from models.graph.constant_folding import Values, evaluate_node, small_constants

SHAPE_ERRORS = (
    onnx.shape_inference.InferenceError,
    onnx.checker.ValidationError,
    onnx.defs.SchemaError,
    ValueError,
    RuntimeError,
)
"""What onnx raises where types or shapes do not fit."""


def infer_by_node(graph: onnx.GraphProto, opset: int) -> dict[str, onnx.TypeProto]:
    """The types of all tensors, without shapes where these are unknown; one of SHAPE_ERRORS where they do not fit."""
    types = {value.name: value.type for value in graph.input}
    types |= {name: helper.make_tensor_type_proto(each.data_type, each.dims) for name, each in constants(graph).items()}
    values: Values = small_constants(graph)
    for node in graph.node:
        shapes = {name: dims for name in node.input[:1] if (dims := known_dims(types.get(name))) is not None}
        results = evaluate_node(node, values, shapes, opset=opset)
        values |= results
        for name, each in results.items():
            types[name] = helper.make_tensor_type_proto(helper.np_dtype_to_tensor_dtype(each.dtype), each.shape)
        has_types = not results and not any(each.type == onnx.AttributeProto.GRAPH for each in node.attribute)
        if has_types and all(name in types for name in node.input if name):
            types |= _inferred(node, types, values, opset)
    return types


def _inferred(
    node: onnx.NodeProto, types: dict[str, onnx.TypeProto], values: Values, opset: int
) -> dict[str, onnx.TypeProto]:
    inputs = {name: types[name] for name in node.input if name}
    data = {name: numpy_helper.from_array(values[name], name) for name in inputs if name in values}
    schema = onnx.defs.get_schema(node.op_type, opset, "")
    versions = [helper.make_opsetid("", opset)]
    found = onnx.shape_inference.infer_node_outputs(schema, node, inputs, data, opset_imports=versions)
    return {name: kind for name, kind in found.items() if name}


def known_dims(kind: onnx.TypeProto | None) -> tuple[int, ...] | None:
    """The sizes of a tensor; None where one is unknown."""
    if kind is None or not kind.tensor_type.HasField("shape"):
        return None
    dims = kind.tensor_type.shape.dim
    return tuple(dim.dim_value for dim in dims) if all(dim.HasField("dim_value") for dim in dims) else None
