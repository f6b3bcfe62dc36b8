"""A trained network as one ONNX file with its layers, classifier and labels, verified against Keras."""

import dataclasses
from collections.abc import Iterator, Sequence

import numpy as np
import onnx

from models.from_keras.classifier import LOGITS, PROBABILITIES, append_classifier
from models.from_keras.compare_with_keras import (
    Deviation,
    check_deviations,
    compare,
    cpu_session,
    deviations,
    nchw,
    perturb,
    random_picture,
)
from models.from_keras.convert import convert
from models.from_keras.keras_passes import to_stored
from models.from_keras.layers import forward
from models.spec import CLASSES, INPUT, ClassifierInfo, Hw, ModelInfo
from models.training.network.learner import Learner


def store(learner: Learner, name: str, classes: Sequence[str], size: int) -> tuple[onnx.ModelProto, ModelInfo]:
    """The ONNX model called `name`, with batch norm folded in, and its metadata; trained on images of `size`.

    Raises ModelError when the outputs of ONNX Runtime and Keras differ.
    """
    classifier = ClassifierInfo(LOGITS, PROBABILITIES, tuple(classes), size_hw=(size, size))
    info = dataclasses.replace(learner.base.info, name=name, weights="trained", classifier=classifier)
    model = _converted(learner, info)
    check_deviations(name, _deviations(model, learner, (size, size)))
    return model, info


def _converted(learner: Learner, info: ModelInfo) -> onnx.ModelProto:
    taps, whole = learner.base.taps, learner.model
    model = to_stored(convert(taps), info)
    base = forward(taps.layers, taps.outputs)
    top = [layer for layer in forward(whole.layers, [whole.output[CLASSES]]) if layer not in base]
    append_classifier(model, top, info.layers[-1].name)
    onnx.checker.check_model(model, full_check=True)
    return model


def _deviations(model: onnx.ModelProto, learner: Learner, size_hw: Hw) -> Iterator[Deviation]:
    """The deviations of the layers and the logits on a random image."""
    input_info = learner.base.info.input
    yield from deviations(model, learner.base.taps, input_info, [size_hw])
    picture = random_picture(input_info, size_hw)
    [logits] = cpu_session(model).run([LOGITS], {INPUT: nchw(picture)})
    expected, stirred = (np.asarray(learner.model(each)[CLASSES]) for each in (picture, perturb(picture)))
    yield compare("the logits", logits, expected, stirred)
