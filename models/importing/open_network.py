"""Open a network by its name or its file."""

import dataclasses
import logging
import os
from pathlib import Path

import onnx

from models.errors import ModelError, SettingError, one_line
from models.files import digest_file
from models.importing.check_record import check_record
from models.importing.import_network import import_network, recall_imported
from models.importing.input.normalization import describe
from models.importing.overrides import NO_OVERRIDES, Overrides, recall, remember
from models.importing.read_file import digest_network, read_onnx
from models.onnx_zoo import ONNX_ZOO, fetched_path
from models.spec import RECORD, ModelInfo, Network
from models.zoo import BUNDLED, ZOO, bundled_path, stored_path

NETWORK_FILE = "network.onnx"
"""The file that `ventral train` writes into its folder."""

NAMES = tuple(sorted({*ZOO, *ONNX_ZOO}))
"""The networks that `ventral export` and `ventral fetch` bring."""

log = logging.getLogger(__name__)


def open_network(text: str, overrides: Overrides = NO_OVERRIDES) -> Network:
    """The network called `text`: "auto", one of NAMES, "world", a file, or a folder of `ventral train`.

    "auto" is VGG16 once it has been exported or fetched, and until then "world", the bundled network. An exported
    network goes before a fetched one of the same name.
    Any convolutional network in an ONNX file is imported. `overrides` replace what the file says, and are saved
    for a file. Raises ModelError or SettingError.
    """
    if text == "auto":
        text = "vgg16" if kept_path("vgg16") else BUNDLED
    if text not in (*NAMES, BUNDLED):
        return _open_file(_file(text), overrides)
    path = bundled_path() if text == BUNDLED else kept_path(text)
    if path is None:
        raise ModelError(f"{text} is not on this machine; run: {how_to_get(text)}")
    if path == fetched_path(text):
        return _open_file(path, overrides)
    network = _with_record(path, read_onnx(path))
    if network is None:
        raise ModelError(f"{path} has no record of its layers; export it again with: ventral export")
    return dataclasses.replace(network, info=overrides.apply(network.info))


def kept_path(name: str) -> Path | None:
    """The file of the network called `name` if it has been exported or fetched."""
    return next((path for path in (stored_path(name), fetched_path(name)) if path.exists()), None)


def how_to_get(name: str) -> str:
    """The commands that bring the network called `name`."""
    fetch = f"ventral fetch {name} ({ONNX_ZOO[name].megabytes})" if name in ONNX_ZOO else ""
    return ", or: ".join(filter(None, (fetch, f"ventral export {name}" if name in ZOO else "")))


def _file(text: str) -> Path:
    """The file at the path `text`; unlike pathlib, os.path takes a name that is too long as missing."""
    inside = os.path.join(text, NETWORK_FILE)  # noqa: PTH118
    for path in (text, inside):
        if os.path.isfile(path):  # noqa: PTH113
            return Path(path)
    if os.path.isdir(text):  # noqa: PTH112
        raise ModelError(
            f"{text} is a folder without {NETWORK_FILE}; expected an .onnx file or a folder made by ventral train"
        )
    raise ModelError(
        f"'{text}' is neither a known network nor a file;"
        f" expected auto, {', '.join((*NAMES, BUNDLED))}, an .onnx file, or a folder made by ventral train"
    )


def _open_file(path: Path, overrides: Overrides) -> Network:
    digest = digest_network(path)
    given, overrides = overrides, overrides.over(recall(path, digest))
    network, text = _read(path, digest, overrides)
    info = overrides.apply(network.info)
    remember(path, digest, overrides)
    if info.input != network.info.input:
        text = f"{describe(info.input)}, {'as saved' if given == NO_OVERRIDES else 'set by options'}"
    if text:
        log.info("input of %s: %s", info.name, text)
    return dataclasses.replace(network, info=info)


def _read(path: Path, digest: str, overrides: Overrides) -> tuple[Network, str]:
    """The network in a file, and a description of its input where that was not recorded."""
    imported = recall_imported(path, digest, overrides.layout)
    if imported is None:
        model = read_onnx(path)
        network = _with_record(path, model, digest)
        if network is not None and overrides.layout == "NHWC":
            raise SettingError(f"--input-layout NHWC does not fit {path}, which Ventral wrote as NCHW")
        if network is not None:
            return network, ""
        imported = import_network(model, path, digest, overrides.layout)
    for note in imported.notes:
        log.info("%s %s", imported.network.info.name, note)
    return imported.network, imported.input_text


def _with_record(path: Path, model: onnx.ModelProto, digest: str | None = None) -> Network | None:
    """The network in a file that Ventral wrote; None for another file, which has no record."""
    for entry in model.metadata_props:
        if entry.key == RECORD:
            info = _parse_record(path, entry.value, {output.name for output in model.graph.output})
            _check(path, model, info)
            return Network(info, path, digest or digest_file(path))
    return None


def _check(path: Path, model: onnx.ModelProto, info: ModelInfo) -> None:
    try:
        check_record(model, info)
    except ModelError as error:
        raise ModelError(f"{path} is damaged: {one_line(error)}") from error


def _parse_record(path: Path, text: str, outputs: set[str]) -> ModelInfo:
    try:
        info = ModelInfo.from_json(text)
        missing = {layer.name for layer in info.layers} - outputs
        if missing or not info.layers:
            raise ValueError(f"no output {', '.join(sorted(missing)[:3])}")
        return info
    except (ValueError, KeyError, TypeError) as error:
        raise ModelError(
            f"this version cannot read the record in {path}; export it again with: ventral export"
        ) from error
