"""Keras network -> plain NCHW float32 ONNX file with one output per layer, and its classifier in a file beside it."""

from __future__ import annotations

import dataclasses
import hashlib
import logging
from dataclasses import dataclass
from pathlib import Path

import onnx
from onnx import helper

from models.errors import ModelError, OutputError
from models.files import write_atomically, write_together
from models.from_keras.agreement import deviations, refuse_excess
from models.from_keras.classifier import LOGITS, PROBABILITIES, classifier, classifier_deviations
from models.from_keras.convert import any_size, convert
from models.from_keras.layers import Layer
from models.from_keras.plain import plain
from models.from_keras.pretrained import Pretrained, imagenet_labels, load
from models.labels import numbered_labels, read_labels
from models.spec import CARD, ClassifierInfo, Hw, ModelInfo
from models.zoo import ZooEntry

WIDE_HW: Hw = (160, 288)
"""A size that no network was trained at: each is compared with Keras there too, and at the smallest it takes."""

ERROR_KEY = "ventral.worst_error"
"""The metadata key under which a stored network keeps its largest relative error."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Finished:
    """What is to be written: a network, a classifier where there is one, and the names of its classes."""

    info: ModelInfo
    network: onnx.ModelProto
    classifier: onnx.ModelProto | None
    labels: tuple[str, ...]
    size_hw: Hw
    error: float


def export(
    entry: ZooEntry, *, weights: str, until: str | None, out: Path, force: bool, labels: Path | None = None
) -> ModelInfo:
    """Write the network of `entry` to `out` once its outputs agree with Keras, and return its facts.

    `weights` is "imagenet", "none" (seeded) or the path of a weights file; `until` names the last layer kept;
    `labels` is a file that names the classes. A classifier is written beside `out`, see `classifier_path`.
    Progress goes to the log of this package. Raises ModelError, OutputError or SetupError, leaving no file.
    """
    _refuse(out, force)
    if labels:
        read_labels(labels)  # or a slip is found out only once TensorFlow has started
    source = load(entry, weights, until)
    names = _labels(source, weights, labels)
    if source.top:
        _refuse(classifier_path(out), force)
    _log.info("converting %s to ONNX", source.info.name)
    model = stored(source.network, source.info)
    top = classifier(source) if source.top else None
    _log.info("comparing %s with Keras", source.info.name)
    error = _check(source, model, top, entry)
    return _write(_Finished(source.info, model, top, names, entry.size_hw, error), out)


def stored(network: Layer, info: ModelInfo) -> onnx.ModelProto:
    """The stored network of a Keras model whose outputs are a dictionary with the names of the layers of `info`."""
    return plain(convert(any_size(network)), info)


def classifier_path(out: Path) -> Path:
    """Where the classifier of the network in the file `out` lies: net.onnx -> net.classifier.onnx."""
    return out.with_name(f"{out.stem}.classifier.onnx")


def _check(source: Pretrained, model: onnx.ModelProto, top: onnx.ModelProto | None, entry: ZooEntry) -> float:
    """The largest relative error; ModelError when a layer is further off Keras than rounding explains."""
    sizes = [entry.size_hw, WIDE_HW, (entry.input.smallest,) * 2]
    found = list(deviations(model, source.network, entry.input, sizes))
    if top:
        found += classifier_deviations(model, top, source, entry.size_hw)
    return refuse_excess(entry.name, found)


def _labels(source: Pretrained, weights: str, file: Path | None) -> tuple[str, ...]:
    """What the classes are called: as the file says, as ImageNet calls them, or by their numbers."""
    if not source.top:
        if file:
            raise ModelError(f"{source.info.name} gets no classifier, so there is nothing to name; leave out --labels")
        return ()
    classes = source.top[-1].units
    if file:
        return read_labels(file, classes)
    return (imagenet_labels() if weights == "imagenet" else ()) or numbered_labels(classes)


def _refuse(out: Path, force: bool) -> None:
    if out.is_dir():
        raise OutputError(f"{out} is a folder; name a file in it, such as {out / 'network.onnx'}")
    if out.exists() and not force:
        raise OutputError(f"{out} exists already; use --force to replace it")


def _write(done: _Finished, out: Path) -> ModelInfo:
    """Write the network, and its classifier, where there is one, so that the network can say what it is."""
    if done.classifier is None:
        write_atomically(out, _network(done, done.info))
        return done.info
    beside, content = classifier_path(out), done.classifier.SerializeToString()
    head = ClassifierInfo(
        logits=LOGITS,
        probabilities=PROBABILITIES,
        labels=done.labels,
        size_hw=done.size_hw,
        file=beside.name,
        digest=hashlib.sha256(content).hexdigest(),
        features=done.info.layers[-1].name,
    )
    info = dataclasses.replace(done.info, classifier=head)
    write_together({out: _network(done, info), beside: content})
    return info


def _network(done: _Finished, info: ModelInfo) -> bytes:
    helper.set_model_props(done.network, {CARD: info.to_json(), ERROR_KEY: f"{done.error:.1e}"})
    return bytes(done.network.SerializeToString())
