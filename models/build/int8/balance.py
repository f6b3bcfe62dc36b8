"""Factors that give all channels of a tensor in integers nearly the same range of levels.

The channels of a tensor share one scale. Where one reaches ten times the value of another, the other would have a tenth
of the levels. So a channel c is stored divided by its factor, x[c] = scale * factor[c] * level, which costs nothing at
run time: the convolution before it takes the factor into the scale of its output channel, the one after it into its
kernel.
"""

from collections.abc import Collection, Mapping

import numpy as np
import onnx
from numpy.typing import NDArray

from models.build.int8.channel_peaks import Peaks
from models.graph.builder import attributes

SMALLEST = 1 / 4  # factor: a channel may be more active in other pictures than in those that were measured
POWER = 0.5  # of the ratio of the peaks: the smaller the factor, the coarser the kernel after it

KEEPS_CHANNELS = ("Relu", "Clip", "BatchNormalization", "MaxPool", "AveragePool", "Pad", "Identity")
"""Operators whose result has the factors of their first input."""

ADDS = ("Add", "Sum", "QLinearAdd")
"""Operators whose inputs and result have no factors: ONNX Runtime adds levels with one scale for each tensor."""

Factors = Mapping[str, NDArray[np.float32]]


class Channels:
    """The channels of the result of one convolution, under all names that they have in the graph."""

    def __init__(self, tensor: str) -> None:
        self.tensor = tensor
        self.balanced = True


def balance(graph: onnx.GraphProto, convolutions: Collection[str], peaks: Peaks) -> Factors:
    """The factors (C,) of each tensor that has some.

    `convolutions` are the tensors that convolutions of integers compute, `peaks` the largest absolute activations of
    each of their channels, (C,), after the activation function.
    """
    parts = _parts(graph, convolutions)
    factors = {name: _factors(peaks[name]) if name in peaks else None for name in convolutions}
    found = dict[str, NDArray[np.float32]]()
    for tensor, channels in parts.items():
        arrays = [factors[each.tensor] if each.balanced else None for each in channels]
        if any(array is not None for array in arrays):
            found[tensor] = np.concatenate(
                [np.ones(len(peaks[each.tensor]), np.float32) if array is None else array
                 for array, each in zip(arrays, channels, strict=True)]
            )  # fmt: skip
    return found


def _factors(peaks: NDArray[np.float32]) -> NDArray[np.float32]:
    largest = float(peaks.max())
    if largest <= 0:
        return np.ones(len(peaks), np.float32)
    return np.asarray(np.maximum((peaks / largest) ** POWER, SMALLEST), np.float32)


def _parts(graph: onnx.GraphProto, convolutions: Collection[str]) -> dict[str, list[Channels]]:
    """The convolutions whose channels each tensor consists of, in order."""
    parts = dict[str, list[Channels]]()
    for node in graph.node:
        output, values = node.output[0], attributes(node)
        if output in convolutions:
            parts[output] = [Channels(output)]
        elif node.op_type in KEEPS_CHANNELS and node.input[0] in parts:
            parts[output] = parts[node.input[0]]
        elif node.op_type == "Concat" and values.get("axis") == 1 and all(name in parts for name in node.input):
            parts[output] = [each for name in node.input for each in parts[name]]
        if node.op_type in ADDS or (node.op_type == "Clip" and len(node.input) > 2 and node.input[2]):
            for each in (part for name in node.input for part in parts.get(name, ())):
                each.balanced = False  # a limit of all channels is one level
    return parts
