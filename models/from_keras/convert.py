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
    """A copy of `network` with the same outputs that takes any input size, with the padding of the original."""
    import keras

    copy = keras.models.clone_model(network, input_tensors=keras.Input((None, None, 3)), clone_function=_convertible)
    for layer in copy.layers:
        if layer.weights:
            layer.set_weights(network.get_layer(layer.name).get_weights())
    return copy


def _convertible(layer: Layer) -> Layer:
    """A new layer that computes the same, whose constants tf2onnx folds and which needs no transpose."""
    from keras import layers

    if kind(layer) == "Normalization":
        mean, variance = (np.asarray(array, np.float64).ravel() for array in (layer.mean, layer.variance))
        scale = 1 / np.maximum(np.sqrt(variance), 1e-7)  # Keras's epsilon
        return layers.Rescaling(scale.tolist(), (-mean * scale).tolist(), name=layer.name)
    if kind(layer) == "GlobalAveragePooling2D":
        return layers.GlobalAveragePooling2D(keepdims=True, name=layer.name)
    if kind(layer) == "Reshape":  # of an average to one pixel, which it already is
        return layers.Activation("linear", name=layer.name)
    return type(layer).from_config(layer.get_config())


def convert(network: keras.Model) -> onnx.ModelProto:
    """Convert `network`, made by `any_size`, whose outputs are a dictionary of names, with tf2onnx."""
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
