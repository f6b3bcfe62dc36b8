"""Pictures that somebody broke: seeded mutations, headers that lie, and bombs."""

from __future__ import annotations

import io
import random
import struct
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from PIL import Image as Pillow
from PIL import ImageCms

SIGNATURE = b"\x89PNG\r\n\x1a\n"
HUGE = (0, 1, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF, 100_000, 9_000, 65_500)


def write_all(folder: Path, count: int, seed: int) -> None:
    """Write `count` broken pictures, named in the order in which they are made."""
    made = _all(random.Random(seed))
    for number in range(count):
        suffix, content = next(made)
        (folder / f"{number:03d}.{suffix}").write_bytes(content)


def _all(rng: random.Random) -> Iterator[tuple[str, bytes]]:
    yield from _bombs()
    whole = list(_whole())
    changes: tuple[Callable[[random.Random, bytes], bytes], ...] = (_flip, _cut, _lie, _lengthen, _splice)
    while True:
        suffix, content = rng.choice(whole)
        for _ in range(rng.choice((1, 1, 2, 4))):
            content = rng.choice(changes)(rng, content)
        yield suffix, _sealed(content) if suffix == "png" and rng.random() < 0.8 else content


def _whole() -> Iterator[tuple[str, bytes]]:
    noise = np.random.default_rng(0).integers(0, 256, (36, 48, 3), np.uint8)
    rgb = Pillow.fromarray(noise)
    for kind, picture, options in (
        ("png", rgb, {}),
        ("png", rgb.convert("P"), {"transparency": 3}),
        ("png", rgb.convert("L").convert("I").convert("I;16"), {}),
        ("jpeg", rgb, {"exif": _exif()}),
        ("jpeg", rgb.convert("CMYK"), {"progressive": True}),
        ("gif", rgb, {"save_all": True, "append_images": [rgb.rotate(180)]}),
        ("bmp", rgb, {}),
        ("tiff", rgb, {}),
        ("tiff", rgb, {"compression": "tiff_lzw"}),
        ("tiff", rgb, {"compression": "tiff_adobe_deflate"}),
        ("webp", rgb.convert("RGBA"), {}),
        ("webp", rgb, {"lossless": True}),
        ("webp", rgb, {"save_all": True, "append_images": [rgb.rotate(90), rgb.rotate(180)]}),
        ("png", rgb, {"save_all": True, "append_images": [rgb.rotate(90), rgb.rotate(180)]}),
        ("avif", rgb, {}),
        ("avif", rgb, {"save_all": True, "append_images": [rgb.rotate(90), rgb.rotate(180)]}),
        ("jpeg2000", rgb, {}),
        ("ppm", rgb, {}),
        ("tga", rgb, {"compression": "tga_rle"}),
        ("sgi", rgb, {}),
        ("pcx", rgb, {}),
        ("ico", rgb, {}),
        ("qoi", rgb, {}),
        ("dds", rgb, {}),
        ("jpeg", rgb, {"icc_profile": _profile()}),
        ("png", rgb, {"icc_profile": _profile()}),
    ):
        file = io.BytesIO()
        picture.save(file, kind, **options)
        yield kind, file.getvalue()


def _profile() -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes().replace(b"s\0R\0G\0B", b"n\0o\0n\0e")


def _exif() -> Pillow.Exif:
    exif = Pillow.Exif()
    exif[0x0112] = 6
    exif[0x010E] = "words" * 20
    return exif


def _flip(rng: random.Random, content: bytes) -> bytes:
    changed = bytearray(content)
    for _ in range(rng.choice((1, 3, 20))):
        place = rng.randrange(min(4, len(changed) - 1), max(min(len(changed), rng.choice((40, 200, 9999))), 5))
        changed[min(place, len(changed) - 1)] ^= 1 << rng.randrange(8)
    return bytes(changed)


def _cut(rng: random.Random, content: bytes) -> bytes:
    return content[: rng.randrange(8, max(len(content), 9))]


def _lie(rng: random.Random, content: bytes) -> bytes:
    """Put a large number where a header may keep a size."""
    changed, form = bytearray(content), rng.choice(("<H", ">H", "<I", ">I"))
    value = rng.choice(HUGE) & (0xFFFF if form[1] == "H" else 0xFFFFFFFF)
    place = rng.choice((16, 20, 18, 22, 6, 8, 24, 28, 160, rng.randrange(60)))
    if len(changed) > 8:
        struct.pack_into(form, changed, min(place, len(changed) - 4), value)
    return bytes(changed)


def _lengthen(rng: random.Random, content: bytes) -> bytes:
    """Change the length of a chunk, or of what looks like one."""
    marks = [content.find(mark) for mark in (b"IDAT", b"PLTE", b"tRNS", b"VP8 ", b"VP8L", b"\xff\xdb", b"\xff\xda")]
    places = [mark for mark in marks if mark >= 4]
    if not places:
        return _lie(rng, content)
    changed = bytearray(content)
    struct.pack_into(">I", changed, rng.choice(places) - 4, rng.choice(HUGE))
    return bytes(changed)


def _splice(rng: random.Random, content: bytes) -> bytes:
    place, length = rng.randrange(8, max(len(content), 9)), rng.randrange(1, 64)
    return content[:place] + rng.choice((rng.randbytes(length), content[:length] * 8)) + content[place + length // 2 :]


def _sealed(content: bytes) -> bytes:
    """A PNG with the checksums that its chunks should have, so that what is in them is believed."""
    out, place = bytearray(content[:8]), 8
    while place + 12 <= len(content):
        length = struct.unpack_from(">I", content, place)[0]
        body = content[place + 4 : place + 8 + length]
        out += content[place : place + 4] + body + struct.pack(">I", zlib.crc32(body))
        place += 12 + length
    return bytes(out)


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(width: int, height: int, data: bytes, *extra: bytes) -> bytes:
    """A PNG of grey pixels whose compressed data are `data`."""
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return SIGNATURE + _chunk(b"IHDR", header) + b"".join(extra) + _chunk(b"IDAT", data) + _chunk(b"IEND", b"")


def zeros(count: int) -> bytes:
    """`count` zeros, compressed a thousandfold."""
    packer, block = zlib.compressobj(9), bytes(1 << 20)
    return b"".join(packer.compress(block) for _ in range(count >> 20)) + packer.flush()


def _bombs() -> Iterator[tuple[str, bytes]]:
    packed = zeros(64 << 20)
    yield "png", png(100_000, 100_000, packed)
    yield "png", png(0x7FFFFFFF, 1, packed)
    yield "png", png(9_400, 9_400, packed)
    yield "png", png(8, 8, packed)
    yield "png", png(8, 8, zlib.compress(bytes(72)), _chunk(b"zTXt", b"words\0\0" + packed))
    yield "png", png(8, 8, zlib.compress(bytes(72)), _chunk(b"iCCP", b"words\0\0" + packed))
    yield "tiff", _tiff({256: 60_000, 257: 60_000})
    yield "tiff", _tiff({256: 16, 257: 16, 322: 0x7FFFFFF0, 323: 0x7FFFFFF0})
    yield "tiff", _tiff({256: 9_000, 257: 9_000, 278: 0xFFFFFFFF, 279: 0xFFFFFFFF})
    yield "jpg", _jpeg(65_500, 65_500)
    yield "jpg", _jpeg(65_500, 1_300)
    yield "bmp", b"BM" + struct.pack("<IHHIIiiHHIIiiII", 54, 0, 0, 54, 40, 0x7FFFFFFF, -1, 1, 24, 0, 0, 0, 0, 0, 0)
    yield "bmp", b"BM" + struct.pack("<IHHIIiiHHIIiiII", 54, 0, 0, 54, 40, 9000, 9000, 1, 24, 0, 0, 0, 0, 0, 0)
    yield "webp", b"RIFF\x1e\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0" + b"\xff\x3f\0" * 2 + b"VP8L\0\0\0\0"
    yield "gif", _gif(65_535, 3_000)
    yield "png", _gif(65_535, 3_000)
    yield "gif", _gif(16, 20_000)


def _tiff(entries: dict[int, int]) -> bytes:
    tags = {258: 8, 259: 1, 262: 1, 273: 8, 277: 1, 278: 16, 279: 256} | entries
    directory = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in sorted(tags.items()))
    return b"II*\0" + struct.pack("<IH", 8, len(tags)) + directory + bytes(4)


def _jpeg(width: int, height: int) -> bytes:
    file = io.BytesIO()
    Pillow.new("RGB", (16, 16)).save(file, "jpeg")
    content = bytearray(file.getvalue())
    struct.pack_into(">HH", content, content.index(b"\xff\xc0") + 5, height, width)
    return bytes(content)


def _gif(side: int, frames: int) -> bytes:
    """Frames of which each says that it fills the picture, and gives one pixel."""
    head = b"GIF89a" + struct.pack("<HHBBB", side, side, 0x80, 0, 0) + bytes((0, 0, 0, 255, 255, 255))
    frame = b"," + struct.pack("<HHHHB", 0, 0, side, side, 0) + b"\x02\x02\x4c\x01\x00"
    return head + frame * frames + b";"
