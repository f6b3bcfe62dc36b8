"""A PNG file without what is not needed for its picture: text, large profiles and damaged notes. PNG 3rd edition, 5.

Pillow refuses a whole file for a megabyte of text in it, or for a wrong checksum in a note.
"""

import io
import struct
import zlib
from typing import BinaryIO

SIGNATURE = b"\x89PNG\r\n\x1a\n"
NEEDED = frozenset({b"tRNS", b"iCCP", b"eXIf", b"acTL", b"fcTL", b"fdAT"})  # of those that a decoder may leave out
MAX_NOTE = 1 << 20  # bytes of a profile, also unpacked, and of EXIF
MAX_BYTES = 1 << 30  # of what is kept: no picture with a number of pixels that is accepted needs more


def picture_chunks(file: BinaryIO) -> BinaryIO:
    """The chunks of a PNG file that its pictures need, as a file; what is cut off stays cut off."""
    kept = io.BytesIO()
    kept.write(file.read(len(SIGNATURE)))
    while len(header := file.read(8)) == 8 and kept.tell() < MAX_BYTES:
        length, kind = struct.unpack(">I4s", header)
        if kind[0] & 32 and (kind not in NEEDED or (length > MAX_NOTE and kind != b"fdAT")):
            file.seek(length + 4, io.SEEK_CUR)
            continue
        content = file.read(length + 4)
        if not kind[0] & 32 or _is_sound(kind, content[:-4], content[-4:]):
            kept.write(header + content)
        if kind == b"IEND":
            break
    kept.seek(0)
    return kept


def _is_sound(kind: bytes, content: bytes, checksum: bytes) -> bool:
    """Whether a chunk has its checksum, and a profile is not too large."""
    if len(checksum) < 4 or zlib.crc32(kind + content) != struct.unpack(">I", checksum)[0]:
        return False
    return kind != b"iCCP" or _unpacked_size(content.partition(b"\0")[2][1:]) <= MAX_NOTE


def _unpacked_size(packed: bytes) -> int:
    """The size of compressed data, counted up to a little more than MAX_NOTE; more than that where they are damaged."""
    try:
        return len(zlib.decompressobj().decompress(packed, MAX_NOTE + 1))
    except zlib.error:
        return MAX_NOTE + 1
