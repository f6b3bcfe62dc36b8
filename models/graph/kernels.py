"""The kernels of a stored network: for a layer, the one convolution that makes it, and its weights."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import onnx
from google.protobuf.message import DecodeError
from numpy.typing import NDArray
from onnx import helper, numpy_helper

from models.errors import ModelError
from models.spec import INPUT, LayerInfo, ModelInfo, Network

TRANSPARENT = {
    *("Relu", "LeakyRelu", "PRelu", "Elu", "Selu", "Celu", "ThresholdedRelu", "Clip", "Min", "Max", "Gelu", "Mish"),
    *("Sigmoid", "HardSigmoid", "HardSwish", "Swish", "Tanh", "Softplus", "Softsign", "Identity", "Cast", "Dropout"),
    *("BatchNormalization", "InstanceNormalization", "LRN", "Add", "Sub", "Mul", "Div"),
}
"""What may stand between a convolution and the layer that it makes: activations, norms, biases and scales."""

NEARBY = 3


@dataclass(frozen=True, slots=True)
class Kernels:
    """The weights (count, inputs, height, width) of the convolution that makes `layer`.

    `first` says that it reads the picture itself: its inputs are colours, in the network's order. `groups` is in
    how many parts it splits its input.
    """

    layer: LayerInfo
    weights: NDArray[np.float32]
    groups: int
    first: bool


def read_kernels(network: Network, layer: str | None = None) -> Kernels:
    """The kernels of a layer, or of the first that has any.

    Raises ModelError for an unknown layer, and for one that no single convolution makes, naming some that are.
    """
    try:
        graph = onnx.load(network.path).graph
    except (DecodeError, OSError) as error:
        raise ModelError(f"{network.path} cannot be read: {error}") from error
    finder = _Finder(graph)
    if layer is None:
        return _first(finder, network.info)
    wanted = network.info.layer(layer)
    found = finder.find(wanted)
    if isinstance(found, Kernels):
        return found
    raise ModelError(f"layer '{layer}' is made by {found}, not by one convolution; {_nearby(finder, network, wanted)}")


def _first(finder: _Finder, info: ModelInfo) -> Kernels:
    for layer in info.layers:
        if isinstance(found := finder.find(layer), Kernels):
            return found
    raise ModelError(f"no layer of {info.name} is made by one convolution; expected a convolutional network")


def _nearby(finder: _Finder, network: Network, wanted: LayerInfo) -> str:
    """The layers nearest to one that are made by one convolution, in words."""
    layers = network.info.layers
    near = sorted(layers, key=lambda layer: abs(layers.index(layer) - layers.index(wanted)))
    names = [layer.name for layer in near if isinstance(finder.find(layer), Kernels)][:NEARBY]
    return f"nearby ones that are: {', '.join(names)}" if names else f"none of {network.info.name} is"


class _Finder:
    """Walks back from a layer's tensor to the convolution behind it."""

    def __init__(self, graph: onnx.GraphProto) -> None:
        self._makers = {output: node for node in graph.node for output in node.output}
        self._weights = _weights(graph)

    def find(self, layer: LayerInfo) -> Kernels | str:
        """The kernels of a layer, or in a word what makes it instead."""
        sources = self._sources(layer.name)
        if len(sources) != 1:
            makers = {self._word(tensor) for tensor in sources}
            return " and ".join(sorted(makers)) if len(makers) > 1 else f"several of {makers.pop()}"
        node = self._makers.get(sources[0])
        if node is None or node.op_type != "Conv" or node.input[1] not in self._weights:
            return self._word(sources[0])
        weights = numpy_helper.to_array(self._weights[node.input[1]]).astype(np.float32)
        if weights.ndim != 4:
            return f"a Conv of {weights.ndim - 2} dimensions"
        return Kernels(layer, weights, _groups(node), self._reads_picture(node.input[0]))

    def _sources(self, tensor: str) -> list[str]:
        """Where a tensor comes from, once activations, norms and biases are passed."""
        found, waiting, seen = [], [tensor], set()
        while waiting:
            here = waiting.pop()
            node = self._makers.get(here)
            if here in seen or here in self._weights or (node is not None and node.op_type == "Constant"):
                continue
            seen.add(here)
            if node is not None and node.op_type in TRANSPARENT:
                waiting += [name for name in node.input if name]
            else:
                found.append(here)
        return found

    def _reads_picture(self, tensor: str) -> bool:
        """Whether a tensor is the network's input, padded and shifted at most."""
        while (node := self._makers.get(tensor)) is not None and node.op_type in TRANSPARENT | {"Pad"}:
            tensor = next((name for name in node.input if name and name not in self._weights), INPUT)
        return tensor == INPUT

    def _word(self, tensor: str) -> str:
        node = self._makers.get(tensor)
        return node.op_type if node is not None else "the input"


def _weights(graph: onnx.GraphProto) -> Mapping[str, onnx.TensorProto]:
    """What is stored in the file, as initializers or as nodes that give a constant."""
    constants = {
        node.output[0]: helper.get_attribute_value(attribute)
        for node in graph.node
        if node.op_type == "Constant"
        for attribute in node.attribute
        if attribute.name == "value"
    }
    return constants | {each.name: each for each in graph.initializer}


def _groups(node: onnx.NodeProto) -> int:
    return next((attribute.i for attribute in node.attribute if attribute.name == "group"), 1)
