"""The kernels of a layer: the weights of the one convolution that computes it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import onnx
from google.protobuf.message import DecodeError
from numpy.typing import NDArray
from onnx import numpy_helper

from models.errors import ModelError
from models.graph.builder import attributes, constants
from models.graph.packed_weights import load_unpacked
from models.spec import INPUT, LayerInfo, ModelInfo, Network

TRANSPARENT = {
    *("Relu", "LeakyRelu", "PRelu", "Elu", "Selu", "Celu", "ThresholdedRelu", "Clip", "Min", "Max", "Gelu", "Mish"),
    *("Sigmoid", "HardSigmoid", "HardSwish", "Swish", "Tanh", "Softplus", "Softsign", "Identity", "Cast", "Dropout"),
    *("BatchNormalization", "InstanceNormalization", "LRN", "Add", "Sub", "Mul", "Div"),
}
"""The operators that may follow the convolution of a layer: activations, norms, biases and scales."""

SUGGESTIONS = 3  # layers that an error names


@dataclass(frozen=True, slots=True)
class Kernels:
    """The weights (count, inputs, height, width) of the convolution that computes `layer`.

    `first` tells that the convolution reads the picture, so that its inputs are colours in the network's order;
    `groups` is the number of groups into which it splits its inputs.
    """

    layer: LayerInfo
    weights: NDArray[np.float32]
    groups: int
    first: bool


def read_kernels(network: Network, layer: str | None = None) -> Kernels:
    """The kernels of a layer, or of the first layer that has any.

    Raises ModelError for an unknown layer, and for one that several convolutions or none compute.
    """
    try:
        graph = load_unpacked(network.path).graph
    except (DecodeError, OSError) as error:
        raise ModelError(f"{network.path} cannot be read: {error}") from error
    finder = _Finder(graph)
    if layer is None:
        return _first(finder, network.info)
    info = network.info.layer(layer)
    kernels = finder.find(info)
    if isinstance(kernels, Kernels):
        return kernels
    advice = _advice(finder, network, info)
    raise ModelError(f"layer '{layer}' is computed by {kernels}, not by a single convolution; {advice}")


def _first(finder: _Finder, info: ModelInfo) -> Kernels:
    for layer in info.layers:
        if isinstance(kernels := finder.find(layer), Kernels):
            return kernels
    raise ModelError(f"no layer of {info.name} is computed by a single convolution")


def _advice(finder: _Finder, network: Network, layer: LayerInfo) -> str:
    """The nearest layers that one convolution computes."""
    layers = network.info.layers
    nearest = sorted(layers, key=lambda other: abs(layers.index(other) - layers.index(layer)))
    names = [other.name for other in nearest if isinstance(finder.find(other), Kernels)][:SUGGESTIONS]
    *others, last = names or [""]
    advice = f"try {', '.join(others)}{' or ' if others else ''}{last}"
    return advice if names else f"no layer of {network.info.name} is"


class _Finder:
    """Follows a layer's tensor back to its convolution."""

    def __init__(self, graph: onnx.GraphProto) -> None:
        self._producers = {output: node for node in graph.node for output in node.output}
        self._constants = constants(graph)

    def find(self, layer: LayerInfo) -> Kernels | str:
        """The kernels of a layer, or the operators that compute it instead."""
        sources = self._sources(layer.name)
        if len(sources) != 1:
            ops = {self._op(tensor) for tensor in sources}
            return " and ".join(sorted(ops)) if len(ops) > 1 else f"several of {ops.pop()}"
        node = self._producers.get(sources[0])
        if node is None or node.op_type != "Conv" or node.input[1] not in self._constants:
            return self._op(sources[0])
        weights = numpy_helper.to_array(self._constants[node.input[1]]).astype(np.float32)
        if weights.ndim != 4:
            return f"a Conv of {weights.ndim - 2} dimensions"
        return Kernels(layer, weights, attributes(node).get("group", 1), self._reads_picture(node.input[0]))

    def _sources(self, tensor: str) -> list[str]:
        """The tensors before all activations, norms and biases that lead to `tensor`."""
        sources, pending, visited = [], [tensor], set()
        while pending:
            name = pending.pop()
            node = self._producers.get(name)
            if name in visited or name in self._constants:
                continue
            visited.add(name)
            if node is not None and node.op_type in TRANSPARENT:
                pending += [each for each in node.input if each]
            else:
                sources.append(name)
        return sources

    def _reads_picture(self, tensor: str) -> bool:
        """Whether a tensor is the network's input, at most padded and shifted."""
        while (node := self._producers.get(tensor)) is not None and node.op_type in TRANSPARENT | {"Pad"}:
            tensor = next((name for name in node.input if name and name not in self._constants), INPUT)
        return tensor == INPUT

    def _op(self, tensor: str) -> str:
        node = self._producers.get(tensor)
        return node.op_type if node is not None else "the input"
