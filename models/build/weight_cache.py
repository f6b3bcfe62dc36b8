"""The weights of a network in the cache, written once and shared by all its graphs.

A finished graph is then a few kilobytes and is made in milliseconds. Each part of a network, NETWORK, CLASSIFIER or
one of PACKED, is three files: nodes (.onnx), weights (.bin) and the digests of both (.json), which show damage before
it is loaded.
"""

import json
import shutil
import tempfile
from pathlib import Path

import onnx
from onnx import external_data_helper

from models.build.fp16 import weights
from models.build.int8 import balance, channel_peaks, kernels
from models.build.precision import Precision
from models.errors import ModelError, OutputError
from models.files import digest_code, digest_file, output_errors, sync
from models.graph.builder import join
from models.graph.packed_weights import load_unpacked
from models.spec import Network
from models.zoo import cache_folder

NETWORK, CLASSIFIER = "network", "classifier"

PACKED: dict[Precision, str] = {
    "int8": f"int8-{digest_code(kernels, balance, channel_peaks)[:8]}",
    "fp16": f"fp16-{digest_code(weights)[:8]}",
}
"""The parts with the weights in another number format."""

_intact: set[Path] = set()  # the folders and parts whose digests this process has compared


def split_weights(network: Network) -> Path:
    """The cache folder of a network, with its weights apart from its nodes; made on the first call.

    Processes may race: each makes a folder of its own, and the first to finish publishes it. Raises ModelError when
    the network cannot be read, OutputError when the cache cannot be written.
    """
    folder = _folder(network)
    if folder in _intact and folder.exists():
        return folder
    try:
        if folder.exists() and not is_intact(folder):
            shutil.rmtree(folder)
        if not folder.exists():
            _publish(network.path, folder)
    except OSError as error:
        raise OutputError(
            f"cannot write the cache in {folder.parent}: {error.strerror or error};"
            " set XDG_CACHE_HOME to a folder that can be written"
        ) from error
    _intact.add(folder)
    return folder


def load_nodes(network: Network, *, classifier: bool = False) -> onnx.ModelProto:
    """The graph of a network without its weights; with `classifier`, joined with one that is a file of its own."""
    folder = split_weights(network)
    model = _load(folder, NETWORK)
    if classifier and network.info.scores.file:
        _add_classifier(network, folder)
        join(model, _load(folder, CLASSIFIER))
    return model


def load_packed(network: Network, precision: Precision) -> onnx.ModelProto:
    """The weights of a network in another number format, without their data; made on the first call."""
    folder, part = split_weights(network), PACKED[precision]
    if folder / part not in _intact:
        if not is_intact(folder, part):
            with output_errors(folder):
                _add_part(_packed(network, folder / f"{NETWORK}.onnx", precision), folder, part)
        _intact.add(folder / part)
    return _load(folder, part)


def _packed(network: Network, file: Path, precision: Precision) -> onnx.ModelProto:
    model = onnx.load(file)
    if precision == "fp16":
        return weights.pack_halves(model)
    tensors = dict.fromkeys(each.activated for each in kernels.find_convolutions(model.graph))
    return kernels.pack_kernels(model, channel_peaks.measure_peaks(file, network.info.input, list(tensors)))


def is_intact(folder: Path, part: str = NETWORK) -> bool:
    """Whether a part is complete and agrees with its digests."""
    try:
        digests: dict[str, str] = json.loads((folder / f"{part}.json").read_text())
        return all(digest_file(folder / name) == digests[name] for name in _files(part))
    except (OSError, ValueError, KeyError, TypeError):
        return False


def forget(network: Network) -> None:
    """Delete everything in the cache that belongs to a network."""
    folder = _folder(network)
    _intact.difference_update({folder, *(folder / part for part in PACKED.values())})
    shutil.rmtree(folder, ignore_errors=True)


def _folder(network: Network) -> Path:
    return cache_folder() / "graphs" / network.digest[:32]


def _files(part: str) -> tuple[str, str]:
    return f"{part}.onnx", f"{part}.bin"


def _load(folder: Path, part: str) -> onnx.ModelProto:
    return onnx.load(folder / f"{part}.onnx", load_external_data=False)


def _publish(source: Path, folder: Path) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, ignore_cleanup_errors=True) as scratch:
        complete = Path(scratch) / "complete"
        _write_part(_read(source), complete, NETWORK)
        try:
            complete.rename(folder)
        except OSError:
            if not folder.exists():  # otherwise another process was faster
                raise


def _read(source: Path) -> onnx.ModelProto:
    """The ONNX file `source` with float weights; ModelError when it cannot be read any more."""
    try:
        return load_unpacked(source)
    except OSError as error:
        raise ModelError(f"{source} can no longer be read: {error.strerror or error}") from error


def _write_part(model: onnx.ModelProto, folder: Path, part: str) -> None:
    """Write the nodes, the weights and the digests of a model to a new folder."""
    folder.mkdir()
    nodes, data = _files(part)
    external_data_helper.convert_model_to_external_data(model, location=data, size_threshold=1024)
    onnx.save_model(model, folder / nodes)
    (folder / data).touch()  # when all tensors are small, none is stored there
    digests = {name: digest_file(folder / name) for name in _files(part)}
    (folder / f"{part}.json").write_text(json.dumps(digests))
    for file in folder.iterdir():
        sync(file)


def _add_part(model: onnx.ModelProto, folder: Path, part: str) -> None:
    """Add a part to the cache folder of its network, the digests last."""
    with tempfile.TemporaryDirectory(dir=folder.parent, ignore_cleanup_errors=True) as scratch:
        complete = Path(scratch) / "complete"
        _write_part(model, complete, part)
        for name in (*_files(part), f"{part}.json"):
            (complete / name).replace(folder / name)


def _add_classifier(network: Network, folder: Path) -> None:
    """Add a classifier from a file of its own to the cache folder of its network."""
    if is_intact(folder, CLASSIFIER):
        return
    classifier = network.info.scores
    source = network.path.with_name(classifier.file)
    if not source.is_file() or digest_file(source) != classifier.digest:
        raise ModelError(
            f"the classifier of {network.info.name} is missing or damaged: expected {source};"
            f" run again: ventral export {network.info.name} --force"
        )
    _add_part(_read(source), folder, CLASSIFIER)
