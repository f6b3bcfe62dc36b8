from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pillow

from models.errors import SourceError
from realtime.capture.pictures import open_pictures
from realtime.capture.source import EndOfSource

RGB = (200, 100, 50)
NOISE = np.random.default_rng(0).integers(0, 256, (120, 160, 3), np.uint8)
SUFFIXES = (".jpg", ".png", ".bmp", ".webp", ".tiff")


def save(path: Path, picture: Pillow.Image | None = None, kind: str | None = None, **options: object) -> Path:
    (picture or Pillow.fromarray(NOISE)).save(path, kind, **options)
    return path


def truncate(path: Path) -> Path:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    return path


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
    with pytest.raises(SourceError, match="no picture in the folder"):
        source.read()


def test_a_folder_of_broken_pictures_is_an_error(tmp_path: Path) -> None:
    for path in folder_of(tmp_path, 10, 20).iterdir():
        truncate(path)
    with pytest.raises(SourceError, match=r"^cannot read any of the 2 pictures in .+: 1\.png: damaged"):
        open_pictures(tmp_path)


def test_a_folder_may_change_while_it_is_shown(tmp_path: Path) -> None:
    source = open_pictures(folder_of(tmp_path, 10, 20), loop=True)

    def greys(count: int) -> list[int]:
        return [int(source.read()[0, 0, 0]) for _ in range(count)]

    assert greys(2) == [10, 20]
    first = sorted(tmp_path.iterdir())[0]
    content = first.read_bytes()
    first.write_bytes(content[: len(content) // 2])
    save(tmp_path / "9.png", Pillow.new("L", (8, 8), 30))
    assert greys(3) == [20, 30, 20]
    first.write_bytes(content)
    assert greys(4) == [30, 10, 20, 30]
