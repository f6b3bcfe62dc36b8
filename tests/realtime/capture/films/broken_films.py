"""Films that somebody broke: seeded mutations of small films of many kinds."""

from __future__ import annotations

import random
from pathlib import Path

from tests.realtime.capture.films.ffmpeg_films import FILMS

KINDS = (
    "h264-b-frames.mp4",
    "edit-list.mp4",
    "rotated-90.mp4",
    "hevc-10-bit.mp4",
    "av1.mkv",
    "vp8.webm",
    "vp9-uneven.webm",
    "sound-first.mkv",
    "h264-60.ts",
    "mpeg2.mpg",
    "mpeg4.avi",
    "mjpeg.avi",
    "flv1.flv",
    "prores.mov",
    "ffv1-odd.mkv",
    "wide.mkv",
)


def write_all(folder: Path, count: int, seed: int) -> None:
    """Write `count` broken films, named in the order in which they are made."""
    whole = [(Path(name).suffix, _content(folder / name, name)) for name in KINDS]
    rng = random.Random(seed)
    for number in range(count):
        suffix, content = whole[number % len(whole)]
        for _ in range(rng.choice((1, 1, 2, 4))):
            content = rng.choice((_change, _cut, _repeat, _zero, _lie))(rng, content)
        (folder / f"{number:04d}{suffix}").write_bytes(content)


def _content(path: Path, name: str) -> bytes:
    FILMS[name](path)
    content = path.read_bytes()
    for made in path.parent.iterdir():
        if not made.stem.isdigit():
            made.unlink()
    return content


def _place(rng: random.Random, content: bytes) -> int:
    """Anywhere, and every other time near the beginning or the end, where headers and indexes are."""
    near = rng.randrange(min(2000, len(content)))
    return rng.choice((rng.randrange(len(content)), rng.randrange(len(content)), near, len(content) - 1 - near))


def _change(rng: random.Random, content: bytes) -> bytes:
    changed = bytearray(content)
    for _ in range(rng.choice((1, 5, 30, 300))):
        changed[_place(rng, content)] = rng.randrange(256)
    return bytes(changed)


def _cut(rng: random.Random, content: bytes) -> bytes:
    return content[: max(_place(rng, content), 16)]


def _repeat(rng: random.Random, content: bytes) -> bytes:
    place, length = _place(rng, content), rng.choice((4, 100, 5000))
    return content[:place] + content[place : place + length] * rng.choice((2, 3, 20)) + content[place + length :]


def _zero(rng: random.Random, content: bytes) -> bytes:
    place, length = _place(rng, content), rng.choice((4, 64, 1000, 20_000))
    part = content[place : place + length]
    return content[:place] + bytes(len(part)) + content[place + length :]


def _lie(rng: random.Random, content: bytes) -> bytes:
    """Put an extreme number where a size or a time may be."""
    changed, place = bytearray(content), _place(rng, content)
    number = rng.choice(
        (b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"\x00\x00\x00\x01", b"\x00\x01\x00\x00", b"\x80\0\0\0")
    )
    changed[place : place + 4] = number
    return bytes(changed)
