"""One rule for each kind of layer, compared with Keras; and a classifier like VGG's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
import pytest

from models.agreement import nchw, open_session
from models.convert import RULES, convert
from models.errors import ModelError
from models.frameworks import import_keras
from models.graph import FLOAT, empty_model
from models.layers import forward, kind
from models.spec import INPUT

Make: TypeAlias = Callable[[Any], Any]
"""What follows a symbolic tensor."""


def examples() -> dict[str, Make]:
    """For each name a layer or two, behind a tensor of four channels; Keras is imported late."""
    import_keras()
    from keras import layers

    return {
        "Conv2D": lambda tensor: layers.Conv2D(6, (3, 2), dilation_rate=(1, 2), padding="same", activation="relu")(
            tensor
        ),
        "Conv2D without bias": lambda tensor: layers.Conv2D(6, 3, use_bias=False, groups=2)(tensor),
        "Conv2D with stride": lambda tensor: layers.Conv2D(6, 3, strides=2, padding="same", activation="silu")(tensor),
        "DepthwiseConv2D": lambda tensor: layers.DepthwiseConv2D(3, depth_multiplier=2, padding="same")(tensor),
        "BatchNormalization": lambda tensor: layers.BatchNormalization()(tensor),
        "BatchNormalization without gamma": lambda tensor: layers.BatchNormalization(scale=False)(tensor),
        "Activation": lambda tensor: layers.Activation("sigmoid")(tensor),
        "ReLU": lambda tensor: layers.ReLU(0.5)(tensor),
        "Dropout": lambda tensor: layers.ReLU()(layers.Dropout(0.5)(tensor)),
        "MaxPooling2D": lambda tensor: layers.MaxPooling2D(3, strides=2)(tensor),
        "AveragePooling2D": lambda tensor: layers.AveragePooling2D(3, strides=1, padding="same")(tensor),
        "ZeroPadding2D": lambda tensor: layers.ZeroPadding2D(((0, 1), (2, 3)))(tensor),
        "Rescaling": lambda tensor: layers.Rescaling([1.0, 2.0, 3.0, 4.0], 0.5)(tensor),
        "Normalization": lambda tensor: layers.Normalization(mean=[1.0, 2, 3, 4], variance=[1.0, 4, 9, 16])(tensor),
        "Add": lambda tensor: layers.Add()([tensor, layers.Rescaling(2.0)(tensor)]),
        "Multiply": lambda tensor: layers.Multiply()(
            [tensor, layers.Reshape((1, 1, 4))(layers.GlobalAveragePooling2D()(tensor))]
        ),
        "Concatenate": lambda tensor: layers.Concatenate()([tensor, layers.ReLU()(tensor)]),
        "Dense": lambda tensor: layers.Dense(3, activation="softmax")(layers.GlobalAveragePooling2D()(tensor)),
        "Flatten": lambda tensor: layers.Dense(3)(layers.Dense(9, activation="relu")(layers.Flatten()(tensor))),
    }


NAMES = (
    "Conv2D",
    "Conv2D without bias",
    "Conv2D with stride",
    "DepthwiseConv2D",
    "BatchNormalization",
    "BatchNormalization without gamma",
    "Activation",
    "ReLU",
    "Dropout",
    "MaxPooling2D",
    "AveragePooling2D",
    "ZeroPadding2D",
    "Rescaling",
    "Normalization",
    "Add",
    "Multiply",
    "Concatenate",
    "Dense",
    "Flatten",
)


def random_weights(network: Any) -> None:
    random = np.random.default_rng(3)
    for layer in network.layers:
        if kind(layer) != "Normalization":
            layer.set_weights([random.uniform(0.2, 1, array.shape) for array in layer.weights])


def network_of(make: Make) -> Any:
    import keras

    start = keras.Input((8, 10, 4))
    return keras.Model(start, make(start))


@pytest.mark.parametrize("name", NAMES)
def test_a_layer_computes_what_it_computes_in_keras(name: str) -> None:
    network = network_of(examples()[name])
    random_weights(network)
    tensor = np.random.default_rng(4).normal(size=(1, 8, 10, 4)).astype(np.float32)
    expected = np.asarray(network(tensor))
    found = converted(network).run(["output"], {INPUT: nchw(tensor)})[0]
    np.testing.assert_allclose(found, nchw(expected) if expected.ndim == 4 else expected, rtol=1e-4, atol=1e-5)


def converted(network: Any) -> Any:
    """A session on the converted network, whose output is called so."""
    model = empty_model("layer")
    names = {id(network.input): INPUT, id(network.output): "output"}
    convert(model.graph, forward(network.layers, network.outputs), names)
    for values, name in ((model.graph.input, INPUT), (model.graph.output, "output")):
        values.add(name=name).type.tensor_type.elem_type = FLOAT
    return open_session(model)


def test_every_rule_has_an_example() -> None:
    used = {kind(layer) for make in examples().values() for layer in network_of(make).layers}
    assert used - {"InputLayer"} == set(RULES)
    assert set(examples()) == set(NAMES)


@pytest.mark.parametrize(
    ("name", "arguments", "words"),
    [
        ("UpSampling2D", {"name": "wider"}, "cannot convert layer 'wider': there is no rule for UpSampling2D"),
        ("Conv2D", {"filters": 2, "kernel_size": 3, "activation": "gelu"}, "no rule for the activation gelu"),
        ("Reshape", {"target_shape": (10, 8, 4), "name": "turned"}, "'turned': there is no rule for the shape"),
    ],
)
def test_a_layer_without_a_rule_is_named(name: str, arguments: dict[str, Any], words: str) -> None:
    import_keras()
    from keras import layers

    with pytest.raises(ModelError, match=words):
        converted(network_of(getattr(layers, name)(**arguments)))
