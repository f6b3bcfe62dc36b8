from __future__ import annotations

import os
import random
from pathlib import Path

import pytest
from PIL import Image as Pillow

from models.errors import SourceError
from realtime.capture.pictures import open_pictures
from realtime.imaging.reading.folder import list_folder, list_pictures


def make(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).touch()


def test_numbers_are_counted_and_letters_have_no_case(tmp_path: Path) -> None:
    names = ["1.png", "2.png", "10.png", "a1b2.png", "A1b10.png", "a2.png", "frame9.png", "frame010.png", "frame11.png"]
    shuffled = list(names)
    random.Random(3).shuffle(shuffled)
    make(tmp_path, *shuffled)
    assert [path.name for path in list_pictures(tmp_path)] == names


def test_a_sequence_is_played_in_the_order_of_its_numbers(tmp_path: Path) -> None:
    for number in range(1, 13):
        Pillow.new("RGB", (64, 48), (number * 20, 0, 0)).save(tmp_path / f"frame{number}.png")
    source = open_pictures(tmp_path)
    assert [int(source.read()[0, 0, 2]) for _ in range(12)] == [number * 20 for number in range(1, 13)]


@pytest.mark.parametrize("suffix", [".jfif", ".jpe", ".avif", ".gif", ".JPG", ".heic", ".jp2", ".tga"])
def test_files_of_every_format_are_taken(tmp_path: Path, suffix: str) -> None:
    make(tmp_path, f"a{suffix}")
    assert [path.suffix for path in list_pictures(tmp_path)] == [suffix]


def test_what_is_left_out_is_said_in_one_line(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    make(tmp_path, "a.png", "b.txt", "c.mp4", "d.pdf", "e.docx", ".hidden")
    (tmp_path / "older").mkdir()
    assert len(list_pictures(tmp_path)) == 1
    assert caplog.messages == [f"left out of {tmp_path.name}: b.txt, c.mp4, d.pdf and 2 more"]


def test_nothing_is_said_where_nothing_is_left_out(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    make(tmp_path, "a.png", ".DS_Store")
    list_pictures(tmp_path)
    assert caplog.messages == []


@pytest.mark.skipif(os.name != "posix", reason="names are bytes on POSIX")
def test_a_name_that_is_no_text_can_be_said(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    make(tmp_path, "a.png")
    (tmp_path / os.fsdecode(b"M\xfcnchen.txt")).touch()
    list_pictures(tmp_path)
    assert caplog.messages == [f"left out of {tmp_path.name}: M\N{REPLACEMENT CHARACTER}nchen.txt"]


def test_a_folder_without_pictures_is_an_error(tmp_path: Path) -> None:
    make(tmp_path, "words.txt", "._0.png")  # the latter is what macOS leaves on memory sticks
    with pytest.raises(SourceError, match=f"^no picture in the folder '{tmp_path}': expected pictures, such as .jpg"):
        list_pictures(tmp_path)


def test_a_folder_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"^cannot read the folder '.*none': No such file or directory: expected"):
        list_folder(tmp_path / "none")
