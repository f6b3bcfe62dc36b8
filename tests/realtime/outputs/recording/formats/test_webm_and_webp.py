"""WebM and WebP, read back by PyAV and by Pillow."""

from __future__ import annotations

import threading
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image as Pillow
from PIL import ImageSequence

from models.errors import OutputError
from realtime.controls.settings import RecordSettings
from realtime.imaging.frame import Image
from realtime.outputs.recording.encoding import Wh
from realtime.outputs.recording.image_writer import ImageWriter
from realtime.outputs.recording.open_writer import open_writer
from tests.realtime.outputs.recording.films import COLOURS, flag_colours, flags
from tests.realtime.waiting import soon

SIZE_WH = (128, 96)
BOTH = (".webm", ".webp")


def make(path: Path, *, frames: int, size_wh: Wh = SIZE_WH, settings: RecordSettings | None = None) -> ImageWriter:
    with open_writer(path, fps=20, size_wh=size_wh, settings=settings or RecordSettings()) as writer:
        for step in range(frames):
            writer.write(flags(size_wh, step=step))
    return writer


def read(path: Path) -> tuple[list[Image], float]:
    """The pictures, BGR, and the seconds that a file lasts."""
    if path.suffix == ".webm":
        with av.open(str(path)) as container:
            assert container.streams.video[0].codec_context.name == "vp9"
            pictures = [np.asarray(frame.to_ndarray(format="bgr24"), np.uint8) for frame in container.decode(video=0)]
            return pictures, (container.duration or 0) / av.time_base
    with Pillow.open(path) as webp:
        frames = [(np.asarray(each.convert("RGB"))[..., ::-1], each.info["duration"]) for each in _loaded(webp)]
    return [image for image, _ in frames], sum(duration for _, duration in frames) / 1000


def _loaded(webp: Pillow.Image) -> list[Pillow.Image]:
    """Copies: Pillow knows the time of a frame only after loading it."""
    copies = []
    for frame in ImageSequence.Iterator(webp):
        frame.load()
        copies.append(frame.copy())
    return copies


@pytest.mark.parametrize("suffix", BOTH)
def test_every_picture_is_there_for_its_time_in_its_colours(tmp_path: Path, suffix: str) -> None:
    make(tmp_path / f"film{suffix}", frames=31)
    pictures, seconds = read(tmp_path / f"film{suffix}")
    assert len(pictures) == 31 and seconds == pytest.approx(1.55, abs=0.06)
    assert np.allclose(flag_colours(pictures[-1]), list(COLOURS.values()), atol=14)
    assert [path.name for path in tmp_path.iterdir()] == [f"film{suffix}"]


@pytest.mark.parametrize(
    ("name", "size_wh", "shown_wh"),
    [("odd.webm", (101, 51), (102, 52)), ("odd.webp", (101, 51), (101, 51)), ("wide.webp", (800, 400), (640, 320))],
)
def test_sizes(tmp_path: Path, name: str, size_wh: Wh, shown_wh: Wh) -> None:
    make(tmp_path / name, frames=2, size_wh=size_wh)
    assert {picture.shape[1::-1] for picture in read(tmp_path / name)[0]} == {shown_wh}


@pytest.mark.parametrize("loops", [0, 3])
def test_a_webp_plays_as_often_as_asked(tmp_path: Path, loops: int) -> None:
    make(tmp_path / "film.webp", frames=3, settings=RecordSettings(gif_loops=loops))
    with Pillow.open(tmp_path / "film.webp") as webp:
        assert webp.info["loop"] == loops


@pytest.mark.parametrize("suffix", BOTH)
def test_a_loop_that_bounces(tmp_path: Path, suffix: str) -> None:
    make(tmp_path / f"film{suffix}", frames=10, settings=RecordSettings(loop="bounce"))
    assert len(read(tmp_path / f"film{suffix}")[0]) == 18


@pytest.mark.parametrize("suffix", BOTH)
def test_an_interrupted_file_stays_a_video(tmp_path: Path, suffix: str) -> None:
    writer = open_writer(tmp_path / f"film{suffix}", fps=20, size_wh=(640, 360))
    for step in range(60):
        writer.write(flags((640, 360), step=step))

    def interrupt() -> None:
        assert soon(lambda: any(tmp_path.glob(f"film.ventral-part-*{suffix}")))
        writer.interrupt()

    interruption = threading.Thread(target=interrupt)
    interruption.start()
    with pytest.raises(OutputError, match=r"was not finished: .*; the first 3\.0 s are in .*film\.mp4"):
        writer.close()
    interruption.join()
    with av.open(str(tmp_path / "film.mp4")) as container:
        assert sum(1 for _ in container.decode(video=0)) == 60


@pytest.mark.parametrize("suffix", [".mp4", ".gif", *BOTH])
def test_the_size_is_estimated_while_it_is_written(tmp_path: Path, suffix: str) -> None:
    """Within a factor of two for noise that moves, which is the hardest to write."""
    path = tmp_path / f"film{suffix}"
    noise = np.random.default_rng(0).integers(90, 160, (180, 320, 3), np.uint8)
    with open_writer(path, fps=20, size_wh=(320, 180)) as writer:
        for step in range(60):
            writer.write(np.roll(noise, 3 * step, axis=1))
        assert soon(lambda: writer.size > 0)
        estimate = writer.size
    assert 0 < estimate < 8e6
    assert estimate < 3 * path.stat().st_size
