"""VGG16 at any width (Simonyan and Zisserman 2014): new with batch norm, or from a stored network.

Batch norm (Ioffe and Szegedy 2015) helps training and is folded into the convolutions when the network is stored.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from onnx import numpy_helper

from models.errors import ModelError
from models.graph.packed_weights import load_unpacked
from models.importing.open_network import open_network
from models.spec import INPUT, InputInfo, LayerInfo, ModelInfo, Network
from models.training.network.batch_norm import fused_batch_norm
from models.zoo import vgg16_layers

if TYPE_CHECKING:
    import keras

WIDTH, WIDEST = 0.25, 1024
"""Of a new network: its share of the channels of VGG16, whose last block would have twice as many."""

CENTRED = InputInfo(mean=(127.5, 127.5, 127.5), scale=(1 / 64, 1 / 64, 1 / 64))
"""Input normalization of a new network: to about mean 0 and deviation 1."""

MOMENTUM = 0.8
"""Of the batch norm statistics: 0.99, the Keras default, needs hundreds of batches, more than a small training has."""


def new_network() -> tuple[ModelInfo, keras.Model]:
    """A new network and its metadata."""
    info = ModelInfo(name="new", weights="none", input=CENTRED, layers=vgg16_layers(WIDTH, WIDEST))
    return info, _taps(info.layers, batch_norm=True)


def find_network(text: str) -> Network:
    """The stored network called `text`; ModelError when there is none, or when it has other layers."""
    network = open_network(text)
    width = network.info.layers[0].channels / 64
    widest = network.info.layers[-1].channels / width
    if network.info.layers != vgg16_layers(width, widest):
        raise ModelError(
            f"{network.info.name} does not have the layers of VGG16; choose a network made by ventral train"
        )
    return network


def load_network(text: str) -> tuple[ModelInfo, keras.Model]:
    """A stored network as a Keras model."""
    network = find_network(text)
    arrays = _arrays(network.path)
    taps = _taps(network.info.layers, batch_norm=False)
    for layer in network.info.layers:
        kernel, bias = arrays[f"{layer.name}_W"], arrays[f"{layer.name}_b"]
        taps.get_layer(layer.name).set_weights([kernel.transpose(2, 3, 1, 0), bias])
    return network.info, taps


def _taps(layers: tuple[LayerInfo, ...], *, batch_norm: bool) -> keras.Model:
    """Images (n, height, width, 3) -> {layer: activations}."""
    import keras

    images = tensor = keras.Input((None, None, 3), name=INPUT)
    outputs: dict[str, Any] = {}
    for before, layer in zip((None, *layers), layers, strict=False):
        if before is not None and before.block != layer.block:
            tensor = keras.layers.MaxPooling2D(name=f"block{before.block}_pool")(tensor)
        tensor = outputs[layer.name] = _convolve(tensor, layer, batch_norm=batch_norm)
    return keras.Model(images, outputs)


def _convolve(tensor: Any, layer: LayerInfo, *, batch_norm: bool) -> Any:
    from keras import layers

    if not batch_norm:
        return layers.Conv2D(layer.channels, 3, padding="same", activation="relu", name=layer.name)(tensor)
    convolution = layers.Conv2D(
        layer.channels, 3, padding="same", use_bias=False, kernel_initializer="he_normal", name=layer.name
    )
    norm = fused_batch_norm()(momentum=MOMENTUM, name=f"{layer.name}_norm")
    return layers.ReLU(name=f"{layer.name}_relu")(norm(convolution(tensor)))


def _arrays(path: Path) -> dict[str, NDArray[np.float32]]:
    """The weights in a stored network by name."""
    initializers = load_unpacked(path).graph.initializer
    return {each.name: numpy_helper.to_array(each).astype(np.float32) for each in initializers}
