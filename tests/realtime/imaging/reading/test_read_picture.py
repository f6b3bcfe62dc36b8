from __future__ import annotations

import os
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pillow
from PIL import ImageCms

from models.errors import SettingError, SourceError
from realtime.imaging.compositing import BACKGROUND
from realtime.imaging.reading.open_picture import is_picture
from realtime.imaging.reading.read_picture import read_picture
from scripts.common.saved_settings import read_settings

RGB = (200, 100, 50)
NOISE = np.random.default_rng(0).integers(0, 256, (120, 160, 3), np.uint8)
SUFFIXES = (".jpg", ".png", ".bmp", ".webp", ".tiff")


def save(path: Path, picture: Pillow.Image | None = None, kind: str | None = None, **options: object) -> Path:
    (picture or Pillow.fromarray(NOISE)).save(path, kind, **options)
    return path


def truncate(path: Path) -> Path:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    return path


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.png")
    with pytest.raises(SourceError, match=r"pipe\.png: not a file"):
        read_picture(tmp_path / "pipe.png")
    with pytest.raises(SettingError, match="has no saved settings"):
        read_settings(tmp_path / "pipe.png", "dream")


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_every_format_is_read_as_bgr(tmp_path: Path, suffix: str) -> None:
    path = save(tmp_path / f"a{suffix}", Pillow.new("RGB", (40, 30), RGB))
    image = read_picture(path)
    assert image.shape == (30, 40, 3)
    assert image.flags.c_contiguous
    np.testing.assert_allclose(image[15, 20].astype(int), RGB[::-1], atol=3)


@pytest.mark.parametrize(
    ("mode", "colour", "suffix", "expected"),
    [
        ("L", 77, ".png", (77, 77, 77)),
        ("1", 1, ".png", (255, 255, 255)),
        ("I;16", 0x4DFF, ".png", (77, 77, 77)),
        ("I;16", 0x4DFF, ".tiff", (77, 77, 77)),
        ("RGBA", (200, 100, 50, 255), ".png", (50, 100, 200)),
        ("RGBA", (200, 100, 50, 128), ".png", (33, 57, 106)),
        ("RGBA", (200, 100, 50, 0), ".webp", BACKGROUND),
        ("LA", (200, 128), ".png", (108, 107, 106)),
        ("CMYK", (0, 255, 255, 0), ".jpg", (0, 0, 255)),
    ],
)
def test_every_mode_is_read_as_bgr(
    tmp_path: Path, mode: str, colour: int | tuple[int, ...], suffix: str, expected: tuple[int, ...]
) -> None:
    path = save(tmp_path / f"a{suffix}", Pillow.new(mode, (32, 32), colour))
    np.testing.assert_allclose(read_picture(path)[16, 16].astype(int), expected, atol=3)


def test_a_palette_with_a_transparent_entry_is_laid_over_the_background(tmp_path: Path) -> None:
    picture = Pillow.new("P", (8, 8), 1)
    picture.putpalette([9, 9, 9, *RGB])
    picture.putpixel((0, 0), 0)
    image = read_picture(save(tmp_path / "a.png", picture, transparency=0))
    assert image[0, 0].tolist() == list(BACKGROUND)
    assert image[4, 4].tolist() == [50, 100, 200]


def test_exif_turns_the_picture_upright(tmp_path: Path) -> None:
    exif = Pillow.Exif()
    exif[0x0112] = 6  # the camera stood on its right side
    picture = Pillow.new("RGB", (40, 20), "black")
    picture.paste((255, 255, 255), (0, 0, 20, 20))
    image = read_picture(save(tmp_path / "a.jpg", picture, exif=exif))
    assert image.shape == (40, 20, 3)
    assert image[5].mean() > 240
    assert image[35].mean() < 15


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_truncated_picture_is_refused_in_one_line(
    tmp_path: Path, suffix: str, capfd: pytest.CaptureFixture[str]
) -> None:
    path = truncate(save(tmp_path / f"a{suffix}"))
    with pytest.raises(SourceError, match=rf"^a{suffix}: damaged picture \(.+\)$"):
        read_picture(path)
    assert capfd.readouterr() == ("", "")


def test_a_compressed_tiff_that_is_cut_off_is_refused_in_silence(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = truncate(save(tmp_path / "a.tif", compression="tiff_lzw"))
    with pytest.raises(SourceError, match="damaged picture"):
        read_picture(path)
    assert capfd.readouterr() == ("", "")


def test_text_and_nothing_are_no_pictures(tmp_path: Path) -> None:
    text, nothing = tmp_path / "a.jpg", tmp_path / "b.png"
    text.write_text("these are words")
    nothing.touch()
    for path in (text, nothing):
        assert not is_picture(path)
        with pytest.raises(SourceError, match=f"^{path.name}: not a supported picture: expected JPEG, PNG"):
            read_picture(path)


@pytest.mark.parametrize("times", [1.5, 3])
def test_a_decompression_bomb_is_refused_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, times: float
) -> None:
    path = save(tmp_path / "bomb.png")
    monkeypatch.setattr(Pillow, "MAX_IMAGE_PIXELS", int(160 * 120 / times))
    with pytest.raises(SourceError, match=r"^bomb.png: more than [\d,]+ pixels: scale it down$"):
        read_picture(path)


def test_floating_point_pixels_are_refused(tmp_path: Path) -> None:
    path = save(tmp_path / "a.tiff", Pillow.new("F", (8, 8), 0.5))
    with pytest.raises(SourceError, match=r"^a.tiff: floating-point pixels are not supported: save it with 8"):
        read_picture(path)


def test_a_picture_is_known_by_its_content(tmp_path: Path) -> None:
    assert is_picture(save(tmp_path / "a.dat", kind="PNG"))


def test_a_colour_profile_is_turned_into_srgb(tmp_path: Path) -> None:
    """In a profile with red and green exchanged, red is green."""
    srgb = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    red, green = srgb.index(b"rXYZ"), srgb.index(b"gXYZ")
    srgb[red : red + 4], srgb[green : green + 4] = b"gXYZ", b"rXYZ"
    profile = bytes(srgb).replace(b"sRGB", b"none").replace("sRGB".encode("utf-16-be"), "none".encode("utf-16-be"))
    for mode, colour in (("RGB", (200, 30, 30)), ("RGBA", (200, 30, 30, 255))):
        path = save(tmp_path / f"{mode}.png", Pillow.new(mode, (8, 8), colour), icc_profile=profile)
        np.testing.assert_allclose(read_picture(path)[4, 4].astype(int), (30, 200, 30), atol=2)
    palette = Pillow.new("RGB", (8, 8), (200, 30, 30)).quantize(4)
    path = save(tmp_path / "P.png", palette, icc_profile=profile)
    np.testing.assert_allclose(read_picture(path)[4, 4].astype(int), (30, 200, 30), atol=4)


def test_cmyk_is_converted_by_its_profile(tmp_path: Path) -> None:
    """There is no free profile of a press; a profile of another kind of colours is passed over."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes().replace(b"sRGB", b"none")
    path = save(tmp_path / "a.jpg", Pillow.new("CMYK", (32, 32), (0, 255, 255, 0)), icc_profile=profile)
    np.testing.assert_allclose(read_picture(path)[16, 16].astype(int), (0, 0, 255), atol=3)


@pytest.mark.parametrize("profile", [b"", b"no profile" * 50, bytes(4000)])
def test_a_profile_that_is_none_is_passed_over(tmp_path: Path, profile: bytes) -> None:
    path = save(tmp_path / "a.jpg", Pillow.new("RGB", (32, 32), RGB), icc_profile=profile)
    np.testing.assert_allclose(read_picture(path)[16, 16].astype(int), RGB[::-1], atol=3)


@pytest.mark.filterwarnings("ignore:Corrupt EXIF:UserWarning")  # as in production
def test_damaged_exif_does_not_keep_a_picture_from_being_read(tmp_path: Path) -> None:
    path = save(tmp_path / "a.jpg", Pillow.new("RGB", (40, 20), RGB), exif=b"Exif\0\0II*\0\xff\xff\xff\x7f")
    assert read_picture(path).shape == (20, 40, 3)


@pytest.mark.parametrize(
    "suffix", [".avif", ".jp2", ".gif", ".ppm", ".tga", ".ico", ".qoi", ".jfif", ".jpe", ".sgi", ".pcx"]
)
def test_further_formats_are_read(tmp_path: Path, suffix: str) -> None:
    kind = "JPEG" if suffix in (".jfif", ".jpe") else None
    image = read_picture(save(tmp_path / f"a{suffix}", Pillow.new("RGB", (48, 48), RGB), kind))
    np.testing.assert_allclose(image[24, 24].astype(int), RGB[::-1], atol=4)


def test_heic_is_read_with_the_extra(tmp_path: Path) -> None:
    heif = pytest.importorskip("pillow_heif")
    heif.from_pillow(Pillow.new("RGB", (64, 48), RGB)).save(tmp_path / "a.heic")
    for name in ("a.heic", "a.jpg"):
        path = tmp_path / name
        (tmp_path / "a.heic").replace(path)
        np.testing.assert_allclose(read_picture(path)[24, 24].astype(int), RGB[::-1], atol=4)
        path.replace(tmp_path / "a.heic")


def test_without_the_extra_heic_says_how_to_read_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.heic"
    path.write_bytes(b"\0\0\0\x18ftypheic" + bytes(100))
    monkeypatch.setitem(sys.modules, "pillow_heif", None)  # as where it is not installed
    with pytest.raises(SourceError, match=r"^a\.heic: HEIC pictures need the extra 'heif': run uv sync --extra heif$"):
        read_picture(path)


def test_sixteen_bits_of_colour_become_eight(tmp_path: Path) -> None:
    pixels = np.full((8, 8, 3), (0x1234, 0x89AB, 0xCDEF), ">u2")
    (tmp_path / "a.ppm").write_bytes(b"P6 8 8 65535\n" + pixels.tobytes())
    np.testing.assert_allclose(read_picture(tmp_path / "a.ppm")[4, 4].astype(int), (0xCD, 0x89, 0x12), atol=1)


def test_a_moving_picture_gives_its_first(tmp_path: Path) -> None:
    pictures = [Pillow.new("RGB", (16, 16), (0, grey, 0)) for grey in (200, 100, 0)]
    for suffix in (".gif", ".webp", ".png"):
        path = tmp_path / f"a{suffix}"
        pictures[0].save(path, save_all=True, append_images=pictures[1:], duration=100)
        np.testing.assert_allclose(read_picture(path)[8, 8].astype(int), (0, 200, 0), atol=4)


@pytest.mark.skipif(os.name != "posix", reason="names are bytes on POSIX")
def test_a_name_may_be_any_bytes(tmp_path: Path) -> None:
    path = tmp_path / os.fsdecode(b"M\xfcn\nchen.png")
    save(path)
    np.testing.assert_array_equal(read_picture(path), NOISE[..., ::-1])
    with pytest.raises(SourceError, match=r"^M.n\?chen\.png: damaged picture"):
        read_picture(truncate(path))
