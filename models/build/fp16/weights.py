"""The weights of a network in half precision."""

import numpy as np
import onnx
from onnx import TensorProto, numpy_helper

HALF = "/fp16"  # after the name of a float32 tensor
LARGEST = float(np.finfo(np.float16).max)


def pack_halves(model: onnx.ModelProto) -> onnx.ModelProto:
    """A model without nodes: every float32 weight of `model` as float16, without those that have larger numbers."""
    packed = onnx.ModelProto(ir_version=model.ir_version, opset_import=model.opset_import)
    packed.graph.name = "fp16"
    for tensor in model.graph.initializer:
        if tensor.data_type != TensorProto.FLOAT:
            continue
        weights = numpy_helper.to_array(tensor)
        if np.abs(weights).max(initial=0) <= LARGEST:
            packed.graph.initializer.append(numpy_helper.from_array(weights.astype(np.float16), tensor.name + HALF))
    return packed
