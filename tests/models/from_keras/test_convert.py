"""Small networks of the shapes that the zoo is made of: tf2onnx's answer agrees with Keras and is a plain graph."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
import pytest

from models.from_keras.compare_with_keras import deviations, nchw
from models.from_keras.convert import any_size
from models.from_keras.import_tensorflow import import_tensorflow
from models.from_keras.keras_passes import stored
from models.from_keras.layers import describe, find_taps, forward, kind, run
from models.spec import InputInfo, ModelInfo

Make: TypeAlias = Callable[[Any, Any], Any]
"""What follows a symbolic picture; the first argument is keras.layers."""

INPUT_INFO = InputInfo(colours="RGB", scale=(1 / 255,) * 3)


def normed(layers: Any, tensor: Any, **convolution: Any) -> Any:
    made = layers.Conv2D(6, 3, use_bias=False, **convolution)(tensor)
    return layers.ReLU(6.0)(layers.BatchNormalization(scale=False)(made))


def depthwise(layers: Any, tensor: Any) -> Any:
    """A padded depthwise convolution behind a shown layer, as in MobileNetV2."""
    tensor = layers.ZeroPadding2D(((0, 1), (0, 1)))(normed(layers, tensor, padding="same", strides=2))
    tensor = layers.DepthwiseConv2D(3, strides=2, use_bias=False)(tensor)
    return layers.Activation("relu")(layers.BatchNormalization()(tensor))


def residual(layers: Any, tensor: Any) -> Any:
    """A convolution with bias and batch norm, a padded pool and a sum, as in ResNet50."""
    tensor = layers.Activation("relu")(layers.BatchNormalization()(layers.Conv2D(6, 3, padding="same")(tensor)))
    tensor = layers.MaxPooling2D(3, strides=2)(layers.ZeroPadding2D(1)(tensor))
    return layers.Activation("relu", name="out")(layers.Add()([tensor, layers.Conv2D(6, 1)(tensor)]))


def branches(layers: Any, tensor: Any) -> Any:
    """An averaged branch beside another, as in InceptionV3."""
    tensor = normed(layers, tensor)
    pooled = layers.AveragePooling2D(3, strides=1, padding="same")(tensor)
    return layers.Concatenate(name="mixed")([normed(layers, tensor, padding="same"), layers.Conv2D(6, 1)(pooled)])


def gated(layers: Any, tensor: Any) -> Any:
    """Preprocessing in the network, and channels gated by their means, as in EfficientNet."""
    tensor = layers.Rescaling(1 / 255)(tensor)
    tensor = layers.Normalization(mean=[0.1, 0.2, 0.3], variance=[1.0, 4.0, 9.0])(tensor)
    tensor = layers.Conv2D(6, 3, padding="same", activation="silu")(tensor)
    gate = layers.Reshape((1, 1, 6))(layers.GlobalAveragePooling2D()(tensor))
    gate = layers.Conv2D(6, 1, activation="sigmoid")(layers.Conv2D(2, 1, activation="silu")(gate))
    return layers.Conv2D(6, 1)(layers.Dropout(0.2)(layers.Multiply()([tensor, gate])))


NETWORKS: dict[str, tuple[Make, list[str]]] = {
    "depthwise": (depthwise, ["Clip", "Conv", "Conv", "Relu"]),
    "residual": (residual, ["Add", "Conv", "Conv", "MaxPool", "Relu", "Relu"]),
    "branches": (branches, ["AveragePool", "Clip", "Clip", "Concat", "Conv", "Conv", "Conv"]),
    "gated": (gated, ["Add"] * 2 + ["Conv"] * 4 + ["Mul"] * 5 + ["ReduceMean"] + ["Sigmoid"] * 3),
}


def network_of(make: Make) -> tuple[Any, ModelInfo]:
    """A network with random weights for pictures of 32 x 48, and its record."""
    import_tensorflow()
    import keras

    start = keras.Input((32, 48, 3))
    whole = keras.Model(start, make(keras.layers, start))
    random = np.random.default_rng(3)
    for layer in whole.layers:
        if kind(layer) != "Normalization":
            layer.set_weights([random.uniform(-0.5, 1, array.shape) ** 2 for array in layer.weights])
    layers = forward(whole.layers, whole.outputs)
    taps = find_taps(layers, "out|mixed")
    return keras.Model(start, taps), ModelInfo("small", "none", INPUT_INFO, describe(taps, layers, start, ".*"))


@pytest.mark.parametrize("name", NETWORKS)
def test_a_network_computes_what_it_computes_in_keras(name: str) -> None:
    make, kinds = NETWORKS[name]
    network, info = network_of(make)
    model = stored(network, info)
    assert sorted(node.op_type for node in model.graph.node) == kinds
    assert not [each for each in deviations(model, network, INPUT_INFO, [(32, 48), (64, 40)]) if each.excessive]


def test_a_copy_of_any_size_gives_the_same() -> None:
    network, _ = network_of(gated)
    copy = any_size(network)
    picture = np.random.default_rng(4).uniform(0, 255, (1, 32, 48, 3)).astype(np.float32)
    expected = run(forward(network.layers, network.outputs), network.input, picture)
    found = copy(picture)
    for name, tensor in network.output.items():
        np.testing.assert_allclose(nchw(found[name]), nchw(expected[id(tensor)]), rtol=1e-4, atol=1e-6)
