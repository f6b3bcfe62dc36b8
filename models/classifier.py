"""The classifier of a network of Keras as a graph of its own: from the last layer to the probabilities."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import onnx
from onnx import helper

from models.agreement import Deviation, Floats, compare, nchw, open_session, random_picture, stir
from models.convert import convert
from models.graph import FLOAT, empty_model
from models.layers import forward, run
from models.pretrained import Pretrained
from models.spec import INPUT, Hw

LOGITS, PROBABILITIES = "classifier/logits", "classifier/probabilities"


def classifier(source: Pretrained) -> onnx.ModelProto:
    """The layers after the last one shown: that layer's tensor, NCHW -> logits and probabilities (1, classes).

    No name agrees with one in the network itself.
    """
    features = source.info.layers[-1].name
    tensor, last = source.network.output[features], source.top[-1]
    model = empty_model(f"{source.info.name} classifier")
    graph = model.graph
    convert(graph, source.top, {id(tensor): features})
    _rename(graph, {f"{last.name}/preact": LOGITS, last.name: PROBABILITIES, features: features})
    shape = (1, tensor.shape[3], *tensor.shape[1:3])
    graph.input.append(helper.make_tensor_value_info(features, FLOAT, shape))
    for name in (LOGITS, PROBABILITIES):
        graph.output.append(helper.make_tensor_value_info(name, FLOAT, (1, last.units)))
    onnx.checker.check_model(model, full_check=True)
    return model


def classifier_deviations(
    network: onnx.ModelProto, model: onnx.ModelProto, source: Pretrained, size_hw: Hw
) -> tuple[Deviation, ...]:
    """Compare the logits with those of Keras on a picture of `size_hw`, and the probabilities with their softmax."""
    picture = random_picture(source.info.input, size_hw)
    features = source.info.layers[-1].name
    [fed] = open_session(network).run([features], {INPUT: nchw(picture)})
    logits, probabilities = open_session(model).run([LOGITS, PROBABILITIES], {features: fed})
    softmax = _softmax(logits)
    return (
        compare("the logits", logits, _logits(source, picture), _logits(source, stir(picture))),
        compare("the probabilities", probabilities, softmax, softmax),
    )


def _rename(graph: onnx.GraphProto, names: Mapping[str, str]) -> None:
    """Give every tensor its name in `names`, or else a prefix."""

    def renamed(name: str) -> str:
        return names.get(name, f"classifier/{name}")

    for tensor in graph.initializer:
        tensor.name = renamed(tensor.name)
    for node in graph.node:
        node.input[:] = [renamed(name) for name in node.input]
        node.output[:] = [renamed(name) for name in node.output]
        node.name = node.output[0]


def _logits(source: Pretrained, picture: Floats) -> Floats:
    """What Keras gives before the softmax."""
    last = source.top[-1]
    layers = [*forward(source.network.layers, source.network.outputs), *source.top[:-1]]
    kernel, bias = last.get_weights()
    vector = run(layers, source.network.input, picture)[id(last.input)]
    return np.asarray(vector @ kernel + bias, np.float32)


def _softmax(logits: Floats) -> Floats:
    powers = np.exp(logits.astype(np.float64) - logits.max())
    return np.asarray(powers / powers.sum(), np.float32)
