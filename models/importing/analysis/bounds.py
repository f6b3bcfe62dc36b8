"""Check what a network costs at one input size, and that its windows fit, before anything runs.

ONNX Runtime 1.31 dies with SIGFPE, without an exception, when the input of a pool with `ceil_mode` is too small.
"""

import onnx

from models.errors import ModelError
from models.graph.builder import attributes
from models.importing.analysis.infer_shapes import TensorTypes

MAX_TENSOR_ELEMENTS = 2**27
"""Elements of one tensor: half a gigabyte."""

MAX_TOTAL_ELEMENTS = 2**30
"""Elements of all tensors, as if none were freed."""

SAME = (b"SAME_UPPER", b"SAME_LOWER")
WINDOWED = ("Conv", "ConvTranspose", "MaxPool", "AveragePool", "LpPool")


def check_bounds(graph: onnx.GraphProto, tensors: TensorTypes) -> None:
    """Raise ModelError when a shape is unknown, a window does not fit, or the tensors are too large."""
    total = 0
    for node in graph.node:
        for name in filter(None, node.output):
            total += _count(node, name, tensors)
        check_window(node, tensors)
    if total > MAX_TOTAL_ELEMENTS:
        raise ModelError(f"its tensors have {total:.1e} elements; expected at most {MAX_TOTAL_ELEMENTS:.1e}")


def _count(node: onnx.NodeProto, name: str, tensors: TensorTypes) -> int:
    tensor = tensors.get(name)
    if tensor is None or tensor.dims is None:
        raise ModelError(f"the shape of '{name}' ({node.op_type}) is unknown before it runs; expected fixed shapes")
    if any(not 0 <= dim <= MAX_TENSOR_ELEMENTS for dim in tensor.dims) or tensor.count > MAX_TENSOR_ELEMENTS:
        raise ModelError(f"'{name}' ({node.op_type}) has the shape {list(tensor.dims)}, which is too large")
    return tensor.count


def _dims(node: onnx.NodeProto, place: int, tensors: TensorTypes) -> tuple[int, ...]:
    tensor = tensors.get(node.input[place]) if place < len(node.input) else None
    if tensor is None or tensor.dims is None:
        raise ModelError(f"{node.op_type} '{node.name}' reads a tensor of unknown shape")
    return tensor.dims


def check_window(node: onnx.NodeProto, tensors: TensorTypes) -> None:
    """Raise ModelError when the window of a convolution or a pool is larger than its padded input, or damaged."""
    if node.op_type not in WINDOWED:
        return
    values, shape, output_shape = attributes(node), _dims(node, 0, tensors), tensors[node.output[0]].dims or ()
    kernel = _kernel(node, tensors) if "Conv" in node.op_type else values["kernel_shape"]
    axes = range(len(kernel))
    dilations, pads = values.get("dilations", [1] * len(axes)), values.get("pads", [0] * 2 * len(axes))
    if (len(shape), len(dilations), len(pads)) != (len(axes) + 2, len(axes), 2 * len(axes)):
        raise ModelError(f"{node.op_type} '{node.name}' does not fit its kernel {list(kernel)}: the file is damaged")
    fits = all((kernel[i] - 1) * dilations[i] < shape[i + 2] + pads[i] + pads[i + len(axes)] for i in axes)
    if min(output_shape + shape) < 1 or not (fits or node.op_type == "ConvTranspose" or values.get("auto_pad") in SAME):
        raise ModelError(f"{node.op_type} '{node.name}' does not fit into {shape[-1]}x{shape[-2]}")


def _kernel(node: onnx.NodeProto, tensors: TensorTypes) -> list[int]:
    """The kernel of a convolution; ModelError unless its weights fit its channels, its bias and its attributes."""
    values, shape, weights = attributes(node), _dims(node, 0, tensors), _dims(node, 1, tensors)
    message = f"{node.op_type} '{node.name}' has the kernel {list(weights)} for {shape}: the file is damaged"
    if len(weights) != len(shape) or len(shape) < 3:
        raise ModelError(message)
    kernel, group = list(weights[2:]), values.get("group", 1)
    inputs, outputs = weights[1] * group, weights[0]
    if node.op_type == "ConvTranspose":
        inputs, outputs = weights[0], weights[1] * group
    bias = _dims(node, 2, tensors) if len(node.input) > 2 and node.input[2] else (outputs,)
    if (inputs, outputs % group, bias, values.get("kernel_shape", kernel)) != (shape[1], 0, (outputs,), kernel):
        raise ModelError(message)
    return kernel
