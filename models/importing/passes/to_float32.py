"""Compute in float32 what a network computes in float16: at least as exact, and what every view expects."""

from onnx import TensorProto, numpy_helper

from models.importing.passes.context import PassContext


def to_float32(context: PassContext) -> None:
    """Widen weights, constants and casts."""
    _ = context.input  # which kind of pixels the file takes; unknown afterwards
    for tensor in context.graph.initializer:
        _widen(tensor)
    for node in context.graph.node:
        for attribute in node.attribute:
            if attribute.HasField("t"):
                _widen(attribute.t)
            elif attribute.name in ("to", "dtype") and attribute.i == TensorProto.FLOAT16:
                attribute.i = TensorProto.FLOAT


def has_no_halves(context: PassContext) -> bool:
    """No weights are float16."""
    return not any(tensor.data_type == TensorProto.FLOAT16 for tensor in context.graph.initializer)


def _widen(tensor: TensorProto) -> None:
    if tensor.data_type == TensorProto.FLOAT16:
        values = numpy_helper.to_array(tensor).astype("float32")
        tensor.CopyFrom(numpy_helper.from_array(values, tensor.name))
