"""From what the user calls a network to the Network that is stored."""

from __future__ import annotations

import os
from pathlib import Path

import onnx
from google.protobuf.message import DecodeError
from onnx import external_data_helper

from models.errors import ModelError
from models.files import digest_file
from models.hints import NOTHING_SAID, Hints, recall
from models.spec import CARD, ModelInfo, Network
from models.untrained import NAME as UNTRAINED
from models.untrained import untrained_path
from models.zoo import ZOO, stored_path


def open_network(text: str, hints: Hints = NOTHING_SAID) -> Network:
    """The network called `text`: "auto", a name of the zoo, the untrained one, or an exported file.

    "auto" is VGG16 once it has been exported, and the untrained network until then, made anew when it is damaged.
    What is said in `hints` counts instead of what the file says, and is remembered.
    """
    path = _find(text)
    try:
        info = _read_card(path)
    except ModelError:
        if path != untrained_path():
            raise
        path.unlink()
        info = _read_card(untrained_path())
    digest = digest_file(path)
    return Network(info=_with_hints(text, path, digest, hints).apply(info), path=path, digest=digest)


def _with_hints(text: str, path: Path, digest: str, hints: Hints) -> Hints:
    """What is said now and was said before; only a file is remembered, a name stays what it is."""
    return hints.over(recall(path, digest)) if str(path) == text else hints


def _find(text: str) -> Path:
    if text == "auto":
        exported = stored_path("vgg16")
        return exported if exported.exists() else untrained_path()
    if text == UNTRAINED:
        return untrained_path()
    if text in ZOO:
        exported = stored_path(text)
        if not exported.exists():
            raise ModelError(f"{text} has not been exported yet; run: ventral export {text}")
        return exported
    path = Path(text)
    if not os.path.isfile(text):  # noqa: PTH113, a name too long for the system is no file and no error
        raise ModelError(
            f"unknown network '{text}'; expected auto, {', '.join((*sorted(ZOO), UNTRAINED))}, or an .onnx file"
        )
    return path


def _read_card(path: Path) -> ModelInfo:
    """The record that an exported file carries about itself."""
    try:
        model = onnx.load(path, load_external_data=False)
    except (DecodeError, OSError) as error:
        raise ModelError(f"{path} is not a readable ONNX file; expected one written by: ventral export") from error
    if any(external_data_helper.uses_external_data(each) for each in model.graph.initializer):
        raise ModelError(f"{path} keeps its weights in other files; expected one file that holds them all")
    for entry in model.metadata_props:
        if entry.key == CARD:
            return _parse_card(path, entry.value, {output.name for output in model.graph.output})
    raise ModelError(f"{path} does not describe its layers; expected a file written by: ventral export")


def _parse_card(path: Path, text: str, outputs: set[str]) -> ModelInfo:
    try:
        info = ModelInfo.from_json(text)
        missing = {layer.name for layer in info.layers} - outputs
        if missing or not info.layers:
            raise ValueError(f"without {', '.join(sorted(missing)[:3])}")
        return info
    except (ValueError, KeyError, TypeError) as error:
        raise ModelError(
            f"{path} describes itself in a way that this version cannot read; export it again with: ventral export"
        ) from error
