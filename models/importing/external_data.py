"""Read weights from a file beside the network, as exporters write large networks: `net.onnx` and `net.onnx.data`.

The network says where its weights lie, and a stranger may have written it. So the name must be plain, the file a
regular one without other names, and every part of it within its size: all that is checked before anything is read.
"""

import os
import stat
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path

import onnx
from onnx import TensorProto, external_data_helper, helper

from models.errors import ModelError, one_line
from models.importing.validate import KINDS, all_graphs

LARGEST = 2**31 - 1
"""Bytes of a network with its weights, as of any protocol buffer."""

FORBIDDEN = frozenset("/\\:\0")
"""Characters of a path, on this system or another."""

ENTRIES = ("location", "offset", "length", "checksum")
ADVICE = "save it as a single file with onnx.load and onnx.save"


@dataclass(frozen=True, slots=True)
class _Part:
    """Where the data of a tensor lies, as the network says."""

    tensor: TensorProto
    location: str
    offset: int
    length: int


def external_names(model: onnx.ModelProto) -> list[str]:
    """The files that `model` says its weights are in, unchecked."""
    return sorted({_entries(tensor).get("location", "") for tensor in _external(model)})


def open_data(path: Path, name: str) -> BufferedReader:
    """The file called `name` beside the network at `path`; ModelError unless it is a regular file with a plain name."""
    if Path(name).name != name or name in ("", ".", "..", path.name) or not FORBIDDEN.isdisjoint(name):
        raise ModelError(f"{path} keeps its weights in {name!r}; expected the plain name of a file beside it: {ADVICE}")
    file = path.with_name(name)
    try:
        opened = open(os.open(file, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)), "rb")  # noqa: PTH123, SIM115
    except OSError as error:
        reason = "it is a link" if file.is_symlink() else error.strerror
        raise ModelError(f"cannot read the weights of {path} in {file}: {reason}") from error
    found = os.fstat(opened.fileno())
    if not stat.S_ISREG(found.st_mode) or found.st_nlink != 1 or file.is_symlink():
        opened.close()
        raise ModelError(f"cannot read the weights of {path} in {file}: expected a regular file without links to it")
    return opened


def load_external_data(path: Path, model: onnx.ModelProto) -> None:
    """Read the weights that lie beside the network at `path` into `model`.

    Raises ModelError before anything is read where a name, a file or a part is unsafe.
    """
    parts = [_part(path, tensor) for tensor in _external(model)]
    total = path.stat().st_size + sum(part.length for part in parts)
    if total > LARGEST:
        raise ModelError(f"{path} and its weights are {total / 2**30:.1f} GB; expected less than 2 GB")
    with ExitStack() as files:
        opened = {name: files.enter_context(open_data(path, name)) for name in {part.location for part in parts}}
        for part in parts:
            _check(path, part, os.fstat(opened[part.location].fileno()).st_size)
        for part in parts:
            _read(path, part, opened[part.location])


def _external(model: onnx.ModelProto) -> Iterator[TensorProto]:
    """The tensors whose data is not in the model."""
    for graph in all_graphs(model.graph):
        attributes = [attribute for node in graph.node for attribute in node.attribute]
        held = [tensor for attribute in attributes for tensor in (attribute.t, *attribute.tensors)]
        for tensor in (*graph.initializer, *held):
            if external_data_helper.uses_external_data(tensor):
                yield tensor


def _entries(tensor: TensorProto) -> dict[str, str]:
    entries = {entry.key: entry.value for entry in tensor.external_data}
    if not all(isinstance(text, str) for entry in entries.items() for text in entry):
        raise ModelError("the place of its weights is not UTF-8: the file is damaged")
    return entries


def _part(path: Path, tensor: TensorProto) -> _Part:
    """Where the data of a tensor lies; ModelError unless its length is that of its shape."""
    entries, called = _entries(tensor), f"the weights '{tensor.name}' of {path}"
    unknown = sorted(entries.keys() - set(ENTRIES))
    try:
        offset = int(entries.get("offset", 0))
        length = int(entries["length"]) if "length" in entries else None
    except ValueError as error:
        raise ModelError(f"{called} lie at no number ({one_line(error)}): the file is damaged") from error
    if unknown or tensor.data_type not in KINDS or any(dim < 0 for dim in tensor.dims):
        raise ModelError(f"{called} are described in an unknown way; {ADVICE}")
    size = helper.tensor_dtype_to_np_dtype(tensor.data_type).itemsize
    for dim in tensor.dims:
        size *= dim
    if offset < 0 or length not in (None, size):
        raise ModelError(f"{called} should be {size} bytes but are {length} at {offset}: the file is damaged")
    return _Part(tensor, entries.get("location", ""), offset, size)


def _check(path: Path, part: _Part, size: int) -> None:
    if part.offset + part.length > size:
        raise ModelError(
            f"the weights '{part.tensor.name}' of {path} should end at byte {part.offset + part.length} of"
            f" {part.location}, which has {size}: one of the two files is another or damaged"
        )


def _read(path: Path, part: _Part, file: BufferedReader) -> None:
    file.seek(part.offset)
    data = file.read(part.length)
    if len(data) != part.length:
        raise ModelError(f"{path.with_name(part.location)} changed while it was read; try again")
    part.tensor.raw_data = data
    part.tensor.ClearField("external_data")
    part.tensor.ClearField("data_location")
