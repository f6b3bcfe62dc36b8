"""A network of the user's own becomes a stored one, once: what is made of its file is kept in the cache.

Check, make plain, take apart, learn what it is fed, run it once, write it down. Nothing runs before every shape
and every window has been looked at.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from pathlib import Path

import onnx

import models.graph
import models.importing
import models.spec
from models.errors import ModelError
from models.files import digest_code, digest_file, write_atomically
from models.importing import validate as sound
from models.importing.analysis.analysis import Analysis, analyze
from models.importing.analysis.find_classifier import LOGITS, PROBABILITIES
from models.importing.input import by_producer as guess
from models.importing.input.by_first_nodes import by_first_nodes
from models.importing.input.metadata import Metadata, from_metadata, labels_in, native_size, read_metadata
from models.importing.input.normalization import InputEstimate
from models.importing.overrides import InputLayout
from models.importing.passes.normalize import normalize
from models.importing.trial_run import learn
from models.labels import numbered_labels
from models.spec import CARD, ClassifierInfo, ModelInfo, Network
from models.zoo import cache_folder

OWN = "own"
"""The name of a network in the cache, until it is opened by its file's."""


@dataclass(frozen=True, slots=True)
class Imported:
    """A stored network made of a file, and in words what it is fed and how that is known."""

    network: Network
    words: str


def recall_imported(path: Path, digest: str, layout: InputLayout | None) -> Imported | None:
    """The network in the file at `path`, whose SHA-256 is `digest`, when it has been adopted before."""
    stored = _stored(digest, layout)
    try:
        record = json.loads(stored.with_suffix(".json").read_text())
        if digest_file(stored) != record["digest"]:
            return None
        info, words = ModelInfo.from_json(record["card"]), str(record["words"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return Imported(Network(replace(info, name=path.stem, weights=path.name), stored, record["digest"]), words)


def import_network(model: onnx.ModelProto, path: Path, digest: str, layout: InputLayout | None) -> Imported:
    """Make a stored network of `model`, which was read from the file at `path`; it is rewritten in place.

    Raises ModelError in one line when it is no convolutional network that can be shown, OutputError when the cache
    cannot be written.
    """
    try:
        content, info, words = _translate(model, path, layout)
    except ModelError as error:
        raise ModelError(f"{path} cannot be shown: {error}") from error
    stored = _stored(digest, layout)
    nameless = replace(info, name=OWN, weights=OWN).to_json()  # the same content, whatever the file is called
    card = onnx.ModelProto(metadata_props=[onnx.StringStringEntryProto(key=CARD, value=nameless)])
    content += card.SerializeToString()  # protocol buffers are joined by joining their bytes
    found = hashlib.sha256(content).hexdigest()
    record = {"digest": found, "card": nameless, "words": words}
    write_atomically(stored, content)
    write_atomically(stored.with_suffix(".json"), json.dumps(record).encode())
    return Imported(Network(info, stored, found), words)


def _stored(digest: str, layout: InputLayout | None) -> Path:
    key = hashlib.sha256(
        f"{digest} {layout} {digest_code(models.graph, models.importing, models.spec)}".encode()
    ).hexdigest()[:32]
    return cache_folder() / "models" / "adopted" / f"{key}.onnx"


def _translate(model: onnx.ModelProto, path: Path, layout: InputLayout | None) -> tuple[bytes, ModelInfo, str]:
    """The stored network, its card, and in words what it is fed."""
    sound.validate(model)
    said, (recipe, why) = read_metadata(model), guess.by_producer(model, path.stem)
    entrance = normalize(model, layout)
    channels = entrance.channels
    reading = from_metadata(said, channels) or by_first_nodes(model.graph, channels)
    anatomy = analyze(model, channels, entrance.declared_hw)
    for field in ("metadata_props", "doc_string", "training_info"):
        model.ClearField(field)
    content = model.SerializeToString()
    reading = learn(content, anatomy, channels, reading or InputEstimate(recipe.input(channels), why, sure=False))
    return content, _card(path, said, anatomy, reading), reading.words


def _card(path: Path, said: Metadata, anatomy: Analysis, reading: InputEstimate) -> ModelInfo:
    fed = replace(reading.input, smallest=anatomy.smallest, fixed_hw=anatomy.fixed_hw)
    labels = labels_in(said, anatomy.classes) or numbered_labels(anatomy.classes)
    size_hw = anatomy.fixed_hw or native_size(said, anatomy.smallest) or anatomy.normal_hw
    classifier = ClassifierInfo(LOGITS, PROBABILITIES, labels, size_hw) if anatomy.classes else None
    return ModelInfo(path.stem, path.name, fed, anatomy.layers, classifier)
