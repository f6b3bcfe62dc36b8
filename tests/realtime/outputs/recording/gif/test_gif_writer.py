from __future__ import annotations

import threading
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image as Pillow

from models.errors import OutputError
from realtime.controls.settings import RecordSettings
from realtime.imaging.frame import Image
from realtime.outputs.recording.image_writer import ImageWriter
from realtime.outputs.recording.open_writer import open_writer
from tests.realtime.outputs.recording.films import COLOURS, flag_colours, flags, read_film
from tests.realtime.waiting import soon

SIZE_WH = (128, 96)
QUALITIES = ("draft", "good", "best")


def make(path: Path, *, frames: int = 10, fps: float = 20.0, **settings: object) -> ImageWriter:
    with open_writer(path, fps=fps, size_wh=SIZE_WH, settings=RecordSettings(**settings)) as writer:  # type: ignore[arg-type]
        for step in range(frames):
            writer.write(flags(SIZE_WH, step=step))
    return writer


@pytest.mark.parametrize("quality", QUALITIES)
@pytest.mark.parametrize(("frames", "fps"), [(31, 30.0), (1, 20.0), (24, 60.0)])
def test_every_quality_shows_every_picture_for_its_time(tmp_path: Path, quality: str, frames: int, fps: float) -> None:
    make(tmp_path / "film.gif", frames=frames, fps=fps, gif_quality=quality)
    pictures, seconds = read_film(tmp_path / "film.gif")
    assert len(pictures) == (frames if fps <= 50 else frames // 2)
    assert seconds == pytest.approx(frames / fps, abs=0.011)
    assert np.allclose(flag_colours(pictures[-1]), list(COLOURS.values()), atol=8)
    assert [path.name for path in tmp_path.iterdir()] == ["film.gif"]


@pytest.mark.parametrize("quality", QUALITIES)
@pytest.mark.parametrize(("loops", "in_file"), [(0, 0), (1, None), (5, 4)])
def test_a_gif_plays_as_often_as_asked(tmp_path: Path, quality: str, loops: int, in_file: int | None) -> None:
    """A file says how often it is repeated after the first time; one without a number plays once."""
    make(tmp_path / "film.gif", frames=3, gif_quality=quality, gif_loops=loops)
    with Pillow.open(tmp_path / "film.gif") as gif:
        assert gif.info.get("loop") == in_file


@pytest.mark.parametrize("quality", QUALITIES)
def test_every_quality_keeps_its_budget(tmp_path: Path, quality: str) -> None:
    path = tmp_path / "film.gif"
    settings = RecordSettings(gif_quality=quality, gif_max_mb=0.5)
    with open_writer(path, fps=20, size_wh=(480, 270), settings=settings) as writer:
        for step in range(20):
            writer.write(busy(step))
    assert 0.2e6 < path.stat().st_size < 0.5e6
    assert read_film(path)[1] == pytest.approx(1.0, abs=0.11)


def busy(step: int) -> Image:
    spots = np.random.default_rng(0).integers(0, 256, (45, 80, 3), np.uint8)
    return np.roll(cv2.resize(spots, (480, 270), interpolation=cv2.INTER_CUBIC), 7 * step, axis=1)


def test_an_interrupted_best_gif_stays_a_video(tmp_path: Path) -> None:
    writer = open_writer(tmp_path / "film.gif", fps=25, size_wh=(480, 270), settings=RecordSettings(gif_quality="best"))
    for step in range(100):
        writer.write(busy(step))

    def interrupt() -> None:
        assert soon(lambda: any(each.stat().st_size > 100_000 for each in tmp_path.glob("film.ventral-part-*.gif")))
        writer.interrupt()

    interruption = threading.Thread(target=interrupt)
    interruption.start()
    with pytest.raises(OutputError, match=r"film\.gif was not finished: .*; the first 4\.0 s are in .*film\.mp4"):
        writer.close()
    interruption.join()
    assert [path.name for path in tmp_path.iterdir()] == ["film.mp4"]
    pictures = read_film(tmp_path / "film.mp4")[0]
    assert len(pictures) == 100
    differences = [np.abs(pictures[step].astype(int) - busy(step)).max() for step in (0, 50, 99)]
    assert max(differences) <= 4, "the video is lossless, but for colours that are rounded"
