"""Images as PNG files, without loss."""

import struct
import zlib
from pathlib import Path

import cv2
import numpy as np

from models.files import write_atomically
from realtime.imaging.frame import Image

TEXT_KEY = "ventral"  # the keyword of the text with the settings
BEFORE_TEXT = 33  # bytes of the signature and of the header of a PNG file


def encode_png(image: Image, text: str = "") -> bytes:
    """The content of a PNG file, with a `text` for those who look for its settings."""
    content = cv2.imencode(".png", np.ascontiguousarray(image))[1].tobytes()
    return content[:BEFORE_TEXT] + _text_chunk(text) + content[BEFORE_TEXT:] if text else content


def write_png(path: Path, image: Image, text: str = "") -> None:
    """Write an image to a new or an existing file; OutputError when that fails."""
    write_atomically(path, encode_png(image, text))


def _text_chunk(text: str) -> bytes:
    """An iTXt chunk: keyword, no compression, no language, the text (PNG specification, 11.3.3.4)."""
    body = b"iTXt" + TEXT_KEY.encode() + b"\0\0\0\0\0" + text.encode()
    return struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))
