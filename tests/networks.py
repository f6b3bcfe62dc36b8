"""Small networks that tests can reason about."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import onnx
from onnx import helper

from models.graph.builder import FLOAT, GraphBuilder, empty_model
from models.spec import INPUT, RECORD, ClassifierInfo, InputInfo, LayerInfo, ModelInfo

COLOURS = ("blue", "green", "red")


def colour_network(path: Path, *, apart: bool = False, sharpness: float = 10.0) -> ModelInfo:
    """Write a network that names the colour a picture has most of; its classifier may lie in a file of its own."""
    names, digest = ("logits", "probabilities"), ""
    classifier = _classifier(sharpness)
    if apart:
        names = ("classifier/logits", "classifier/probabilities")
        for old, new in zip(("logits", "probabilities"), names, strict=True):
            _rename(classifier, old, new)
        path.with_suffix(".classifier.onnx").write_bytes(classifier.SerializeToString())
        digest = hashlib.sha256(classifier.SerializeToString()).hexdigest()
    info = ModelInfo(
        name="colours",
        weights="made",
        input=InputInfo(scale=(1 / 255,) * 3, smallest=4),
        layers=(LayerInfo("conv1", 3, 1, 1), LayerInfo("conv2", 3, 2, 2)),
        classifier=ClassifierInfo(
            *names,
            labels=COLOURS,
            size_hw=(16, 16),
            file=path.with_suffix(".classifier.onnx").name if apart else "",
            digest=digest,
            features="conv2" if apart else "",
        ),
    )
    model = _convolutions()
    if not apart:
        model.graph.node.extend(classifier.graph.node)
        model.graph.initializer.extend(classifier.graph.initializer)
    helper.set_model_props(model, {RECORD: info.to_json()})
    path.write_bytes(model.SerializeToString())
    return info


def write_headless(path: Path) -> Path:
    """Write the same network without a classifier, named after the file."""
    layers = (LayerInfo("conv1", 3, 1, 1), LayerInfo("conv2", 3, 2, 2))
    model = _convolutions()
    helper.set_model_props(model, {RECORD: ModelInfo(path.stem, "made", InputInfo(smallest=4), layers).to_json()})
    path.write_bytes(model.SerializeToString())
    return path


def _convolutions() -> onnx.ModelProto:
    """Two convolutions that leave the colours as they are; the second halves the size."""
    model = empty_model("colours")
    draft, tensor = GraphBuilder(model), INPUT
    draft.input(INPUT, FLOAT, (1, 3, "height", "width"))
    kernel = np.eye(3, dtype=np.float32)[:, :, None, None]
    for name, stride in (("conv1", 1), ("conv2", 2)):
        tensor = draft.op("Relu", draft.op("Conv", tensor, draft.constant(kernel), strides=[stride, stride]))
        draft.output(tensor, name, FLOAT, (1, 3, None, None))
        tensor = name
    return model


def _classifier(sharpness: float) -> onnx.ModelProto:
    model = empty_model("classifier")
    draft = GraphBuilder(model, "classifier")
    mean = draft.op("Flatten", draft.op("GlobalAveragePool", "conv2"))
    scores = draft.op("MatMul", mean, draft.constant(np.eye(3, dtype=np.float32) * sharpness))
    for tensor, name in ((scores, "logits"), (draft.op("Softmax", scores, axis=1), "probabilities")):
        model.graph.node.append(helper.make_node("Identity", [tensor], [name]))
    return model


def _rename(model: onnx.ModelProto, old: str, new: str) -> None:
    for node in model.graph.node:
        node.output[:] = [new if name == old else name for name in node.output]
