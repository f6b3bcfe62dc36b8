"""The classifier of a Keras network as ONNX: from the last layer to the probabilities.

It is built from the weights: tf2onnx needs 24 GB of memory for VGG16's.
"""

from collections.abc import Sequence

import numpy as np
import onnx
from numpy.typing import NDArray

from models.from_keras.compare_with_keras import Deviation, Floats, compare, cpu_session, nchw, perturb, random_picture
from models.from_keras.layers import Layer, forward, kind, run
from models.from_keras.pretrained import Pretrained
from models.graph.builder import FLOAT, GraphBuilder, empty_model
from models.spec import INPUT, Hw

LOGITS, PROBABILITIES = "classifier/logits", "classifier/probabilities"


def classifier(source: Pretrained) -> onnx.ModelProto:
    """A separate graph of the layers after the last one shown: NCHW -> logits and probabilities (1, classes).

    It shares no name with the network except its input.
    """
    features = source.info.layers[-1].name
    tensor = source.network.output[features]
    model = empty_model(f"{source.info.name} classifier")
    GraphBuilder(model).input(features, FLOAT, (1, tensor.shape[3], *tensor.shape[1:3]))
    append_classifier(model, source.top, features)
    onnx.checker.check_model(model, full_check=True)
    return model


def append_classifier(model: onnx.ModelProto, layers: Sequence[Layer], features: str) -> None:
    """Add `layers`, from the tensor `features` in NCHW to the classes, and the outputs LOGITS and PROBABILITIES."""
    builder = GraphBuilder(model, "classifier")
    tensor = features
    for layer in layers:
        tensor = _write(builder, layer, tensor)
    shape = (1, layers[-1].units)
    builder.output(tensor, LOGITS, FLOAT, shape)
    builder.output(builder.op("Softmax", tensor), PROBABILITIES, FLOAT, shape)


def _write(builder: GraphBuilder, layer: Layer, tensor: str) -> str:
    """Write `layer`, without a softmax; returns its output."""
    match kind(layer):
        case "MaxPooling2D":
            return builder.op("MaxPool", tensor, kernel_shape=layer.pool_size, strides=layer.strides)
        case "GlobalAveragePooling2D":
            return builder.op("Flatten", builder.op("GlobalAveragePool", tensor))
        case "Flatten":
            return builder.op("Flatten", tensor)
        case "Dense":
            kernel, bias = layer.get_weights()
            sums = builder.op("Gemm", tensor, builder.constant(_rows(layer, kernel)), builder.constant(bias))
            return builder.op("Relu", sums) if layer.activation.__name__ == "relu" else sums
    return tensor


def _rows(layer: Layer, kernel: NDArray[np.float32]) -> NDArray[np.float32]:
    """The kernel (in, out) for an input flattened channel by channel; Keras flattens pixel by pixel."""
    maker = layer.input._keras_history.operation
    if kind(maker) != "Flatten":
        return kernel
    return kernel.reshape(*maker.input.shape[1:], -1).transpose(2, 0, 1, 3).reshape(kernel.shape)


def classifier_deviations(
    network: onnx.ModelProto, model: onnx.ModelProto, source: Pretrained, size_hw: Hw
) -> tuple[Deviation, ...]:
    """Compare the logits with those of Keras on a picture of `size_hw`, and the probabilities with their softmax."""
    picture = random_picture(source.info.input, size_hw)
    features = source.info.layers[-1].name
    [values] = cpu_session(network).run([features], {INPUT: nchw(picture)})
    logits, probabilities = cpu_session(model).run([LOGITS, PROBABILITIES], {features: values})
    softmax = _softmax(logits)
    return (
        compare("the logits", logits, _logits(source, picture), _logits(source, perturb(picture))),
        compare("the probabilities", probabilities, softmax, softmax),
    )


def _logits(source: Pretrained, picture: Floats) -> Floats:
    """The logits of Keras, before the softmax."""
    last = source.top[-1]
    layers = [*forward(source.network.layers, source.network.outputs), *source.top[:-1]]
    kernel, bias = last.get_weights()
    vector = run(layers, source.network.input, picture)[id(last.input)]
    return np.asarray(vector @ kernel + bias, np.float32)


def _softmax(logits: Floats) -> Floats:
    powers = np.exp(logits.astype(np.float64) - logits.max())
    return np.asarray(powers / powers.sum(), np.float32)
