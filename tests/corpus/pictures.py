"""Pictures as people bring them: how each is made, and the size at which it is shown."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image as Pillow
from PIL import ImageCms, PngImagePlugin

WH = (64, 48)


@dataclass(frozen=True, slots=True)
class Picture:
    """How a picture is made, the size at which it is shown, and whether it is large enough to dream on."""

    make: Callable[[], bytes]
    size_wh: tuple[int, int] = WH
    dreams: bool = True


def photograph(size_wh: tuple[int, int] = WH) -> Pillow.Image:
    """A smooth picture, as a photograph is."""
    width, height = size_wh
    across, down = np.meshgrid(np.linspace(0, 1, width), np.linspace(0, 1, height))
    pixels = np.stack([across, down, 1 - across * down], -1) * 255
    return Pillow.fromarray(pixels.astype(np.uint8))


def saved(kind: str, mode: str = "RGB", size_wh: tuple[int, int] = WH, **options: Any) -> Callable[[], bytes]:
    """A photograph in a format and a mode."""

    def make() -> bytes:
        content = io.BytesIO()
        photograph(size_wh).convert(mode).save(content, kind, **options)
        return content.getvalue()

    return make


def _deep(kind: str) -> Callable[[], bytes]:
    """Grey with 16 bits."""

    def make() -> bytes:
        content = io.BytesIO()
        grey = np.asarray(photograph().convert("L")).astype(np.uint16) * 257
        Pillow.fromarray(grey).save(content, kind)
        return content.getvalue()

    return make


def _turned() -> bytes:
    exif = Pillow.Exif()
    exif[0x0112] = 6
    return saved("JPEG", exif=exif)()


def _much_text() -> bytes:
    info = PngImagePlugin.PngInfo()
    info.add_text("comment", "x" * 3_000_000, zip=True)
    return saved("PNG", pnginfo=info)()


def _large_profile() -> bytes:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return saved("PNG", icc_profile=profile + bytes(2_000_000))()


def _wrong_checksum() -> bytes:
    """A text chunk whose checksum is wrong, before the pixels."""
    content = saved("PNG")()
    body = b"Comment\0made by hand"
    chunk = struct.pack(">I", len(body)) + b"tEXt" + body + struct.pack(">I", zlib.crc32(b"tEXt" + body) ^ 1)
    return content[:33] + chunk + content[33:]


CASES: dict[str, Picture] = {
    "plain.png": Picture(saved("PNG")),
    "plain.jpg": Picture(saved("JPEG")),
    "plain.jpeg": Picture(saved("JPEG")),
    "plain.jpe": Picture(saved("JPEG")),
    "plain.jfif": Picture(saved("JPEG")),
    "progressive.jpg": Picture(saved("JPEG", progressive=True)),
    "cmyk.jpg": Picture(saved("JPEG", "CMYK")),
    "grey.jpg": Picture(saved("JPEG", "L")),
    "turned.jpg": Picture(_turned, WH[::-1]),
    "plain.webp": Picture(saved("WEBP")),
    "plain.avif": Picture(saved("AVIF")),
    "plain.gif": Picture(saved("GIF")),
    "plain.bmp": Picture(saved("BMP")),
    "plain.tif": Picture(saved("TIFF", compression="tiff_lzw")),
    "cmyk.tiff": Picture(saved("TIFF", "CMYK")),
    "plain.jp2": Picture(saved("JPEG2000")),
    "clear.png": Picture(saved("PNG", "RGBA")),
    "palette.png": Picture(saved("PNG", "P")),
    "one-bit.png": Picture(saved("PNG", "1")),
    "deep.png": Picture(_deep("PNG")),
    "deep.tiff": Picture(_deep("TIFF")),
    "much-text.png": Picture(_much_text),
    "large-profile.png": Picture(_large_profile),
    "wrong-checksum.png": Picture(_wrong_checksum),
    "one-pixel-high.png": Picture(saved("PNG", size_wh=(64, 1)), (64, 1), dreams=False),
    "one-pixel.png": Picture(saved("PNG", size_wh=(1, 1)), (1, 1)),
}


def write_sequence(folder: Path, count: int = 12) -> Path:
    """Pictures numbered without zeros, each redder than the one before, beside files that are no pictures."""
    folder.mkdir()
    for number in range(1, count + 1):
        Pillow.new("RGB", WH, (number * 20, 0, 0)).save(folder / f"frame{number}.png")
    (folder / "notes.txt").write_text("not a picture")
    return folder
