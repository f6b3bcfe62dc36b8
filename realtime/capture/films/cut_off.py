"""Whether a file is shorter than its own outermost parts say: what is left of a download or a copy that broke off."""

import struct

from realtime.capture.films.film_file import FilmFile

EBML, SEGMENT = b"\x1a\x45\xdf\xa3", b"\x18\x53\x80\x67"
BOXES = frozenset(b"ftyp styp moov moof mdat mfra sidx ssix emsg prft free skip wide pnot uuid meta udta".split())
MOST = 10_000  # outermost parts that are looked at


def is_cut_off(file: FilmFile) -> bool:
    """Whether an MP4, QuickTime, AVI, Matroska or WebM file ends too early; False for any other."""
    return _expected_size(file, file.size) > file.size


def _expected_size(file: FilmFile, size: int) -> int:
    """Where the last part of the file ends by its own word, in bytes; 0 where nothing says so."""
    file.seek(0)
    head = file.read(12)
    if head[4:8] in BOXES:
        return _end_of_boxes(file, size)
    if head[:4] == b"RIFF" and head[8:12] == b"AVI ":
        return _end_of_riff(file)
    return _end_of_segment(file) if head[:4] == EBML else 0


def _end_of_boxes(file: FilmFile, size: int) -> int:
    """ISO/IEC 14496-12, 4.2: size and kind, a size of 1 is followed by a longer one, and 0 means the rest."""
    place = 0
    for _ in range(MOST):
        header = _read(file, place, 16)
        if header[4:8] not in BOXES:
            break
        length = struct.unpack(">I", header[:4])[0]
        if length == 1 and len(header) == 16:
            length = struct.unpack(">Q", header[8:])[0]
        if length < 8:
            return size
        place += length
    return place


def _end_of_riff(file: FilmFile) -> int:
    """A file has several RIFF parts where it is longer than 1 GB; 0 is what a recorder leaves that was not closed."""
    place = 0
    for _ in range(MOST):
        header = _read(file, place, 8)
        if header[:4] != b"RIFF":
            break
        length = struct.unpack("<I", header[4:])[0]
        if length == 0:
            return 0
        place += 8 + length
    return place


def _end_of_segment(file: FilmFile) -> int:
    """RFC 8794: a header, then the segment with all else; all bits set mean that its size is not known."""
    file.seek(4)
    header = _variable_size(file)
    if header is None or _read(file, file.tell() + header, 4) != SEGMENT:
        return 0
    length = _variable_size(file)
    return file.tell() + length if length is not None else 0


def _read(file: FilmFile, place: int, count: int) -> bytes:
    """Bytes at a place; none beyond the end, where a place may be too large a number to go there."""
    if place >= file.size:
        return b""
    file.seek(place)
    return file.read(count)


def _variable_size(file: FilmFile) -> int | None:
    """A number of 1 to 8 bytes, as many as its first byte has leading zeros and one; None where it is not known."""
    first = file.read(1)
    if not first or not first[0]:
        return None
    more = 8 - first[0].bit_length()
    number = int.from_bytes(first + file.read(more)) & ((1 << 7 * (more + 1)) - 1)
    return None if number == (1 << 7 * (more + 1)) - 1 else number
