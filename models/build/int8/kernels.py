"""Kernels and biases of convolutions as integers."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, numpy_helper

from models.build.int8.balance import balance
from models.build.int8.channel_peaks import Peaks
from models.graph.builder import attributes, constants
from models.graph.surgery import consumers

LARGEST = 127  # of an int8 weight: symmetric, without -128

KERNEL, SCALES, BIAS = "/int8_kernel", "/int8_scales", "/int8_bias"
"""After the name of the tensor that the convolution computes, with its batch normalization if it has one."""

FACTORS = "/int8_factors"  # after the name of a tensor

COLOURS, FEWEST = (3,), 4
"""Kernels for this many input channels get FEWEST: ONNX Runtime's fast convolutions take multiples of four."""

Arrays = Mapping[str, NDArray[np.float32]]


@dataclass(frozen=True, slots=True)
class Convolution:
    """A 2-D convolution with constant weights, and a batch normalization that alone reads it, if there is one.

    `tensor` is what both compute, `activated` what an activation function makes of it.
    """

    node: onnx.NodeProto
    norm: onnx.NodeProto | None
    tensor: str
    activated: str


def find_convolutions(graph: onnx.GraphProto) -> list[Convolution]:
    """The convolutions that can be written with integers."""
    arrays, readers, outputs = _float_arrays(graph), consumers(graph), {output.name for output in graph.output}

    def only_reader(tensor: str) -> onnx.NodeProto | None:
        return readers[tensor][0] if len(readers[tensor]) == 1 and tensor not in outputs else None

    found = []
    for node in graph.node:
        if not _is_convolution(node, arrays):
            continue
        reader = only_reader(node.output[0])
        norm = reader if reader is not None and _is_constant_norm(reader, arrays) else None
        tensor = node.output[0] if norm is None else norm.output[0]
        after = readers[tensor][0] if len(readers[tensor]) == 1 else None
        activated = after.output[0] if after is not None and after.op_type in ("Relu", "Clip") else tensor
        found.append(Convolution(node, norm, tensor, activated))
    return found


def pack_kernels(model: onnx.ModelProto, peaks: Peaks) -> onnx.ModelProto:
    """A model without nodes: the integers of every convolution of `find_convolutions`.

    For each: the kernel, int8 (M, C, h, w); the scale of each output channel, float (M,); the bias in units of the
    kernel, float (M,). And the factors of each tensor that has some, see `balance`. `peaks` are the largest absolute
    values of each channel of the activated tensors, (M,).
    """
    packed = onnx.ModelProto(ir_version=model.ir_version, opset_import=model.opset_import)
    packed.graph.name = "int8"
    arrays, convolutions = _float_arrays(model.graph), find_convolutions(model.graph)
    known = {each.tensor: peaks[each.activated] for each in convolutions if each.activated in peaks}
    factors = balance(model.graph, [each.tensor for each in convolutions], known)
    for each in convolutions:
        kernel, bias = arrays[each.node.input[1]], _bias(each.node, arrays)
        if each.norm is not None:
            kernel, bias = _folded(kernel, bias, each.norm, arrays)
        if each.node.input[0] in factors:
            kernel = _times_channels(kernel, factors[each.node.input[0]])
        kernel = _widened(kernel)
        scales = np.abs(kernel).reshape(len(kernel), -1).max(axis=1) / LARGEST
        scales = np.where(scales > 0, scales, 1).astype(np.float32)
        integers = np.round(kernel / scales[:, None, None, None]).astype(np.int8)
        levels = scales / factors.get(each.tensor, np.float32(1))
        for suffix, array in ((KERNEL, integers), (SCALES, levels), (BIAS, (bias / scales).astype(np.float32))):
            packed.graph.initializer.append(numpy_helper.from_array(array, each.tensor + suffix))
    packed.graph.initializer.extend(numpy_helper.from_array(each, name + FACTORS) for name, each in factors.items())
    return packed


def _widened(kernel: NDArray[np.float32]) -> NDArray[np.float32]:
    """A kernel for at least FEWEST input channels, whose weights for the missing ones are zeros."""
    missing = FEWEST - kernel.shape[1]
    is_colours = kernel.shape[1] in COLOURS
    return np.pad(kernel, ((0, 0), (0, missing), (0, 0), (0, 0))) if is_colours else kernel


def _times_channels(kernel: NDArray[np.float32], factors: NDArray[np.float32]) -> NDArray[np.float32]:
    """A kernel (M, C / groups, h, w) times the factors (C,) of its input channels."""
    groups = factors.reshape(-1, kernel.shape[1])
    return kernel * np.repeat(groups, len(kernel) // len(groups), axis=0)[:, :, None, None]


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
