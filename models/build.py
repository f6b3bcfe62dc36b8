"""From a GraphSpec to a finished .onnx file in the content-addressed cache.

The weights of a network are written once, beside its graphs, and every graph refers to them: a finished graph
is a few kilobytes, is made in milliseconds, and ONNX Runtime maps the weights instead of copying them.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from functools import cache
from pathlib import Path

import onnx
from onnx import external_data_helper

from models import graph, heads, preprocess, truncate
from models.errors import ModelError, OutputError
from models.files import digest_file, sync, write_atomically
from models.spec import GraphSpec, Hw, Network
from models.zoo import cache_folder

SKELETON, WEIGHTS, SEAL = "network.onnx", "weights.bin", "seal.json"
"""The nodes, the weights, and the digests of both: what is damaged is found before it is drawn from."""


def build(spec: GraphSpec) -> Path:
    """The file of the finished graph, made when it is not in the cache yet.

    Raises ModelError when the layer or the size does not fit the network, OutputError when the cache cannot be
    written.
    """
    folder = split_weights(spec.network)
    path = folder / f"{key(spec)}.onnx"
    if not path.exists():
        write_atomically(path, assemble(folder / SKELETON, spec).SerializeToString())
    return path


def key(spec: GraphSpec) -> str:
    """The name of a finished graph: a digest of all that decides it, the code that writes it included."""
    facts = (spec.head, spec.size_hw, spec.precision, spec.network.info.input, _code_digest())
    return hashlib.sha256(repr(facts).encode()).hexdigest()[:32]


def assemble(skeleton: Path, spec: GraphSpec) -> onnx.ModelProto:
    """Truncate, add the head, prepend the preprocessing, check."""
    info = spec.network.info
    layers = heads.head_layers(spec.head)
    for name in layers:
        _check_size(spec.size_hw, smallest=max(info.input.smallest, info.layer(name).stride))
    model = onnx.load(skeleton, load_external_data=False)
    del model.metadata_props[:]
    truncate.truncate(model, layers)
    preprocess.fix_size(model, spec.size_hw)
    draft = graph.Draft(model)
    heads.append(draft, spec.head, graph.shapes(model))
    preprocess.prepend(draft, info.input, spec.size_hw)
    onnx.shape_inference.infer_shapes(model, check_type=True, strict_mode=True)
    return model


def split_weights(network: Network) -> Path:
    """The cache folder of a network, with its weights apart from its nodes; made at the first call.

    Two processes may race: each makes a folder of its own, and the first to finish gives it its name.
    """
    folder = cache_folder() / "graphs" / network.digest[:32]
    if folder in _sound and folder.exists():
        return folder
    try:
        if folder.exists() and not _is_sound(folder):
            shutil.rmtree(folder)
        _sound.add(folder)
        if folder.exists():
            return folder
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent, ignore_cleanup_errors=True) as scratch:
            _write_split(network.path, Path(scratch) / "whole")
            _publish(Path(scratch) / "whole", folder)
    except OSError as error:
        raise OutputError(
            f"cannot write the cache in {folder.parent}: {error.strerror or error};"
            " set XDG_CACHE_HOME to a folder that can be written"
        ) from error
    return folder


_sound: set[Path] = set()
"""The folders whose seal this process has found whole."""


def _is_sound(folder: Path) -> bool:
    try:
        seal: dict[str, str] = json.loads((folder / SEAL).read_text())
        return all(digest_file(folder / name) == seal[name] for name in (SKELETON, WEIGHTS))
    except (OSError, ValueError, KeyError, TypeError):
        return False


def forget(network: Network) -> None:
    """Throw away all that is cached of a network, so that what was damaged is made anew."""
    folder = cache_folder() / "graphs" / network.digest[:32]
    _sound.discard(folder)
    shutil.rmtree(folder, ignore_errors=True)


def _write_split(network: Path, folder: Path) -> None:
    folder.mkdir()
    model = onnx.load(network)
    external_data_helper.convert_model_to_external_data(model, location=WEIGHTS, size_threshold=1024)
    onnx.save_model(model, folder / SKELETON)
    seal = {name: digest_file(folder / name) for name in (SKELETON, WEIGHTS)}
    (folder / SEAL).write_text(json.dumps(seal))
    for file in folder.iterdir():
        sync(file)


def _publish(whole: Path, folder: Path) -> None:
    try:
        whole.rename(folder)
    except OSError:
        if not folder.exists():
            raise
        shutil.rmtree(whole)


def _check_size(size_hw: Hw, *, smallest: int) -> None:
    if min(size_hw) < smallest:
        raise ModelError(
            f"the network would see {size_hw[1]}x{size_hw[0]} pixels, but needs at least {smallest} each way;"
            " raise --size"
        )


@cache
def _code_digest() -> str:
    """A graph must not outlive the code that wrote it."""
    sources = (Path(module.__file__ or "") for module in (graph, heads, preprocess, truncate))
    return hashlib.sha256(b"".join(source.read_bytes() for source in (*sources, Path(__file__)))).hexdigest()
