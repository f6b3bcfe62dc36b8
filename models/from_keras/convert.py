"""Keras network -> ONNX in NCHW with one output per layer, by tf2onnx."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import onnx

from models.from_keras.layers import Layer, kind
from models.graph.builder import OPSET
from models.spec import INPUT

if TYPE_CHECKING:
    import keras


def any_size(network: keras.Model) -> keras.Model:
    """A copy of `network`, with the same outputs, that takes pictures of any size; padded as the original is."""
    import keras

    copy = keras.models.clone_model(network, input_tensors=keras.Input((None, None, 3)), clone_function=_convertible)
    for layer in copy.layers:
        if layer.weights:
            layer.set_weights(network.get_layer(layer.name).get_weights())
    return copy


def _convertible(layer: Layer) -> Layer:
    """A new layer that does the same, such that tf2onnx knows its numbers and leaves no transpose around it."""
    from keras import layers

    if kind(layer) == "Normalization":
        mean, variance = (np.asarray(array, np.float64).ravel() for array in (layer.mean, layer.variance))
        scale = 1 / np.maximum(np.sqrt(variance), 1e-7)  # Keras's epsilon
        return layers.Rescaling(scale.tolist(), (-mean * scale).tolist(), name=layer.name)
    if kind(layer) == "GlobalAveragePooling2D":
        return layers.GlobalAveragePooling2D(keepdims=True, name=layer.name)
    if kind(layer) == "Reshape":  # what was averaged, to a picture of one point, which it is already
        return layers.Activation("linear", name=layer.name)
    return type(layer).from_config(layer.get_config())


def convert(network: keras.Model) -> onnx.ModelProto:
    """What tf2onnx makes of `network`, a copy as `any_size` makes it whose outputs are a dictionary of names."""
    import tensorflow as tf
    import tf2onnx

    signature = [tf.TensorSpec((1, None, None, 3), tf.float32, name=INPUT)]
    model: onnx.ModelProto
    model, _ = tf2onnx.convert.from_function(  # from_keras breaks with Keras 3 (onnx/tensorflow-onnx#2348)
        tf.function(network, input_signature=signature, autograph=False),
        input_signature=signature,
        opset=OPSET,
        inputs_as_nchw=[INPUT],
        outputs_as_nchw=list(network.output),
    )
    return model
