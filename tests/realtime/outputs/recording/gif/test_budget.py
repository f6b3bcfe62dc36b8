from __future__ import annotations

import itertools
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image as Pillow

from realtime.controls.settings import RecordSettings
from realtime.imaging.frame import Image
from realtime.outputs.recording.gif.budget import next_fitting, steps
from realtime.outputs.recording.gif.parameters import GifParameters
from realtime.outputs.recording.image_writer import ImageWriter
from realtime.outputs.recording.open_writer import open_writer
from tests.realtime.outputs.recording.films import read_film

SIZE_WH, FPS = (640, 360), 20.0
QUALITIES = ("draft", "good", "best")


def busy(step: int) -> Image:
    """Coloured spots that all move, with a white square in the middle of the upper edge."""
    rng = np.random.default_rng(0)
    spots = cv2.resize(rng.integers(0, 256, (45, 80, 3), np.uint8), SIZE_WH, interpolation=cv2.INTER_CUBIC)
    image = np.roll(spots, 7 * step, axis=1)
    image[:60, 290:350] = 255
    return np.asarray(image, np.uint8)


def make(path: Path, *, seconds: float, max_mb: float) -> ImageWriter:
    with open_writer(path, fps=FPS, size_wh=SIZE_WH, settings=RecordSettings(gif_max_mb=max_mb)) as writer:
        for step in range(round(seconds * FPS)):
            writer.write(busy(step))
    return writer


def megabytes(path: Path) -> float:
    return path.stat().st_size / 1e6


def test_a_small_gif_keeps_everything(tmp_path: Path) -> None:
    path = tmp_path / "film.gif"
    writer = make(path, seconds=1, max_mb=50)
    pictures, seconds = read_film(path)
    assert len(pictures) == 20 and seconds == pytest.approx(1.0)
    assert pictures[0].shape[1::-1] == SIZE_WH
    assert writer.note == f"{megabytes(path):.1f} MB"


@pytest.mark.parametrize("share", [0.7, 0.4, 0.15])
def test_a_gif_stays_within_its_budget_and_shows_the_same(tmp_path: Path, share: float) -> None:
    whole, path = tmp_path / "whole.gif", tmp_path / "film.gif"
    make(whole, seconds=2, max_mb=50)
    max_mb = share * megabytes(whole)
    writer = make(path, seconds=2, max_mb=max_mb)
    pictures, seconds = read_film(path)
    assert 0.5 * max_mb < megabytes(path) < max_mb
    assert seconds == pytest.approx(2.0, abs=0.21)
    height, width = pictures[0].shape[:2]
    assert f"{len(pictures) / seconds:.3g} fps, {width}x{height}" in writer.note
    assert (pictures[-1][height // 12, width // 2] > 200).all(), "the white square is at its place"
    shown = cv2.resize(pictures[0], SIZE_WH).astype(int)
    assert min(np.abs(shown - busy(step)).mean() for step in range(5)) < 25, "the first of the frames that became one"
    assert [each.name for each in tmp_path.glob("*part*")] == []


def test_a_gif_stays_readable_and_says_that_it_is_too_large(tmp_path: Path) -> None:
    path = tmp_path / "film.gif"
    writer = make(path, seconds=2, max_mb=0.1)
    pictures, seconds = read_film(path)
    assert megabytes(path) > 0.1
    assert seconds == pytest.approx(2.0, abs=0.21)
    assert pictures[0].shape[1] == 400 and len(pictures) == 10
    with Pillow.open(path) as gif:
        assert len(gif.convert("RGB").getcolors(1 << 20) or ()) <= 32
    assert writer.note == f"{megabytes(path):.1f} MB, as it would not be readable at 0.1 MB"


def test_an_mp4_has_no_budget(tmp_path: Path) -> None:
    writer = make(tmp_path / "film.mp4", seconds=1, max_mb=0.01)
    assert len(read_film(tmp_path / "film.mp4")[0]) == 20
    assert writer.note == ""


@pytest.mark.parametrize(
    ("fps", "size_wh"), [(20.0, (640, 360)), (30.0, (640, 640)), (12.5, (320, 180)), (2.0, (64, 48))]
)
@pytest.mark.parametrize("quality", QUALITIES)
def test_every_step_is_smaller_than_the_one_before(fps: float, size_wh: tuple[int, int], quality: str) -> None:
    found = steps(fps, size_wh, quality=quality)
    assert found[0] == GifParameters(fps, size_wh, 256, 50 if quality == "best" else 0)
    for better, worse in itertools.pairwise(found):
        assert worse.fps <= better.fps and worse.size_wh <= better.size_wh and worse.colours <= better.colours
        assert worse != better
    assert found[-1].fps >= min(fps, 5) and found[-1].size_wh[0] == min(size_wh[0], 400)
    assert all(fps / each.fps == pytest.approx(round(fps / each.fps)) for each in found), "frames are left out evenly"


def test_steps_that_cannot_fit_are_left_out() -> None:
    best, *rest = steps(20.0, (640, 360), quality="good")
    assert next(next_fitting(best, rest, 0.9)) == rest[0]
    assert rest.index(next(next_fitting(best, rest, 0.3))) in (2, 3)
    assert next(next_fitting(best, rest, 0.0)) == rest[-1]
