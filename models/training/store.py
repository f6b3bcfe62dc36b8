"""A trained network as one stored file: its layers, its classifier and its labels, checked against Keras."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np
import onnx

from models.agreement import open_session, random_picture, relative_error, worst_error
from models.classifier import LOGITS, PROBABILITIES, append_classifier
from models.convert import convert
from models.errors import ModelError
from models.layers import forward
from models.plain import plain
from models.spec import INPUT, ClassifierInfo, Hw, ModelInfo
from models.training.network import Learner

TOLERANCE = 1e-4
"""The largest relative error, max|onnx - keras| / max|keras|, allowed in every layer and in the logits."""


def store(learner: Learner, name: str, classes: Sequence[str], size: int) -> tuple[onnx.ModelProto, ModelInfo]:
    """The network under the name `name`, batch norm folded in, and its facts; trained on pictures of `size`.

    Raises ModelError when ONNX Runtime and Keras do not agree on it.
    """
    classifier = ClassifierInfo(LOGITS, PROBABILITIES, tuple(classes), size_hw=(size, size))
    info = dataclasses.replace(learner.base.info, name=name, weights="trained", classifier=classifier)
    model = _converted(learner, info)
    error = _worst(model, learner, (size, size))
    if not error <= TOLERANCE:  # NaN is refused too
        raise ModelError(f"{name} as ONNX is {error:.1e} off Keras, expected at most {TOLERANCE:.0e}")
    return model, info


def _converted(learner: Learner, info: ModelInfo) -> onnx.ModelProto:
    taps, whole = learner.base.taps, learner.model
    model = plain(convert(taps), info)
    base = forward(taps.layers, taps.outputs)
    top = [layer for layer in forward(whole.layers, whole.outputs) if layer not in base]
    append_classifier(model, top, info.layers[-1].name)
    onnx.checker.check_model(model, full_check=True)
    return model


def _worst(model: onnx.ModelProto, learner: Learner, size_hw: Hw) -> float:
    """The largest relative error of a layer or of the logits on a random picture."""
    input_info = learner.base.info.input
    picture = random_picture(input_info, size_hw)
    [logits] = open_session(model).run([LOGITS], {INPUT: np.ascontiguousarray(picture.transpose(0, 3, 1, 2))})
    named = relative_error(logits, np.asarray(learner.model(picture)))
    return max(named, worst_error(model, learner.base.taps, input_info, [size_hw]))
