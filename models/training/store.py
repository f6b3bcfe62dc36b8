"""A trained network as one stored file: its layers, its classifier and its labels, checked against Keras."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import helper, numpy_helper

from models.errors import ModelError
from models.graph import FLOAT
from models.spec import CARD, INPUT, ClassifierInfo, ModelInfo
from models.training.network import HEAD, Learner

Floats: TypeAlias = NDArray[np.float32]

TOLERANCE = 1e-4
"""The largest relative error, max|onnx - keras| / max|keras|, allowed in every output."""

LOGITS, PROBABILITIES = "logits", "probabilities"


def store(learner: Learner, name: str, classes: Sequence[str], size: int, probe: Floats) -> onnx.ModelProto:
    """The network under the name `name`; `probe`, float NHWC, is a batch that Keras and ONNX Runtime must agree on.

    Raises ModelError when they do not.
    """
    info = dataclasses.replace(learner.base.info, name=name, weights="trained", classifier=None)
    model = learner.base.stored(learner.base.taps, info)
    _add_classifier(model, info.layers[-1].name, *learner.model.get_layer(HEAD).get_weights())
    classifier = ClassifierInfo(LOGITS, PROBABILITIES, tuple(classes), size_hw=(size, size))
    helper.set_model_props(model, {CARD: dataclasses.replace(info, classifier=classifier).to_json()})
    onnx.checker.check_model(model, full_check=True)
    _check(model, learner, info, probe)
    return model


def _add_classifier(model: onnx.ModelProto, features: str, kernel: Floats, bias: Floats) -> None:
    """Mean over the picture, a dense layer (channels, classes), softmax."""
    graph, classes = model.graph, kernel.shape[1]
    for weights, name in ((kernel, f"{HEAD}_W"), (bias, f"{HEAD}_b")):
        graph.initializer.append(numpy_helper.from_array(weights, name))
    graph.node.extend(
        [
            helper.make_node("GlobalAveragePool", [features], ["features"], name="features"),
            helper.make_node("Flatten", ["features"], ["features/flat"], name="features/flat"),
            helper.make_node("Gemm", ["features/flat", f"{HEAD}_W", f"{HEAD}_b"], [LOGITS], name=LOGITS),
            helper.make_node("Softmax", [LOGITS], [PROBABILITIES], name=PROBABILITIES),
        ]
    )
    for name in (LOGITS, PROBABILITIES):
        graph.output.append(helper.make_tensor_value_info(name, FLOAT, (1, classes)))


def _check(model: onnx.ModelProto, learner: Learner, info: ModelInfo, probe: Floats) -> None:
    error = max(worst_error(model, learner, info, picture[None]) for picture in probe)
    if not error <= TOLERANCE:  # NaN is refused too
        raise ModelError(f"{info.name} as ONNX is {error:.1e} off Keras, expected at most {TOLERANCE:.0e}")


def worst_error(model: onnx.ModelProto, learner: Learner, info: ModelInfo, picture: Floats) -> float:
    """The largest relative error of a layer or of the logits on one picture, float (1, h, w, 3)."""
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
    import onnxruntime

    layers = [layer.name for layer in info.layers]
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    found = session.run([*layers, LOGITS], {INPUT: np.ascontiguousarray(picture.transpose(0, 3, 1, 2))})
    taps = learner.base.taps(picture)
    expected = [np.transpose(taps[name], (0, 3, 1, 2)) for name in layers] + [np.asarray(learner.model(picture))]
    errors = [
        np.abs(one - other).max() / (np.abs(other).max() or 1) for one, other in zip(found, expected, strict=True)
    ]
    return float(np.max(errors))
