from __future__ import annotations

import io
import struct
import tracemalloc
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pillow
from PIL import ImageCms
from PIL.PngImagePlugin import PngInfo

from realtime.imaging.reading.open_picture import is_picture
from realtime.imaging.reading.png_chunks import picture_chunks
from realtime.imaging.reading.read_picture import read_picture
from tests.realtime.imaging.reading.broken_pictures import zeros

NOISE = np.random.default_rng(0).integers(0, 256, (30, 40, 3), np.uint8)


def chunk(kind: bytes, body: bytes, *, checksum: int | None = None) -> bytes:
    right = zlib.crc32(kind + body)
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", right if checksum is None else checksum)


def noise_with(*chunks: bytes, last: bytes = b"") -> bytes:
    """A PNG with further chunks after its header, and one after its pixels."""
    file = io.BytesIO()
    Pillow.fromarray(NOISE).save(file, "PNG")
    whole = file.getvalue()
    return whole[:33] + b"".join(chunks) + whole[33:-12] + last + whole[-12:]


MUCH = zeros(64 << 20)
NOTES = {
    "compressed text": chunk(b"zTXt", b"words\0\0" + MUCH),
    "international text": chunk(b"iTXt", b"words\0\1\0\0\0" + MUCH),
    "long text": chunk(b"tEXt", b"words\0" + b"a" * (3 << 20)),
    "large profile": chunk(b"iCCP", b"words\0\0" + MUCH),
    "damaged profile": chunk(b"iCCP", b"words\0\0" + b"not compressed"),
    "wrong checksum of text": chunk(b"tEXt", b"words\0are wrong", checksum=7),
    "wrong checksum of a profile": chunk(b"iCCP", b"words\0\0" + zlib.compress(bytes(200)), checksum=7),
    "wrong checksum of a date": chunk(b"tIME", bytes(7), checksum=7),
    "unknown chunk": chunk(b"quIz", b"what is this"),
    "damaged EXIF": chunk(b"eXIf", b"II*\0\xff\xff\xff\xff"),
    "much EXIF": chunk(b"eXIf", bytes(5 << 20)),
    "a hundred texts": chunk(b"zTXt", b"words\0\0" + zlib.compress(bytes(900_000))) * 100,
}


@pytest.mark.parametrize("name", NOTES)
@pytest.mark.parametrize("place", ["before", "after"])
def test_no_note_keeps_the_picture_from_being_read(tmp_path: Path, name: str, place: str) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(noise_with(NOTES[name]) if place == "before" else noise_with(last=NOTES[name]))
    assert is_picture(path)
    np.testing.assert_array_equal(read_picture(path), NOISE[..., ::-1])


def test_large_notes_take_no_memory(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(noise_with(*(chunk(b"tEXt", b"words\0" + bytes(50 << 20)) for _ in range(3))))
    tracemalloc.start()
    read_picture(path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1 << 20


def test_what_the_picture_needs_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    picture = Pillow.new("P", (8, 8), 1)
    picture.putpalette([9, 9, 9, 200, 100, 50])
    exif = Pillow.Exif()
    exif[0x0112] = 6
    words = PngInfo()
    words.add_text("words", "left out")
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    picture.save(path, transparency=0, exif=exif, icc_profile=profile, pnginfo=words)
    with path.open("rb") as file, Pillow.open(picture_chunks(file)) as kept:
        kept.load()
        assert kept.getexif()[0x0112] == 6
        assert kept.info["transparency"] == 0
        assert kept.info["icc_profile"] == profile
        assert "words" not in kept.info
