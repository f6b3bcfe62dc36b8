"""The first blocks of six Keras networks, with random weights and statistics, against TensorFlow's gradients."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
import onnx
import pytest
from numpy.typing import NDArray

from models.graph import OPSET
from tests.models.test_gradient import assert_agrees, energy_gradient

SIZE = 96

NETWORKS = {
    "VGG16": ("block2_conv1", "block3_conv2"),
    "InceptionV3": ("conv2d_2", "mixed0", "mixed3"),
    "ResNet50": ("conv2_block1_out", "conv3_block1_out"),
    "MobileNetV2": ("block_2_add", "block_4_add"),
    "DenseNet121": ("conv2_block2_concat", "pool2_pool"),
    "EfficientNetB0": ("block1a_project_bn", "block3a_activation"),
}
"""The layers that the gradient is taken of: what lies behind the last repeats what lies before."""


@pytest.fixture(scope="module", params=NETWORKS)
def network(request: pytest.FixtureRequest) -> Any:
    """A Keras network: pictures -> {layer: activations}."""
    os.environ |= {"TF_CPP_MIN_LOG_LEVEL": "3", "KERAS_BACKEND": "tensorflow"}
    import keras

    keras.utils.clear_session()
    keras.utils.set_random_seed(1)
    whole = getattr(keras.applications, request.param)(include_top=False, weights=None, input_shape=(SIZE, SIZE, 3))
    # tf2onnx loses the constants of EfficientNet's Normalization
    start = whole.get_layer("normalization").output if request.param == "EfficientNetB0" else whole.input
    model = keras.Model(start, {name: whole.get_layer(name).output for name in NETWORKS[request.param]})
    randomise(model)
    return model


def randomise(model: Any) -> None:
    """Give every vector, such as a bias or the statistics of a batch, numbers that are not those of the start."""
    rng = np.random.default_rng(0)
    for variable in model.weights:
        if len(variable.shape) == 1:
            positive = any(word in variable.path for word in ("gamma", "variance"))
            numbers = rng.uniform(0.5, 2.0, variable.shape) if positive else rng.normal(0.0, 0.3, variable.shape)
            variable.assign(numbers)


def test_keras_network_agrees_with_tensorflow(network: Any) -> None:
    import tensorflow as tf

    picture = tf.constant(np.random.default_rng(3).normal(size=(1, SIZE, SIZE, 3)), tf.float32)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(picture)
        energies = {name: tf.reduce_mean(tf.square(output)) for name, output in network(picture).items()}
    model = converted(network)
    for layer, energy in energies.items():
        copy = onnx.ModelProto.FromString(model)
        found = energy_gradient(copy, layer, nchw(picture))
        assert_agrees(found, nchw(tape.gradient(energy, picture)), 1e-3)


def nchw(tensor: Any) -> NDArray[np.float32]:
    return np.ascontiguousarray(np.transpose(tensor, (0, 3, 1, 2)))


def converted(network: Any) -> bytes:
    import tensorflow as tf
    import tf2onnx

    signature = [tf.TensorSpec((1, SIZE, SIZE, 3), tf.float32, name="input")]
    model, _ = tf2onnx.convert.from_function(
        tf.function(network, input_signature=signature),
        input_signature=signature,
        opset=OPSET,
        inputs_as_nchw=["input"],
        outputs_as_nchw=list(network.output),
    )
    return bytes(model.SerializeToString())
