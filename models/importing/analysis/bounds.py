"""Check what a network costs at one input size, and that its windows fit, before anything runs.

ONNX Runtime 1.31 dies with SIGFPE, without an exception, when the input of a pool with `ceil_mode` is too small.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import onnx

from models.errors import ModelError
from models.graph.builder import attributes
from models.importing.analysis.infer_shapes import TensorType, TensorTypes

MOST_NUMBERS = 2**27
"""Elements of one tensor: half a gigabyte."""

MOST_TOGETHER = 2**30
"""Elements of all tensors, as if none were freed."""

MOST_PRODUCTS = 2**41
"""Multiplications for one input; VGG16 needs 2**34 at 224x224."""

WINDOWED = ("Conv", "ConvTranspose", "MaxPool", "AveragePool", "LpPool")


def check_bounds(graph: onnx.GraphProto, tensors: TensorTypes) -> None:
    """Raise ModelError when a shape is unknown, a window does not fit, or the network costs too much."""
    total = products = 0
    for node in graph.node:
        for name in filter(None, node.output):
            total += _count(node, name, tensors)
        products += _products(node, tensors)
        check_window(node, tensors)
    if total > MOST_TOGETHER or products > MOST_PRODUCTS:
        raise ModelError(f"one input needs {total:.1e} numbers and {products:.1e} multiplications, which is too much")


def _count(node: onnx.NodeProto, name: str, tensors: TensorTypes) -> int:
    tensor = tensors.get(name)
    if tensor is None or tensor.dims is None:
        raise ModelError(f"the shape of '{name}' ({node.op_type}) is unknown before it runs; expected fixed shapes")
    if any(not 0 <= dim <= MOST_NUMBERS for dim in tensor.dims) or tensor.count > MOST_NUMBERS:
        raise ModelError(f"'{name}' ({node.op_type}) has the shape {list(tensor.dims)}, which is too large")
    return tensor.count


def _products(node: onnx.NodeProto, tensors: TensorTypes) -> int:
    made = tensors[node.output[0]].count
    match node.op_type:
        case "Conv":
            return made * math.prod(_dims(node, 1, tensors)[1:])
        case "ConvTranspose":
            return _tensor(node, 0, tensors).count * math.prod(_dims(node, 1, tensors)[1:])
        case "MaxPool" | "AveragePool" | "LpPool":
            return made * int(math.prod(attributes(node).get("kernel_shape", [1])))
        case "LRN":
            return made * int(attributes(node).get("size", 1))
        case "MatMul" | "Gemm":
            return made * max(_dims(node, 0, tensors), default=1)
    return made


def _tensor(node: onnx.NodeProto, place: int, tensors: TensorTypes) -> TensorType:
    tensor = tensors.get(node.input[place]) if place < len(node.input) else None
    if tensor is None or tensor.dims is None:
        raise ModelError(f"{node.op_type} '{node.name}' reads something of unknown shape")
    return tensor


def _dims(node: onnx.NodeProto, place: int, tensors: TensorTypes) -> tuple[int, ...]:
    return _tensor(node, place, tensors).dims or ()


def check_window(node: onnx.NodeProto, tensors: TensorTypes) -> None:
    """Raise ModelError when what a convolution or a pool looks through does not fit what it looks at."""
    if node.op_type not in WINDOWED:
        return
    facts, seen, made = attributes(node), _dims(node, 0, tensors), tensors[node.output[0]].dims or ()
    kernel = _dims(node, 1, tensors)[2:] if "Conv" in node.op_type else tuple(facts["kernel_shape"])
    space = len(kernel)
    lists = {"kernel_shape": kernel, "strides": (1,) * space, "dilations": (1,) * space, "pads": (0,) * 2 * space}
    lists |= {name: tuple(facts[name]) for name in lists if name in facts}
    if (
        len(seen) != space + 2
        or lists["kernel_shape"] != kernel
        or any(len(values) != space * (2 if name == "pads" else 1) for name, values in lists.items())
    ):
        raise ModelError(f"{node.op_type} '{node.name}' does not fit its kernel {list(kernel)}: the file is damaged")
    _check_groups(node, int(facts.get("group", 1)), tensors)
    fits = node.op_type == "ConvTranspose" or facts.get("auto_pad", b"NOTSET") in (b"SAME_UPPER", b"SAME_LOWER")
    reach = [(size - 1) * step + 1 for size, step in zip(kernel, lists["dilations"], strict=True)]
    if min(made + seen) < 1 or not (fits or _fit(seen[2:], reach, lists["pads"])):
        raise ModelError(f"{node.op_type} '{node.name}' does not fit into {seen[-1]}x{seen[-2]}")
    if "Pool" in node.op_type and any(pad >= size for pad, size in zip(lists["pads"], reach * 2, strict=True)):
        raise ModelError(f"{node.op_type} '{node.name}' has margins wider than its window: the file is damaged")


def _fit(seen_hw: Sequence[int], reach: Sequence[int], pads: Sequence[int]) -> bool:
    space = len(reach)
    return all(seen_hw[axis] + pads[axis] + pads[axis + space] >= reach[axis] for axis in range(space))


def _check_groups(node: onnx.NodeProto, group: int, tensors: TensorTypes) -> None:
    """The weights are for as many channels as come in."""
    if "Conv" not in node.op_type:
        return
    weights, channels = _dims(node, 1, tensors), _dims(node, 0, tensors)[1]
    apart = weights[:2] if node.op_type == "Conv" else weights[1::-1]
    wanted = apart[1] * (group if node.op_type == "Conv" else 1)
    biases = _dims(node, 2, tensors) if len(node.input) > 2 and node.input[2] else None
    made = weights[0] if node.op_type == "Conv" else weights[1] * group
    if wanted != channels or made % group or channels % group or biases not in (None, (made,)):
        raise ModelError(f"{node.op_type} '{node.name}' has weights {list(weights)} for {channels} channels: damaged")
