"""A network that normalizes its input itself shows by its constants which pixels it expects."""

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import numpy_helper

from models.graph import surgery
from models.graph.builder import attributes
from models.importing.input.normalization import RAW, UNIT, InputEstimate
from models.spec import INPUT, Colours, InputInfo

UNCHANGING = ("Cast", "Transpose", "Identity")
LARGE, SMALL = 10.0, 0.1
"""A larger offset, or a smaller factor, is for pixels of 0 to 255."""

COLOURS = (1, 3)


def by_first_nodes(graph: onnx.GraphProto, channels: int) -> InputEstimate | None:
    """Pixels of 0 to 255 or 0 to 1, if the first nodes normalize them; None if they do not."""
    factor, offset = _affine(graph)
    if abs(factor - 1.0).max() < 0.3 and abs(offset).max() < 0.3:
        return None
    large = abs(offset).max() > LARGE or abs(factor).max() < SMALL
    with np.errstate(all="ignore"):
        mean = np.broadcast_to(-offset / factor, (3,))
    colours: Colours = "BGR" if large and LARGE < mean[0] < mean[2] - 1 else "RGB"
    pixels = RAW if large else UNIT
    info = InputInfo("GREY" if channels == 1 else colours, pixels.mean[:channels], pixels.scale[:channels])
    return InputEstimate(info, "because it normalizes its input itself", sure=True)


def _affine(graph: onnx.GraphProto) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """What is first done to each colour: times a factor, plus an offset."""
    readers = surgery.consumers(graph)
    weights = {tensor.name: tensor for tensor in graph.initializer}
    tensor, factor, offset = INPUT, np.ones(1), np.zeros(1)
    while len(readers[tensor]) == 1:
        node = readers[tensor][0]
        step = _step(node, tensor, weights)
        if step is None or not all(np.isfinite(each).all() for each in step):
            break
        factor, offset = factor * step[0], offset * step[0] + step[1]
        tensor = node.output[0]
    return factor, offset


def _step(
    node: onnx.NodeProto, tensor: str, weights: dict[str, onnx.TensorProto]
) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
    """One node as a factor and an offset; None for any other node."""
    if node.op_type in UNCHANGING:
        return np.ones(1), np.zeros(1)
    if not all(name in weights for name in node.input if name != tensor) or not node.input:
        return None
    values = [_colours(weights[name]) for name in node.input if name != tensor]
    if any(value is None for value in values):
        return None
    return _arithmetic(node, [value for value in values if value is not None], first=node.input[0] == tensor)


def _colours(tensor: onnx.TensorProto) -> NDArray[np.float64] | None:
    values = numpy_helper.to_array(tensor).astype(np.float64).ravel() if max(tensor.dims, default=1) <= 3 else None
    return values if values is not None and values.size in COLOURS else None


def _arithmetic(
    node: onnx.NodeProto, values: list[NDArray[np.float64]], *, first: bool
) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
    one, zero = np.ones(1), np.zeros(1)
    with np.errstate(all="ignore"):
        match node.op_type, values:
            case "Add", [value]:
                return one, value
            case "Sub", [value]:
                return (one, -value) if first else (-one, value)
            case "Mul", [value]:
                return value, zero
            case "Div", [value] if first:
                return 1.0 / value, zero
            case "BatchNormalization", [scale, bias, mean, variance]:
                gain = scale / np.sqrt(variance + attributes(node).get("epsilon", 1e-5))
                return gain, bias - mean * gain
    return None
