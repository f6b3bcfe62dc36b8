"""VGG16's shape at any width (Simonyan and Zisserman 2014): new with batch norm, or from a stored network.

Batch norm (Ioffe and Szegedy 2015) helps to learn and is folded into the convolutions when the network is stored, so
that a trained network is a plain chain of convolutions, rectifiers and pools.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import numpy_helper

from models.errors import ModelError
from models.importing.open_network import open_network
from models.spec import INPUT, InputInfo, LayerInfo, ModelInfo, Network
from models.zoo import vgg16_layers

if TYPE_CHECKING:
    import keras

WIDTH = 0.25
"""Of a new network: as many of VGG16's channels; its file has under 4 MB."""

CENTRED = InputInfo(mean=(127.5, 127.5, 127.5), scale=(1 / 64, 1 / 64, 1 / 64))
"""What a new network is fed: about normal numbers."""

MOMENTUM = 0.8
"""Of batch norm's statistics: Keras's 0.99 takes hundreds of batches, more than a small training has."""


def fresh() -> tuple[ModelInfo, keras.Model]:
    """A new network and its facts."""
    info = ModelInfo(name="new", weights="none", input=CENTRED, layers=vgg16_layers(WIDTH))
    return info, _taps(info.layers, normed=True)


def find(text: str) -> Network:
    """The stored network called `text`; ModelError when there is none, or when it has another shape."""
    network = open_network(text)
    width = network.info.layers[0].channels / 64
    if network.info.layers != vgg16_layers(width):
        raise ModelError(f"{network.info.name} has not the shape of VGG16; expected a network from: ventral train")
    return network


def reopened(text: str) -> tuple[ModelInfo, keras.Model]:
    """A stored network of VGG16's shape, as Keras knows it."""
    network = find(text)
    arrays = _arrays(network.path)
    taps = _taps(network.info.layers, normed=False)
    for layer in network.info.layers:
        kernel, bias = arrays[f"{layer.name}_W"], arrays[f"{layer.name}_b"]
        taps.get_layer(layer.name).set_weights([kernel.transpose(2, 3, 1, 0), bias])
    return network.info, taps


def _taps(layers: tuple[LayerInfo, ...], *, normed: bool) -> keras.Model:
    """Pictures (n, height, width, 3) -> {layer: activations}."""
    import keras

    pictures = tensor = keras.Input((None, None, 3), name=INPUT)
    outputs: dict[str, Any] = {}
    for before, layer in zip((None, *layers), layers, strict=False):
        if before is not None and before.block != layer.block:
            tensor = keras.layers.MaxPooling2D(name=f"block{before.block}_pool")(tensor)
        tensor = outputs[layer.name] = _convolve(tensor, layer, normed=normed)
    return keras.Model(pictures, outputs)


def _convolve(tensor: Any, layer: LayerInfo, *, normed: bool) -> Any:
    from keras import layers

    if not normed:
        return layers.Conv2D(layer.channels, 3, padding="same", activation="relu", name=layer.name)(tensor)
    convolution = layers.Conv2D(
        layer.channels, 3, padding="same", use_bias=False, kernel_initializer="he_normal", name=layer.name
    )
    norm = layers.BatchNormalization(momentum=MOMENTUM, name=f"{layer.name}_norm")
    return layers.ReLU(name=f"{layer.name}_relu")(norm(convolution(tensor)))


def _arrays(path: Path) -> dict[str, NDArray[np.float32]]:
    """The weights in a stored network by name."""
    initializers = onnx.load(path).graph.initializer
    return {each.name: numpy_helper.to_array(each).astype(np.float32) for each in initializers}
