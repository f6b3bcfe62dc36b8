"""The walk through a network: every layer in its order, for its time, with what was asked for, in a whole file."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import imageio_ffmpeg
import numpy as np
import pytest
from PIL import Image as Pillow
from PIL import ImageSequence

from models.importing.open_network import open_network
from realtime.imaging.compositing import Rect
from realtime.imaging.text import ACCENT
from realtime.sheets.storyboard import Storyboard
from scripts.cli import status
from scripts.pictures.story import StoryOptions, story_names
from tests.screen import ROOT, until

SMALL = ("--size", "64")
HOLD = 200
"""Milliseconds beyond which a picture of a GIF is a hold and no step of a fade."""


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    return save(tmp_path / "cat.png", (60, 90))


def save(path: Path, size_hw: tuple[int, int]) -> Path:
    noise = np.random.default_rng(1).integers(0, 256, (*size_hw, 3), dtype=np.uint8)
    Pillow.fromarray(noise).save(path)
    return path


def shots(path: Path) -> list[tuple[np.ndarray, int]]:
    """The pictures of a GIF, BGR, and how many milliseconds each is shown."""
    with Pillow.open(path) as film:
        return [
            (np.asarray(each.convert("RGB"))[..., ::-1], each.info["duration"]) for each in ImageSequence.Iterator(film)
        ]


def lit_place(image: np.ndarray) -> float | None:
    """How far to the right the lit mark lies, from 0 to 1; None when none is lit."""
    near = (np.abs(image[-20:].astype(int) - ACCENT).max(axis=-1) < 12).any(axis=0)
    return float(np.flatnonzero(near).mean()) / image.shape[1] if near.sum() > 4 else None


def test_the_picture_comes_first_and_every_layer_in_order_for_its_time_and_the_end_for_two(picture: Path) -> None:
    out = picture.with_suffix(".gif")
    assert status(["story", str(picture), "-o", str(out), *SMALL, "--seconds", "0.7", "--width", "320"]) == 0
    film = shots(out)
    holds = [number for number, (_, milliseconds) in enumerate(film) if milliseconds > HOLD]
    places = [lit_place(film[number][0]) for number in holds]
    assert film[0][0].shape == (180, 320, 3)
    assert holds[0] == 0 and places[0] is None
    assert len(holds) == 15
    assert places[1:] == sorted(place for place in places[1:] if place is not None)
    ends = np.cumsum([milliseconds for _, milliseconds in film])[holds]
    np.testing.assert_allclose(np.diff(ends), [700] * 13 + [1400], atol=10)
    assert ends[-1] == pytest.approx(16 * 700, abs=20)


def test_it_is_shown_again_and_again(picture: Path) -> None:
    out = picture.with_suffix(".gif")
    assert status(["story", str(picture), "-o", str(out), *SMALL, "--layers", "block1_conv1"]) == 0
    with Pillow.open(out) as film:
        assert (film.info["loop"], film.size) == (0, (480, 270))


def test_the_layers_and_channels_asked_for_are_shown(picture: Path) -> None:
    options = ("--layers", "block2_conv1,block1_conv2", "--seconds", "0.3")
    outs = [picture.with_name(f"{number}.gif") for number in range(3)]
    for out, channels in zip(outs, ("3", "3", "3,7,9"), strict=True):
        assert status(["story", str(picture), "-o", str(out), *SMALL, *options, "--channels", channels]) == 0
    first, again, other = (shots(out) for out in outs)
    assert sum(milliseconds for _, milliseconds in first) == pytest.approx(1500, abs=10)
    middle = len(first) // 2
    assert len(first) == len(again) == len(other)
    np.testing.assert_array_equal(first[middle][0], again[middle][0])
    assert not np.array_equal(first[middle][0], other[middle][0])


def test_a_film_lasts_as_long_as_its_story(picture: Path) -> None:
    out = picture.with_suffix(".mp4")
    options = ("--layers", "block1_conv1,block5_conv3", "--seconds", "0.7", "--width", "320")
    assert status(["story", str(picture), "-o", str(out), *SMALL, *options]) == 0
    frames, seconds = imageio_ffmpeg.count_frames_and_secs(str(out))
    assert (frames, seconds) == (pytest.approx(88, abs=1), pytest.approx(3.5, abs=0.05))


def test_a_folder_becomes_a_folder_of_stories_and_broken_pictures_are_skipped(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "in").mkdir()
    for name, size_hw in (("a.png", (40, 60)), ("b.png", (90, 50))):
        save(tmp_path / "in" / name, size_hw)
    (tmp_path / "in" / "c.png").write_bytes(b"no picture")
    arguments = ["story", str(tmp_path / "in"), "-o", str(tmp_path / "out"), *SMALL, "--layers", "block1_conv1"]
    assert status(arguments) == 0
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["a.mp4", "b.mp4"]
    assert "skipped: c.png: not a supported picture" in caplog.text
    assert status(arguments) == 2


def test_stories_of_pictures_called_alike_have_names_of_their_own() -> None:
    pictures = [Path("x/a.png"), Path("x/a.jpg"), Path("y/a.jpg"), Path("b.png")]
    assert [name for _, name in story_names(pictures)] == ["a.mp4", "a.jpg.mp4", "a-2.mp4", "b.mp4"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["missing.png", "-o", "out.gif"], "missing.png: No such file"),
        (["cat.png", "cat.png", "-o", "out.gif"], "expected a folder"),
        (["cat.png", "-o", "out.png"], "name that ends in .mp4 or .gif"),
        (["cat.png", "-o", "cat.png"], "name that ends in .mp4 or .gif"),
        (["cat.png", "-o", "nowhere/out.gif"], "no such folder"),
        (["-o", "out.gif"], "no picture given"),
        (["cat.png", "-o", "out.gif", "--channels", "3,x"], "--channels takes numbers such as 3,17, but got '3,x'"),
        (
            ["cat.png", "-o", "out.gif", "--channels", "16"],
            "channel 16 is not in block1_conv1, which has channels 0 to 15",
        ),
        (["cat.png", "-o", "out.gif", "--channels", "-1"], "channel -1 is not in block1_conv1"),
        (["cat.png", "-o", "out.gif", "--layers", "conv9"], "layer 'conv9' is not in"),
        (["cat.png", "-o", "out.gif", "--seconds", "0"], "--seconds takes 0.1 to 300"),
        (["cat.png", "-o", "out.gif", "--seconds", "nan"], "--seconds takes 0.1 to 300"),
        (["cat.png", "-o", "out.gif", "--seconds", "301"], "--seconds takes 0.1 to 300"),
        (["cat.png", "-o", "out.gif", "--width", "100"], "--width takes 240 to 3840"),
        (["cat.png", "-o", "out.gif", "--width", "2000"], "--width of a GIF takes 240 to 1920"),
        (["cat.png", "-o", "out.gif", "--size", "8"], "--size takes 16 to 2048"),
    ],
)
def test_invalid_options_are_one_line_and_leave_nothing(
    picture: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    words: str,
) -> None:
    monkeypatch.chdir(picture.parent)
    assert status(["story", *arguments]) == 2
    error = capsys.readouterr().err
    assert words in error
    assert error.count("\n") == 1
    assert [path.name for path in picture.parent.iterdir()] == ["cat.png"]


@pytest.mark.slow
def test_a_real_story_is_right_and_small_enough_to_send(assets: Path, tmp_path: Path) -> None:
    out = tmp_path / "s.gif"
    assert status(["story", str(assets / "media" / "chelsea.jpg"), "-o", str(out)]) == 0
    assert out.stat().st_size < 8_000_000
    film = shots(out)
    assert film[0][0].shape == (270, 480, 3)
    assert sum(milliseconds for _, milliseconds in film) == pytest.approx(16 * StoryOptions().pace * 1000, abs=20)


def test_the_picture_keeps_its_shape(cache: Path) -> None:
    image, info = np.full((300, 100, 3), 255, np.uint8), open_network("auto").info
    board = Storyboard((270, 480), image, info, info.key_layers)
    for card in (board.opening(1.0), board.ending((), 1.0)):
        place: Rect = card.picture
        assert place.height / place.width == pytest.approx(3.0, rel=0.03)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.slow
def test_a_story_that_is_stopped_leaves_nothing(picture: Path, number: signal.Signals) -> None:
    out = picture.with_suffix(".mp4")
    command = [sys.executable, "-m", "scripts", "story", str(picture), "-o", str(out), "--seconds", "60"]
    with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True) as process:
        until(lambda: len(list(picture.parent.iterdir())) > 1, "the film's first pictures")
        process.send_signal(number)
        _, errors = process.communicate(timeout=30)
    assert process.returncode == 2
    assert errors.splitlines()[-1] == "ventral: interrupted"
    assert list(picture.parent.iterdir()) == [picture]
