"""From what the user calls a network to the Network that is stored."""

from __future__ import annotations

import dataclasses
import logging
import os
from pathlib import Path

import onnx

from models.errors import ModelError, SettingError
from models.files import digest_file
from models.importing.check_card import check_card
from models.importing.import_network import import_network, recall_imported
from models.importing.input.normalization import describe
from models.importing.overrides import NO_OVERRIDES, Overrides, recall, remember
from models.importing.read_file import read_onnx
from models.spec import CARD, ModelInfo, Network
from models.zoo import BUNDLED, ZOO, bundled_path, stored_path

NETWORK_FILE = "network.onnx"
"""What `ventral train` calls the network in its folder."""

log = logging.getLogger(__name__)


def open_network(text: str, hints: Overrides = NO_OVERRIDES) -> Network:
    """The network called `text`: "auto", a name of the zoo, "textures", a file, or a folder of `ventral train`.

    "auto" is VGG16 once it has been exported, and until then "textures", the network that is bundled.
    Any convolutional network in an ONNX file is imported. `hints` replace what the file says, and are remembered for
    a file. Raises ModelError or SettingError.
    """
    path = _named(text)
    if path is None:
        return _open_file(_file(text), hints)
    network = _with_card(path, read_onnx(path))
    if network is None:
        raise ModelError(f"{path} does not describe its layers; expected a file written by: ventral export")
    return dataclasses.replace(network, info=hints.apply(network.info))


def _named(text: str) -> Path | None:
    """The file of a network that has a name; None for another text."""
    if text == "auto":
        exported = stored_path("vgg16")
        return exported if exported.exists() else bundled_path()
    if text == BUNDLED:
        return bundled_path()
    if text in ZOO:
        exported = stored_path(text)
        if not exported.exists():
            raise ModelError(f"{text} has not been exported yet; run: ventral export {text}")
        return exported
    return None


def _file(text: str) -> Path:
    """The file that `text` means; os.path takes a name too long for the system as no file and no error."""
    inside = os.path.join(text, NETWORK_FILE)  # noqa: PTH118
    for each in (text, inside):
        if os.path.isfile(each):  # noqa: PTH113
            return Path(each)
    names = ", ".join((*sorted(ZOO), BUNDLED))
    if os.path.isdir(text):  # noqa: PTH112
        raise ModelError(f"{text} is a folder without {NETWORK_FILE}; expected an .onnx file")
    raise ModelError(f"unknown network '{text}', and no such file; expected auto, {names}, or an .onnx file")


def _open_file(path: Path, hints: Overrides) -> Network:
    digest = digest_file(path)
    hints = hints.over(recall(path, digest))
    network, words = _stored(path, digest, hints)
    info = hints.apply(network.info)
    remember(path, digest, hints)
    if info.input != network.info.input:
        words = f"{describe(info.input)}, as said"
    if words:
        log.info("%s: %s", info.name, words)
    return dataclasses.replace(network, info=info)


def _stored(path: Path, digest: str, hints: Overrides) -> tuple[Network, str]:
    """The network of a file, and what is to be said about its input."""
    found = recall_imported(path, digest, hints.layout)
    if found is None:
        model = read_onnx(path)
        network = _with_card(path, model, digest)
        if network is not None and hints.layout == "NHWC":
            raise SettingError(f"--layout NHWC does not fit {path}, which describes itself: it is NCHW")
        if network is not None:
            return network, ""
        found = import_network(model, path, digest, hints.layout)
    return found.network, found.words


def _with_card(path: Path, model: onnx.ModelProto, digest: str | None = None) -> Network | None:
    """The network that an exported file describes; None when it carries no card."""
    for entry in model.metadata_props:
        if entry.key == CARD:
            info = _parse_card(path, entry.value, {output.name for output in model.graph.output})
            _check(path, model, info)
            return Network(info, path, digest or digest_file(path))
    return None


def _check(path: Path, model: onnx.ModelProto, info: ModelInfo) -> None:
    try:
        check_card(model, info)
    except ModelError as error:
        raise ModelError(f"{path} is damaged: {error}") from error


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
