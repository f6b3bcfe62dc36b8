"""Read an ONNX file; for any other file the error says what it is and how to convert it."""

import re
from pathlib import Path

import onnx
from google.protobuf.message import DecodeError
from onnx import TensorProto, external_data_helper

from models.errors import ModelError
from models.graph.packed_weights import unpack

LARGEST = 2**31 - 1
"""Bytes of a protocol buffer."""

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
    """The model in the file at `path`, including its weights; ModelError for any other file."""
    content = _content(path)
    model = onnx.ModelProto()
    try:
        model.ParseFromString(content)
    except DecodeError as error:
        raise ModelError(f"{path} is not a readable ONNX file: it {_kind(content)}") from error
    if not model.graph.node and not model.metadata_props:
        raise ModelError(f"{path} is not a readable ONNX file: it {_kind(content)}")
    _refuse_other_files(path, model)
    unpack(model)
    return model


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


def _refuse_other_files(path: Path, model: onnx.ModelProto) -> None:
    """Weights in other files are never read: their paths may point anywhere."""
    tensors = [*model.graph.initializer, *_attribute_tensors(model.graph)]
    if any(external_data_helper.uses_external_data(tensor) for tensor in tensors):
        raise ModelError(
            f"{path} keeps its weights in other files; expected a single file: load it with onnx.load and save it with"
            " onnx.save"
        )


def _attribute_tensors(graph: onnx.GraphProto) -> list[TensorProto]:
    return [attribute.t for node in graph.node for attribute in node.attribute if attribute.HasField("t")]
