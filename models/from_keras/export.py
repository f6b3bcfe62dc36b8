"""Keras network -> NCHW float32 ONNX file with one output per layer, and its classifier in a file beside it."""

import dataclasses
import hashlib
import logging
from dataclasses import dataclass
from pathlib import Path

import onnx
from onnx import helper

from models.errors import ModelError
from models.files import check_replaceable, write_atomically, write_together
from models.from_keras.classifier import LOGITS, PROBABILITIES, classifier, classifier_deviations
from models.from_keras.compare_with_keras import check_deviations, deviations
from models.from_keras.keras_passes import stored
from models.from_keras.pretrained import Pretrained, imagenet_labels, load
from models.labels import numbered_labels, read_labels
from models.spec import RECORD, ClassifierInfo, Hw, ModelInfo
from models.zoo import ZooEntry

WIDE_HW: Hw = (160, 288)
"""A size that no network was trained at; each is compared with Keras at this size and at its smallest, too."""

ERROR_KEY = "ventral.worst_error"
"""The metadata key under which a stored network keeps its largest relative error."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Finished:
    """The result to write: a network, its classifier if it has one, and the class names."""

    info: ModelInfo
    network: onnx.ModelProto
    classifier: onnx.ModelProto | None
    labels: tuple[str, ...]
    size_hw: Hw
    error: float


def export(
    entry: ZooEntry, *, weights: str, until: str | None, out: Path, force: bool, labels: Path | None = None
) -> ModelInfo:
    """Write the network of `entry` to `out` if its outputs agree with Keras, and return its record.

    `weights` is "imagenet", "none" (seeded) or the path of a weights file; `until` names the last layer kept;
    `labels` is a file that names the classes. A classifier is written beside `out`, see `classifier_path`.
    Progress goes to the log of this package. Raises ModelError, OutputError or SetupError, leaving no file.
    """
    check_replaceable(out, force=force)
    if labels:
        read_labels(labels)  # before TensorFlow starts, which takes seconds
    source = load(entry, weights, until)
    names = _labels(source, weights, labels)
    if source.top:
        check_replaceable(classifier_path(out), force=force)
    _log.info("converting %s to ONNX", source.info.name)
    model = stored(source.network, source.info)
    top = classifier(source) if source.top else None
    _log.info("comparing %s with Keras", source.info.name)
    error = _check(source, model, top, entry)
    return _write(_Finished(source.info, model, top, names, entry.size_hw, error), out)


def classifier_path(out: Path) -> Path:
    """The file of the classifier of the network in the file `out`: net.onnx -> net.classifier.onnx."""
    return out.with_name(f"{out.stem}.classifier.onnx")


def _check(source: Pretrained, model: onnx.ModelProto, top: onnx.ModelProto | None, entry: ZooEntry) -> float:
    """The largest relative error; ModelError when a layer differs from Keras by more than rounding."""
    sizes = [entry.size_hw, WIDE_HW, (entry.input.smallest,) * 2]
    found = list(deviations(model, source.network, entry.input, sizes))
    if top:
        found += classifier_deviations(model, top, source, entry.size_hw)
    return check_deviations(entry.name, found)


def _labels(source: Pretrained, weights: str, file: Path | None) -> tuple[str, ...]:
    """The class names: from the file, from ImageNet, or numbers."""
    if not source.top:
        if file:
            raise ModelError(f"{source.info.name} is exported without a classifier; leave out --labels")
        return ()
    classes = source.top[-1].units
    if file:
        return read_labels(file, classes)
    return (imagenet_labels() if weights == "imagenet" else ()) or numbered_labels(classes)


def _write(result: _Finished, out: Path) -> ModelInfo:
    """Write the network with its record, and its classifier if it has one."""
    if result.classifier is None:
        write_atomically(out, _network(result, result.info))
        return result.info
    classifier_file, content = classifier_path(out), result.classifier.SerializeToString()
    head = ClassifierInfo(
        logits=LOGITS,
        probabilities=PROBABILITIES,
        labels=result.labels,
        size_hw=result.size_hw,
        file=classifier_file.name,
        digest=hashlib.sha256(content).hexdigest(),
        features=result.info.layers[-1].name,
    )
    info = dataclasses.replace(result.info, classifier=head)
    write_together({out: _network(result, info), classifier_file: content})
    return info


def _network(result: _Finished, info: ModelInfo) -> bytes:
    helper.set_model_props(result.network, {RECORD: info.to_json(), ERROR_KEY: f"{result.error:.1e}"})
    return bytes(result.network.SerializeToString())
