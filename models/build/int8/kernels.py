"""Kernels and biases of convolutions as integers."""

from collections.abc import Mapping

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, numpy_helper

from models.graph.builder import attributes, constants
from models.graph.surgery import consumers

LARGEST = 127  # of an int8 weight: symmetric, without -128

KERNEL, SCALES, BIAS = "/int8_kernel", "/int8_scales", "/int8_bias"
"""After the name of the tensor that the convolution computes, with its batch normalization if it has one."""

Arrays = Mapping[str, NDArray[np.float32]]


def pack_kernels(model: onnx.ModelProto) -> onnx.ModelProto:
    """A model without nodes: the integers of every 2-D convolution of `model` with constant weights.

    For each: the kernel, int8 (M, C, h, w); the scale of each output channel, float (M,); the bias divided by these
    scales, float (M,). A batch normalization that alone reads a convolution is folded into it.
    """
    packed = onnx.ModelProto(ir_version=model.ir_version, opset_import=model.opset_import)
    packed.graph.name = "int8"
    arrays = _float_arrays(model.graph)
    readers, outputs = consumers(model.graph), {output.name for output in model.graph.output}
    for node in model.graph.node:
        if not _is_convolution(node, arrays):
            continue
        tensor = node.output[0]
        kernel, bias = arrays[node.input[1]], _bias(node, arrays)
        norm = readers[tensor][0] if len(readers[tensor]) == 1 and tensor not in outputs else None
        if norm is not None and _is_constant_norm(norm, arrays):
            kernel, bias = _folded(kernel, bias, norm, arrays)
            tensor = norm.output[0]
        scales = np.abs(kernel).reshape(len(kernel), -1).max(axis=1) / LARGEST
        scales = np.where(scales > 0, scales, 1).astype(np.float32)
        integers = np.round(kernel / scales[:, None, None, None]).astype(np.int8)
        for suffix, array in ((KERNEL, integers), (SCALES, scales), (BIAS, (bias / scales).astype(np.float32))):
            packed.graph.initializer.append(numpy_helper.from_array(array, tensor + suffix))
    return packed


def _float_arrays(graph: onnx.GraphProto) -> Arrays:
    stored = constants(graph).items()
    return {name: numpy_helper.to_array(each) for name, each in stored if each.data_type == TensorProto.FLOAT}


def _is_convolution(node: onnx.NodeProto, arrays: Arrays) -> bool:
    return (
        node.op_type == "Conv"
        and all(name in arrays for name in node.input[1:] if name)
        and arrays[node.input[1]].ndim == 4
        and attributes(node).get("auto_pad", b"NOTSET") == b"NOTSET"
    )


def _is_constant_norm(node: onnx.NodeProto, arrays: Arrays) -> bool:
    return node.op_type == "BatchNormalization" and all(name in arrays for name in node.input[1:])


def _bias(node: onnx.NodeProto, arrays: Arrays) -> NDArray[np.float32]:
    count = len(arrays[node.input[1]])
    return arrays[node.input[2]] if len(node.input) > 2 and node.input[2] else np.zeros(count, np.float32)


def _folded(
    kernel: NDArray[np.float32], bias: NDArray[np.float32], norm: onnx.NodeProto, arrays: Arrays
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Kernel and bias of a convolution together with the batch normalization that follows it."""
    gamma, beta, mean, variance = (arrays[name] for name in norm.input[1:])
    factor = gamma / np.sqrt(variance + attributes(norm).get("epsilon", 1e-5))
    return kernel * factor[:, None, None, None], (bias - mean) * factor + beta
