"""The blocks of a GIF file (GIF89a, CompuServe 1990)."""

import struct

import numpy as np
from numpy.typing import NDArray

from realtime.imaging.compositing import Rect
from realtime.outputs.recording.encoding import Wh

TRAILER = b";"

_KEEP = 1 << 2  # a frame stays below the next one


def header(size_wh: Wh, *, loops: int) -> bytes:
    """The beginning of a file without a palette of its own, which plays `loops` times; 0 for ever."""
    screen = b"GIF89a" + struct.pack("<HHBBB", *size_wh, 0x70, 0, 0)
    repeats = loops - 1 if loops else 0
    again = b"" if loops == 1 else b"!\xff\x0bNETSCAPE2.0\x03\x01" + struct.pack("<HB", repeats, 0)
    return screen + again


def frame(rectangle: Rect, palette: NDArray[np.uint8], codes: bytes, *, hundredths: int, transparent: int) -> bytes:
    """One frame with its palette RGB (n, 3), padded to a power of two, and its LZW codes."""
    bits = index_bits(len(palette))
    control = b"!\xf9\x04" + struct.pack("<BHBB", _KEEP | 1, hundredths, transparent, 0)
    place = struct.pack("<HHHH", rectangle.left, rectangle.top, rectangle.width, rectangle.height)
    table = palette.tobytes().ljust(3 << bits, b"\0")
    return control + b"," + place + bytes([0x80 | (bits - 1)]) + table + bytes([bits]) + _sub_blocks(codes) + b"\0"


def index_bits(count: int) -> int:
    """The bits of an index into `count` colours, at least 2."""
    return max((count - 1).bit_length(), 2)


def _sub_blocks(content: bytes) -> bytes:
    parts = (content[start : start + 255] for start in range(0, len(content), 255))
    return b"".join(bytes([len(part)]) + part for part in parts)
