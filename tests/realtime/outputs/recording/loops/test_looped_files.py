from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Literal

import cv2
import numpy as np
import pytest
from PIL import Image as Pillow
from PIL import ImageSequence

from realtime.controls.settings import RecordSettings
from realtime.imaging.frame import Image
from realtime.outputs.recording.image_writer import ImageWriter
from realtime.outputs.recording.open_writer import open_writer
from tests.realtime.outputs.recording.films import read_film

SIZE_WH = (128, 72)


def turning(step: int) -> Image:
    """A hand of a clock that turns once in 40 frames."""
    image = np.full((72, 128, 3), 40, np.uint8)
    angle = 2 * np.pi * step / 40
    tip = (round(64 + 30 * np.cos(angle)), round(36 + 30 * np.sin(angle)))
    return np.asarray(cv2.line(image, (64, 36), tip, (80, 160, 240), 6), np.uint8)


def make(path: Path, frames: int, loop: str) -> tuple[ImageWriter, list[Image]]:
    with open_writer(path, fps=20, size_wh=SIZE_WH, settings=RecordSettings(loop=loop)) as writer:
        for step in range(frames):
            writer.write(turning(step))
    return writer, read_film(path)[0]


def like(one: Image, other: Image) -> bool:
    return float(np.abs(one.astype(int) - other).mean()) < 4


def test_a_gif_that_bounces(tmp_path: Path) -> None:
    writer, pictures = make(tmp_path / "film.gif", 90, "bounce")
    assert len(pictures) == 178
    steps = [*range(90), *range(88, 0, -1)]
    assert all(like(picture, turning(step)) for picture, step in zip(pictures, steps, strict=True))
    assert writer.frames == 90
    assert [path.name for path in tmp_path.iterdir()] == ["film.gif"]


@pytest.mark.parametrize("quality", ["good", "best"])
def test_pictures_that_are_held_bounce_too(tmp_path: Path, quality: Literal["good", "best"]) -> None:
    settings = RecordSettings(loop="bounce", gif_quality=quality)
    with open_writer(tmp_path / "film.gif", fps=20, size_wh=SIZE_WH, settings=settings) as writer:
        for step, frames in ((0, 61), (20, 4), (10, 50)):
            writer.write(turning(step))
            for _ in range(frames - 1):
                writer.hold(1)
    forwards = [0] * 61 + [20] * 4 + [10] * 50
    with Pillow.open(tmp_path / "film.gif") as gif:
        shown = [
            np.array(frame.convert("RGB"))[..., ::-1]
            for frame in ImageSequence.Iterator(gif)
            for _ in range(round(frame.info["duration"] / 50))
        ]
    assert len(shown) == 228
    for image, step in zip(shown, [*forwards, *forwards[-2:0:-1]], strict=True):
        assert min((0, 10, 20), key=lambda each: float(np.abs(image.astype(int) - turning(each)).mean())) == step


def test_a_gif_whose_end_flows_into_its_beginning(tmp_path: Path) -> None:
    writer, pictures = make(tmp_path / "film.gif", 100, "seamless")
    assert len(pictures) == pytest.approx(80, abs=1)
    assert "a seamless loop of " in writer.note
    steps = [float(np.abs(one.astype(int) - other).mean()) for one, other in pairwise(pictures)]
    assert float(np.abs(pictures[-1].astype(int) - pictures[0]).mean()) < 1.5 * max(steps)


def test_a_short_gif_is_kept_as_it_is(tmp_path: Path) -> None:
    writer, pictures = make(tmp_path / "film.gif", 20, "seamless")
    assert len(pictures) == 20
    assert "too short for a seamless loop" in writer.note
