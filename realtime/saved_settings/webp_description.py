"""Descriptions in WebP files, as XMP (ISO 16684-1, `dc:description`) in a RIFF chunk of its own."""

import html
import re
import struct
from pathlib import Path

_EXTENDED = b"VP8X"  # the first chunk of every file with more than one picture, which has flags
_FLAGS = 20  # their place
_HAS_XMP = 0x04
_PACKET = (
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    '<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:description><rdf:Alt>'
    '<rdf:li xml:lang="x-default">{}</rdf:li></rdf:Alt></dc:description></rdf:Description></rdf:RDF></x:xmpmeta>'
)
_TEXT = re.compile(r'<dc:description><rdf:Alt><rdf:li xml:lang="x-default">([^<]*)</rdf:li>')


def add_description(path: Path, text: str) -> None:
    """Append a description to a WebP file, in place; nothing for no text, or where there is one picture only."""
    with path.open("rb") as file:
        extended = file.read(_FLAGS)[12:16] == _EXTENDED
    if not text or not extended:
        return
    content = _PACKET.format(html.escape(text)).encode()
    chunk = struct.pack("<4sI", b"XMP ", len(content)) + content + bytes(len(content) % 2)
    with path.open("r+b") as file:
        size = file.seek(0, 2)
        file.write(chunk)
        file.seek(4)
        file.write(struct.pack("<I", size + len(chunk) - 8))
        file.seek(_FLAGS)
        flags = file.read(1)[0]
        file.seek(_FLAGS)
        file.write(bytes([flags | _HAS_XMP]))


def description(packet: bytes) -> str:
    """The description in an XMP packet of ours; ValueError in any other."""
    found = _TEXT.search(packet.decode(errors="replace"))
    if found is None:
        raise ValueError("there is no description")
    return html.unescape(found[1])
