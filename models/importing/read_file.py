"""Read an ONNX file; for any other file the error says what it is and how to convert it."""

import hashlib
import mmap
import re
from pathlib import Path

import onnx
from google.protobuf.message import DecodeError

from models.errors import ModelError
from models.files import digest_file
from models.graph.packed_weights import unpack
from models.importing.external_data import LARGEST, external_names, load_external_data, open_data
from models.spec import RECORD

SIGNATURE_BYTES = 64 * 1024
"""Bytes at the start and at the end that identify the kind of a file."""

KERAS = (
    'convert it: python -m tf2onnx.convert --keras FILE --output net.onnx, or model.export("net.onnx", format="onnx")'
)

KINDS = (
    (rb"\x89HDF", f"is a Keras or HDF5 file, which may run code when it is opened; {KERAS}"),
    (rb"PK\x03\x04(?s:.*)(config|metadata)\.json", f"is a Keras file, which may run code when it is opened; {KERAS}"),
    (rb"PK\x03\x04(?s:.*)(data\.pkl|constants\.pkl)", "is a PyTorch file, which may run code; use torch.onnx.export"),
    (rb"\x80[\x02-\x05]", "is a Python pickle, perhaps of PyTorch, which may run code; use torch.onnx.export"),
    (rb"PK\x03\x04", "is a zip archive; expected an .onnx file"),
    (rb"(?s:.{4})TFL3", "is TensorFlow Lite; convert it: python -m tf2onnx.convert --tflite FILE --output net.onnx"),
    (rb"(?s:.{8})\{\"", "is safetensors: weights without a network; load them in PyTorch and use torch.onnx.export"),
    (rb"\xff\xd8\xff|\x89PNG|GIF8|BM(?s:.{4})\0{4}|RIFF(?s:.{4})WEBP", "is a picture; show it with --source"),
    (rb"(?s:.{4})ftyp|\x1aE\xdf\xa3|RIFF(?s:.{4})AVI", "is a video; show it with --source"),
    (rb"\A[\t\n\r\x20-\x7e\x80-\xff]*\Z", "is text"),
)
"""Patterns of other files, and what the error says about them."""


def read_onnx(path: Path) -> onnx.ModelProto:
    """The model in the file at `path`, with weights from a file beside it; ModelError for any other file."""
    content = _content(path)
    model = onnx.ModelProto()
    try:
        model.ParseFromString(content)
    except DecodeError as error:
        raise ModelError(f"{path} is not a readable ONNX file: it {_kind(content)}") from error
    if not model.graph.node and not model.metadata_props:
        raise ModelError(f"{path} is not a readable ONNX file: it {_kind(content)}")
    if external_names(model) and any(entry.key == RECORD for entry in model.metadata_props):
        raise ModelError(f"{path} keeps its weights in other files; expected a single file, as Ventral writes it")
    load_external_data(path, model)
    unpack(model)
    return model


def digest_network(path: Path) -> str:
    """SHA-256 of the file at `path`, and of the files that have its weights; ModelError for unsafe ones."""
    digests = [digest_file(path)]
    model = onnx.ModelProto()
    if path.stat().st_size and _mentions_other_files(path):
        try:
            model.ParseFromString(_content(path))
        except DecodeError:
            return digests[0]
    for name in external_names(model):
        with open_data(path, name) as file:
            digests.append(hashlib.file_digest(file, "sha256").hexdigest())
    return digests[0] if len(digests) == 1 else hashlib.sha256(" ".join(digests).encode()).hexdigest()


def _mentions_other_files(path: Path) -> bool:
    """Whether the key of a place of weights occurs, so that most files need not be parsed."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        return content.find(b"location") >= 0


def _content(path: Path) -> bytes:
    try:
        size = path.stat().st_size
        if size > LARGEST:
            raise ModelError(f"{path} is {size / 2**30:.1f} GB; expected an ONNX file of less than 2 GB")
        return path.read_bytes()
    except OSError as error:
        raise ModelError(f"cannot read {path}: {error.strerror or error}") from error


def _kind(content: bytes) -> str:
    if not content:
        return "is empty"
    head = content[:SIGNATURE_BYTES] + content[-SIGNATURE_BYTES:]
    for pattern, text in KINDS:
        if re.match(pattern, head):
            return text
    return "is damaged, truncated or of another kind; expected a network exported to ONNX"
