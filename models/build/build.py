"""From a GraphSpec to a finished .onnx file in the content-addressed cache.

The weights of a network are written once, beside its graphs, and every graph refers to them: a finished graph
is a few kilobytes, is made in milliseconds, and ONNX Runtime maps the weights instead of copying them.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from pathlib import Path

import onnx

import models.autodiff
import models.build
import models.graph
import models.spec
from onnx import external_data_helper

from models.autodiff import gradient, rules as vjp
from models.graph import builder as graph, truncate
from models.build import heads, objectives, preprocess, ceil_mode as rounding
from models.errors import ModelError, OutputError
from models.files import digest_code, digest_file, sync, write_atomically
from models.spec import GraphSpec, Hw, ModelInfo, Network
from models.zoo import cache_folder

NETWORK, CLASSIFIER = "network", "classifier"
"""The parts of a network in the cache: each is nodes (.onnx), weights (.bin) and the digests of both (.json).

What is damaged is found by its digest before it is drawn from.
"""


def build(spec: GraphSpec) -> Path:
    """The file of the finished graph, made when it is not in the cache yet.

    Raises ModelError when the layer or the size does not fit the network, OutputError when the cache cannot be
    written.
    """
    folder = split_weights(spec.network)
    path = folder / f"{key(spec)}.onnx"
    if not path.exists():
        write_atomically(path, assemble(_load(spec, folder), spec).SerializeToString())
    return path


def key(spec: GraphSpec) -> str:
    """The name of a finished graph: a digest of all that decides it, the code that writes it included."""
    facts = (spec.head, spec.size_hw, spec.precision, spec.network.info.input, digest_code(models.graph, models.autodiff, models.build, models.spec))
    return hashlib.sha256(repr(facts).encode()).hexdigest()[:32]


def assemble(model: onnx.ModelProto, spec: GraphSpec) -> onnx.ModelProto:
    """Truncate `model`, add the head, prepend the preprocessing, check."""
    info = spec.network.info
    tensors = heads.head_tensors(spec.head, info)
    _check_size(spec.size_hw, info, tensors)
    del model.metadata_props[:]
    model.graph.name = info.name
    truncate.truncate(model, tensors)
    preprocess.fix_size(model, info.input, spec.size_hw)
    rounding.round_down(model)
    draft = graph.GraphBuilder(model)
    preprocess.prepend(draft, info.input, spec.size_hw, heads.takes(spec.head))
    heads.append(draft, spec.head, info, graph.shapes(model))
    onnx.shape_inference.infer_shapes(model, check_type=True, strict_mode=True)
    return model


def _load(spec: GraphSpec, folder: Path) -> onnx.ModelProto:
    """The nodes of the network, with those of its classifier where it lies apart and is asked for."""
    model = onnx.load(folder / f"{NETWORK}.onnx", load_external_data=False)
    if heads.reads_classifier(spec.head) and spec.network.info.scores.file:
        _add_classifier(spec.network, folder)
        graph.join(model, onnx.load(folder / f"{CLASSIFIER}.onnx", load_external_data=False))
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


def _is_sound(folder: Path, part: str = NETWORK) -> bool:
    try:
        seal: dict[str, str] = json.loads((folder / f"{part}.json").read_text())
        return all(digest_file(folder / name) == seal[name] for name in _files(part))
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _files(part: str) -> tuple[str, str]:
    return f"{part}.onnx", f"{part}.bin"


def mend(spec: GraphSpec) -> bool:
    """Make anew what is damaged of a finished graph in the cache; False when nothing is."""
    folder = split_weights(spec.network)
    if not _is_sound(folder):
        forget(spec.network)
        return True
    path, content = folder / f"{key(spec)}.onnx", assemble(_load(spec, folder), spec).SerializeToString()
    if path.exists() and path.read_bytes() == content:
        return False
    write_atomically(path, content)
    return True


def forget(network: Network) -> None:
    """Throw away all that is cached of a network, so that what was damaged is made anew."""
    folder = cache_folder() / "graphs" / network.digest[:32]
    _sound.discard(folder)
    shutil.rmtree(folder, ignore_errors=True)


def _write_split(source: Path, folder: Path, part: str = NETWORK) -> None:
    """Write the nodes, the weights and the seal of the ONNX file `source` to a new folder."""
    folder.mkdir()
    nodes, weights = _files(part)
    try:
        model = onnx.load(source)
    except OSError as error:
        raise ModelError(f"{source} cannot be read any more: {error.strerror or error}") from error
    external_data_helper.convert_model_to_external_data(model, location=weights, size_threshold=1024)
    onnx.save_model(model, folder / nodes)
    (folder / weights).touch()  # a network may be all small tensors
    seal = {name: digest_file(folder / name) for name in _files(part)}
    (folder / f"{part}.json").write_text(json.dumps(seal))
    for file in folder.iterdir():
        sync(file)


def _add_classifier(network: Network, folder: Path) -> None:
    """Split a classifier that lies apart into the cache folder of its network; its seal comes last."""
    if _is_sound(folder, CLASSIFIER):
        return
    classifier = network.info.scores
    source = network.path.with_name(classifier.file)
    if not source.is_file() or digest_file(source) != classifier.digest:
        raise ModelError(
            f"the classifier of {network.info.name} is missing or damaged: expected {source};"
            f" run again: ventral export {network.info.name} --force"
        )
    with tempfile.TemporaryDirectory(dir=folder.parent, ignore_cleanup_errors=True) as scratch:
        _write_split(source, Path(scratch) / "whole", CLASSIFIER)
        for name in (*_files(CLASSIFIER), f"{CLASSIFIER}.json"):
            (Path(scratch) / "whole" / name).replace(folder / name)


def _publish(whole: Path, folder: Path) -> None:
    try:
        whole.rename(folder)
    except OSError:
        if not folder.exists():
            raise
        shutil.rmtree(whole)


def _check_size(size_hw: Hw, info: ModelInfo, tensors: tuple[str, ...]) -> None:
    """ONNX Runtime may die of a size that is too small, without an exception."""
    strides = (layer.stride for layer in info.layers if layer.name in tensors)
    smallest = max((info.input.smallest, *strides))
    if min(size_hw) < smallest:
        raise ModelError(
            f"the network would see {size_hw[1]}x{size_hw[0]} pixels, but needs at least {smallest} each way;"
            " raise --size"
        )
    fixed = info.input.fixed_hw
    if fixed is not None and size_hw != fixed:
        raise ModelError(
            f"{info.name} takes pictures of {fixed[1]}x{fixed[0]} and no others, not {size_hw[1]}x{size_hw[0]}"
        )
