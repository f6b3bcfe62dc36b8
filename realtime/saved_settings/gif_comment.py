"""Comments in GIF files (GIF89a, sections 18 and 24)."""

from pathlib import Path
from typing import BinaryIO

HEADER = 13  # bytes of the signature and of the description of the screen
MOST = 255  # bytes of one block of a comment
CHUNK = 1 << 20


def comment_block(text: str) -> bytes:
    """A comment as it is in the file; nothing for no text."""
    if not text:
        return b""
    content = text.encode()
    parts = (content[place : place + MOST] for place in range(0, len(content), MOST))
    return b"\x21\xfe" + b"".join(bytes([len(part)]) + part for part in parts) + b"\0"


def add_comment(path: Path, text: str) -> None:
    """Put a comment before the first picture of a GIF file, in place."""
    with path.open("r+b") as file:
        _insert(file, _place(file.read(HEADER)), comment_block(text))


def with_comment(content: bytes, text: str) -> bytes:
    """The content of a GIF file with a comment before its first picture."""
    place = _place(content[:HEADER])
    return content[:place] + comment_block(text) + content[place:]


def _place(head: bytes) -> int:
    """Where the palette of all pictures ends, or the header if there is none."""
    flags = head[10]
    return HEADER + (3 << (flags & 7) + 1 if flags & 0x80 else 0)


def _insert(file: BinaryIO, place: int, content: bytes) -> None:
    """Insert bytes at a place, chunk by chunk from the end, so that no whole file is in memory."""
    end = file.seek(0, 2)
    while end > place:
        begin = max(end - CHUNK, place)
        file.seek(begin)
        chunk = file.read(end - begin)
        file.seek(begin + len(content))
        file.write(chunk)
        end = begin
    file.seek(place)
    file.write(content)
