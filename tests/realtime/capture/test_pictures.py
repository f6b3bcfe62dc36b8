from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pillow

from models.errors import SettingError, SourceError
from realtime.capture.pictures import is_picture, open_pictures, read_picture
from realtime.capture.source import EndOfSource
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
        ("RGBA", (200, 100, 50, 128), ".png", (25, 50, 100)),
        ("RGBA", (200, 100, 50, 0), ".webp", (0, 0, 0)),
        ("LA", (200, 128), ".png", (100, 100, 100)),
        ("CMYK", (0, 255, 255, 0), ".jpg", (0, 0, 255)),
    ],
)
def test_every_mode_is_read_as_bgr(
    tmp_path: Path, mode: str, colour: int | tuple[int, ...], suffix: str, expected: tuple[int, ...]
) -> None:
    path = save(tmp_path / f"a{suffix}", Pillow.new(mode, (32, 32), colour))
    np.testing.assert_allclose(read_picture(path)[16, 16].astype(int), expected, atol=3)


def test_a_palette_with_a_transparent_entry_is_laid_over_black(tmp_path: Path) -> None:
    picture = Pillow.new("P", (8, 8), 1)
    picture.putpalette([9, 9, 9, *RGB])
    picture.putpixel((0, 0), 0)
    image = read_picture(save(tmp_path / "a.png", picture, transparency=0))
    assert image[0, 0].tolist() == [0, 0, 0]
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
        open_pictures(path)
    assert capfd.readouterr() == ("", "")


def test_a_compressed_tiff_that_is_cut_off_is_refused_in_silence(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = truncate(save(tmp_path / "a.tif", compression="tiff_lzw"))
    with pytest.raises(SourceError, match="damaged picture"):
        open_pictures(path)
    assert capfd.readouterr() == ("", "")


def test_text_and_nothing_are_no_pictures(tmp_path: Path) -> None:
    text, nothing = tmp_path / "a.jpg", tmp_path / "b.png"
    text.write_text("these are words")
    nothing.touch()
    for path in (text, nothing):
        assert not is_picture(path)
        with pytest.raises(SourceError, match=f"^{path.name}: not a supported picture: expected JPEG, PNG"):
            open_pictures(path)


@pytest.mark.parametrize("times", [1.5, 3])
def test_a_decompression_bomb_is_refused_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, times: float
) -> None:
    path = save(tmp_path / "bomb.png")
    monkeypatch.setattr(Pillow, "MAX_IMAGE_PIXELS", int(160 * 120 / times))
    with pytest.raises(SourceError, match=r"^bomb.png: more than [\d,]+ pixels: scale it down$"):
        open_pictures(path)


def test_floating_point_pixels_are_refused(tmp_path: Path) -> None:
    path = save(tmp_path / "a.tiff", Pillow.new("F", (8, 8), 0.5))
    with pytest.raises(SourceError, match=r"^a.tiff: floating-point pixels are not supported: save it with 8"):
        open_pictures(path)


def test_a_picture_is_known_by_its_content(tmp_path: Path) -> None:
    assert is_picture(save(tmp_path / "a.dat", kind="PNG"))


def folder_of(folder: Path, *greys: int) -> Path:
    for number, grey in enumerate(greys):
        save(folder / f"{number}.png", Pillow.new("L", (8, 8), grey), compress_level=0)
    return folder


def greys_of(folder: Path, count: int, *, hold: int = 1, loop: bool = False) -> list[int]:
    source = open_pictures(folder, hold=hold, loop=loop)
    return [int(source.read()[0, 0, 0]) for _ in range(count)]


def test_one_picture_is_given_once(tmp_path: Path) -> None:
    source = open_pictures(save(tmp_path / "a.png"))
    assert (source.name, source.live, source.fps) == ("a.png", False, 30.0)
    np.testing.assert_array_equal(source.read(), NOISE[..., ::-1])
    for _ in range(2):
        with pytest.raises(EndOfSource):
            source.read()


def test_a_folder_is_read_in_order_of_name(tmp_path: Path) -> None:
    source = open_pictures(folder_of(tmp_path, 10, 20, 30))
    assert [int(source.read()[0, 0, 0]) for _ in range(3)] == [10, 20, 30]
    with pytest.raises(EndOfSource):
        source.read()


def test_each_is_held_and_the_folder_starts_again(tmp_path: Path) -> None:
    greys = greys_of(folder_of(tmp_path, 10, 20), 10, hold=2, loop=True)
    assert greys == [10, 10, 20, 20, 10, 10, 20, 20, 10, 10]


def test_skipping_counts_like_reading(tmp_path: Path) -> None:
    source = open_pictures(folder_of(tmp_path, 10, 20, 30), hold=2)
    source.read()
    for _ in range(3):
        source.skip()
    assert int(source.read()[0, 0, 0]) == 30
    source.skip()
    with pytest.raises(EndOfSource):
        source.skip()


@pytest.mark.parametrize("broken", [0, 1, 2])
def test_a_broken_picture_is_passed_over_and_named_once(
    tmp_path: Path, broken: int, caplog: pytest.LogCaptureFixture
) -> None:
    truncate(folder_of(tmp_path, 10, 20, 30) / f"{broken}.png")
    source = open_pictures(tmp_path, loop=True)
    good = [grey for number, grey in enumerate((10, 20, 30)) if number != broken]
    assert [int(source.read()[0, 0, 0]) for _ in range(6)] == good * 3
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert caplog.messages[0].startswith(f"skipped {broken}.png: damaged picture")


def test_the_end_comes_even_when_the_last_picture_is_broken(tmp_path: Path) -> None:
    truncate(folder_of(tmp_path, 10, 20) / "1.png")
    source = open_pictures(tmp_path)
    source.read()
    with pytest.raises(EndOfSource):
        source.read()


def test_a_folder_that_loses_its_pictures_meanwhile_is_an_error(tmp_path: Path) -> None:
    source = open_pictures(folder_of(tmp_path, 10, 20), loop=True)
    source.read()
    for path in tmp_path.iterdir():
        path.unlink()
    with pytest.raises(SourceError, match="cannot read any of the 2 pictures in"):
        source.read()


def test_a_folder_without_pictures_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "words.txt").write_text("no picture")
    (tmp_path / "._0.png").write_text("what macOS leaves on memory sticks")
    with pytest.raises(SourceError, match=f"^no picture in the folder '{tmp_path}': expected files .bmp .jpeg"):
        open_pictures(tmp_path)


def test_a_folder_of_broken_pictures_is_an_error(tmp_path: Path) -> None:
    for path in folder_of(tmp_path, 10, 20).iterdir():
        truncate(path)
    with pytest.raises(SourceError, match=r"^cannot read any of the 2 pictures in .+: 1\.png: damaged"):
        open_pictures(tmp_path)
