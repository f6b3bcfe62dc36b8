"""A Keras network exported by tf2onnx in its own layout says what Keras says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest

from models.from_keras.import_tensorflow import import_tensorflow
from models.importing.analysis.find_classifier import PROBABILITIES
from models.importing.input.trial_pictures import natural_image
from models.importing.open_network import open_network
from tests.models.importing.reference import run

CLASSES = 6


@pytest.fixture(scope="module")
def network() -> Any:
    import_tensorflow()
    import keras

    keras.utils.set_random_seed(4)
    layers = keras.layers
    entry = keras.Input((48, 64, 3))
    tensor = layers.Conv2D(8, 3, strides=2, padding="same", use_bias=False, name="stem")(entry)
    tensor = skip = layers.ReLU(name="stem_relu")(layers.BatchNormalization(name="stem_bn")(tensor))
    tensor = layers.Activation("swish")(layers.DepthwiseConv2D(3, padding="same", name="deep")(tensor))
    tensor = layers.Add(name="meet")([layers.Conv2D(8, 1, name="mix")(tensor), skip])
    tensor = layers.MaxPooling2D(3, strides=2, padding="same")(tensor)
    tensor = layers.Conv2D(12, 3, padding="same", activation="relu", name="last")(tensor)
    tensor = layers.Dropout(0.5)(layers.GlobalAveragePooling2D()(tensor))
    model = keras.Model(entry, layers.Dense(CLASSES, activation="softmax", name="scores")(tensor), name="small")
    for weight in model.weights:
        if "bias" in weight.path or "mean" in weight.path or "beta" in weight.path:
            weight.assign(np.random.default_rng(5).normal(0, 0.3, weight.shape))
    return model


@pytest.mark.parametrize("opset", [11, 13])
@pytest.mark.parametrize("shape", [(1, 48, 64, 3), (None, 48, 64, 3), (1, None, None, 3)])
def test_keras_network_says_what_keras_says(
    network: Any, tmp_path: Path, opset: int, shape: tuple[int | None, ...]
) -> None:
    import tensorflow as tf
    import tf2onnx

    signature = [tf.TensorSpec(shape, tf.float32, name="pixels")]
    function = tf.function(network, input_signature=signature)
    model, _ = tf2onnx.convert.from_function(function, input_signature=signature, opset=opset)
    onnx.save(model, tmp_path / "small.onnx")
    opened = open_network(str(tmp_path / "small.onnx"))
    tensor = np.asarray(natural_image((48, 64)) / 255, np.float32)[None]
    expected = np.asarray(network(tensor))[0]
    found = run(str(opened.path), tensor.transpose(0, 3, 1, 2), [PROBABILITIES])[0].ravel()
    np.testing.assert_allclose(found, expected, atol=1e-5)
    assert [layer.name for layer in opened.info.key_layers][-1] == "last"
    assert [layer.stride for layer in opened.info.layers] == [2, 2, 2, 2, 4]
    assert opened.info.input.fixed_hw is None
    assert "Transpose" not in {node.op_type for node in onnx.load(opened.path).graph.node}
