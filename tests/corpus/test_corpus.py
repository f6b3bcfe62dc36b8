"""Everything that people bring, through every command that takes it; the tables beside this file say what is right."""

from __future__ import annotations

import os
import sys
from contextlib import closing
from pathlib import Path

import imageio_ffmpeg
import numpy as np
import pytest

from realtime.capture.registry import open_source
from scripts.cli import status
from tests.corpus import films, pictures

SMALL = ("--size", "64", "--canvas", "320x180", "--view", "mosaic", "--layer", "block1_conv2")
LIVE = ("live", "--sink", "none", "--frames", "5", *SMALL)

pytestmark = pytest.mark.slow


def seconds_of(path: Path) -> float:
    return float(imageio_ffmpeg.count_frames_and_secs(str(path))[1])


def size_of(path: str) -> tuple[int, int]:
    with closing(open_source(path)) as source:
        height, width = source.read().shape[:2]
        return width, height


def said(capfd: pytest.CaptureFixture[str]) -> list[str]:
    """The lines on standard error; a traceback is none of them."""
    lines = capfd.readouterr().err.splitlines()
    assert not any("Traceback" in line for line in lines), lines
    return lines


@pytest.mark.parametrize("name", films.CASES)
def test_a_film_is_shown_and_rendered_as_it_is(tmp_path: Path, name: str, capfd: pytest.CaptureFixture[str]) -> None:
    film, path, out = films.CASES[name], tmp_path / name, tmp_path / "out.mp4"
    film.make(path)
    assert size_of(str(path)) == film.size_wh
    assert status([*LIVE, "--source", str(path), "--loop"]) == 0
    assert status(["render", str(path), "-o", str(out), *SMALL]) == 0
    assert seconds_of(out) == pytest.approx(film.seconds, abs=0.06)
    said(capfd)
    if path.suffix not in (".webp", ".gif", ".png"):
        for command in ("maps", "story", "dream"):
            assert status([command, str(path), "-o", str(tmp_path / f"{command}.png")]) == 2
            assert len(said(capfd)) == 1


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux takes every name")
@pytest.mark.parametrize("kind", films.NAMES)
def test_a_film_may_have_any_name(tmp_path: Path, kind: str, capfd: pytest.CaptureFixture[str]) -> None:
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + films.NAMES[kind]))
    films.CASES["h264.mp4"].make(tmp_path / "plain.mp4")
    (tmp_path / "plain.mp4").rename(path)
    assert status([*LIVE, "--source", str(path)]) == 0
    assert status(["render", str(path), "-o", str(tmp_path / "out.mp4"), *SMALL, "--frames", "5"]) == 0
    said(capfd)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux takes every name")
@pytest.mark.parametrize("kind", films.NAMES)
def test_a_picture_may_have_any_name(tmp_path: Path, kind: str, capfd: pytest.CaptureFixture[str]) -> None:
    name = films.NAMES[kind].replace(b".mp4", b".png").replace(b".MP4", b".PNG")
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + name))
    path.write_bytes(pictures.CASES["plain.png"].make())
    assert status([*LIVE, "--source", str(path)]) == 0
    assert status(["maps", str(path), "-o", str(tmp_path / "maps.png"), "--width", "640"]) == 0
    said(capfd)


@pytest.mark.parametrize("name", pictures.CASES)
def test_a_picture_is_shown_by_every_command(tmp_path: Path, name: str, capfd: pytest.CaptureFixture[str]) -> None:
    picture, path, out = pictures.CASES[name], tmp_path / name, tmp_path / "out"
    path.write_bytes(picture.make())
    out.mkdir()
    assert size_of(str(path)) == picture.size_wh
    commands = (
        [*LIVE, "--source", str(path)],
        ["render", str(path), "-o", str(out / "render.png"), *SMALL],
        ["maps", str(path), "-o", str(out / "maps.png"), "--width", "640"],
        ["story", str(path), "-o", str(out / "story.gif"), "--width", "320", "--seconds", "0.2"],
        ["dream", str(path), "-o", str(out / "dream.png"), "--width", "640", "--octaves", "1", "--steps", "1"],
    )
    for command in commands:
        right = 0 if picture.dreams or command[0] != "dream" else 2
        assert status(list(command)) == right, (command[0], said(capfd))
    said(capfd)
    made = {"render.png", "maps.png", "story.gif"} | ({"dream.png"} if picture.dreams else set())
    assert {each.name for each in out.iterdir()} == made


def test_a_sequence_is_shown_in_the_order_of_its_numbers(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    folder = pictures.write_sequence(tmp_path / "sequence")
    with closing(open_source(str(folder))) as source:
        red = [int(np.median(source.read()[..., 2])) for _ in range(12)]
    assert red == [number * 20 for number in range(1, 13)]
    caplog.clear()
    assert status([*LIVE, "--source", str(folder)]) == 0
    assert [each for each in caplog.messages if "notes.txt" in each] == ["left out of sequence: notes.txt"]
