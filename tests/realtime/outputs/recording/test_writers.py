from __future__ import annotations

import itertools
import signal
import subprocess
import threading
from pathlib import Path
from typing import Any

import av
import imageio_ffmpeg
import numpy as np
import pytest
from PIL import Image as Pillow
from PIL import ImageSequence

from models.errors import OutputError
from realtime.outputs.recording import paths as output
from realtime.outputs.recording.encoding import Wh
from realtime.outputs.recording.formats.mp4 import Mp4Writer
from realtime.outputs.recording.image_writer import ImageWriter
from realtime.outputs.recording.open_writer import open_writer
from tests.realtime.outputs.recording.films import COLOURS, flag_colours, flags, read_film
from tests.realtime.waiting import soon

SIZE_WH = (128, 96)
VIDEOS = (".mp4", ".gif")


def make(path: Path, *, frames: int, fps: float = 25.0, size_wh: Wh = SIZE_WH) -> None:
    with open_writer(path, fps=fps, size_wh=size_wh) as writer:
        for step in range(frames):
            writer.write(flags(size_wh, step=step))


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("suffix", VIDEOS)
@pytest.mark.parametrize(("frames", "fps"), [(1, 20.0), (50, 25.0), (31, 30.0), (20, 12.5), (3, 2.0)])
def test_every_picture_is_there_for_its_time(tmp_path: Path, suffix: str, frames: int, fps: float) -> None:
    make(tmp_path / f"film{suffix}", frames=frames, fps=fps)
    pictures, seconds = read_film(tmp_path / f"film{suffix}")
    assert len(pictures) == frames
    assert seconds == pytest.approx(frames / fps, abs=0.011)
    assert names(tmp_path) == [f"film{suffix}"]


@pytest.mark.parametrize("suffix", VIDEOS)
def test_a_picture_that_is_held_lasts_until_the_next(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"film{suffix}"
    with open_writer(path, fps=25, size_wh=SIZE_WH) as writer:
        writer.write(flags())
        writer.hold(44)
        writer.write(flags(step=20))
        writer.hold(14)
    if suffix == ".gif":
        with Pillow.open(path) as gif:
            ends = list(itertools.accumulate(frame.info["duration"] for frame in ImageSequence.Iterator(gif)))
        assert 1800 in ends and ends[-1] == 2400
        return
    pictures, seconds = read_film(path, fps=25)
    assert seconds == pytest.approx(2.4, abs=0.011)
    assert [int(picture[4, 64].min()) > 128 for picture in pictures] == [False] * 45 + [True] * 15


def test_a_picture_that_lasts_is_sent_once_a_second(tmp_path: Path) -> None:
    with open_writer(tmp_path / "film.mp4", fps=30, size_wh=SIZE_WH) as writer:
        writer.write(flags())
        for _ in range(299):
            writer.hold(1)
    with av.open(str(tmp_path / "film.mp4")) as film:
        times = [frame.time for frame in film.decode(video=0)]
    assert times[0] == 0 and times[-1] == pytest.approx(299 / 30, abs=0.001)
    assert len(times) <= 11


def test_a_gif_of_a_fast_video_lasts_as_long(tmp_path: Path) -> None:
    make(tmp_path / "film.gif", frames=120, fps=60.0)
    pictures, seconds = read_film(tmp_path / "film.gif")
    assert seconds == pytest.approx(2.0, abs=0.04)
    assert len(pictures) == pytest.approx(60, abs=1)


def test_a_gif_loops_for_ever(tmp_path: Path) -> None:
    make(tmp_path / "film.gif", frames=3)
    with Pillow.open(tmp_path / "film.gif") as gif:
        assert gif.info["loop"] == 0


@pytest.mark.parametrize("suffix", [*VIDEOS, ".png"])
def test_colours_survive(tmp_path: Path, suffix: str) -> None:
    make(tmp_path / f"film{suffix}", frames=1 if suffix == ".png" else 10)
    pictures, _ = read_film(tmp_path / f"film{suffix}")
    assert np.allclose(flag_colours(pictures[-1]), list(COLOURS.values()), atol=0 if suffix == ".png" else 8)


def test_the_colours_of_an_mp4_are_tagged(tmp_path: Path) -> None:
    make(tmp_path / "film.mp4", frames=5)
    assert b"nclx\x00\x01\x00\x01\x00\x01" in (tmp_path / "film.mp4").read_bytes()


@pytest.mark.parametrize(
    ("name", "size_wh", "shown_wh"),
    [
        ("odd.mp4", (101, 51), (102, 52)),
        ("odd.gif", (101, 51), (101, 51)),
        ("tiny.mp4", (1, 1), (2, 2)),
        ("wide.mp4", (800, 400), (800, 400)),
        ("wide.gif", (800, 400), (640, 320)),
        ("flat.gif", (1280, 1), (640, 1)),
        ("small.gif", (64, 48), (64, 48)),
    ],
)
def test_sizes(tmp_path: Path, name: str, size_wh: Wh, shown_wh: Wh) -> None:
    path = tmp_path / name
    with open_writer(path, fps=10, size_wh=size_wh) as writer:
        for _ in range(2):
            writer.write(np.full((size_wh[1], size_wh[0], 3), 128, np.uint8))
    pictures, _ = read_film(path)
    assert {picture.shape[1::-1] for picture in pictures} == {shown_wh}


def test_a_slice_of_a_larger_picture_can_be_written(tmp_path: Path) -> None:
    large = flags((256, 96))
    with open_writer(tmp_path / "film.mp4", fps=10, size_wh=SIZE_WH) as writer:
        writer.write(large[:, ::2])
    assert np.allclose(flag_colours(read_film(tmp_path / "film.mp4")[0][0]), list(COLOURS.values()), atol=8)


def test_a_picture_of_another_size_is_our_fault(tmp_path: Path) -> None:
    with (
        pytest.raises(ValueError, match=r"expected frames of \(128, 96\), but got \(64, 64\)"),
        open_writer(tmp_path / "film.mp4", fps=10, size_wh=SIZE_WH) as writer,
    ):
        writer.write(flags((64, 64)))
    assert not names(tmp_path)


def test_a_png_holds_one_picture(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"holds one image: for more, use .*\.mp4 or \.gif"):
        make(tmp_path / "film.png", frames=2)
    assert not names(tmp_path)


@pytest.mark.parametrize("suffix", [*VIDEOS, ".png"])
def test_no_picture_no_file(tmp_path: Path, suffix: str) -> None:
    with pytest.raises(OutputError, match="was not written: there was no frame"):
        make(tmp_path / f"film{suffix}", frames=0)
    assert not names(tmp_path)


@pytest.mark.parametrize("suffix", [*VIDEOS, ".png"])
def test_what_fails_in_the_block_leaves_nothing(tmp_path: Path, suffix: str) -> None:
    with pytest.raises(ZeroDivisionError), open_writer(tmp_path / f"film{suffix}", fps=10, size_wh=SIZE_WH) as writer:
        writer.write(flags())
        raise ZeroDivisionError
    assert not names(tmp_path)


@pytest.mark.parametrize("suffix", [*VIDEOS, ".png"])
def test_an_existing_file_is_replaced_by_force_alone_and_when_whole(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"film{suffix}"
    path.write_bytes(b"old")
    with pytest.raises(OutputError, match="exists already"):
        open_writer(path, fps=10, size_wh=SIZE_WH)
    with open_writer(path, fps=10, size_wh=SIZE_WH, force=True) as writer:
        writer.write(flags())
        assert path.read_bytes() == b"old"
    assert len(read_film(path)[0]) == 1


def test_a_report_is_not_written_by_a_writer(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"must end in \.mp4 or \.gif or \.webm or \.webp or \.png"):
        open_writer(tmp_path / "film.json", fps=10, size_wh=SIZE_WH)


@pytest.mark.parametrize("suffix", VIDEOS)
def test_two_recordings_cannot_share_a_file(tmp_path: Path, suffix: str) -> None:
    with open_writer(tmp_path / f"film{suffix}", fps=10, size_wh=SIZE_WH) as writer:
        writer.write(flags())
        with pytest.raises(OutputError, match="is being written already"):
            open_writer(tmp_path / f"film{suffix}", fps=10, size_wh=SIZE_WH)
    assert names(tmp_path) == [f"film{suffix}"]


@pytest.mark.parametrize("suffix", VIDEOS)
def test_a_full_disk_ends_the_file_and_keeps_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str) -> None:
    path = tmp_path / f"film{suffix}"
    writer = open_writer(path, fps=10, size_wh=SIZE_WH)
    for step in range(20):
        writer.write(flags(step=step))
    monkeypatch.setattr(output, "free_bytes", lambda _: 499_000_000)
    with pytest.raises(OutputError, match=r"free on its disk; the first 2\.0 s are in .*film\.mp4") as caught:
        writer.write(flags())
    assert "\n" not in str(caught.value) and str(path) in str(caught.value)
    assert names(tmp_path) == ["film.mp4"]
    assert len(read_film(tmp_path / "film.mp4")[0]) == 20


@pytest.mark.parametrize("suffix", VIDEOS)
def test_a_film_that_is_interrupted_is_kept(tmp_path: Path, suffix: str) -> None:
    writer = open_writer(tmp_path / f"film{suffix}", fps=25, size_wh=SIZE_WH)
    noise = np.random.default_rng(0).integers(0, 256, (96, 128, 3), np.uint8)
    with pytest.raises(
        OutputError, match=r"not finished: there was no time left for it; the first \d\.\d s are in .*film\.mp4"
    ):
        for step in range(2000):
            writer.write(np.roll(noise, step, axis=1))
            if writer.frames == 100:
                assert soon(lambda: next(tmp_path.glob("film.ventral-part-*.mp4")).stat().st_size > 100_000)
                writer.interrupt()
    writer.close()
    writer.abort()
    with pytest.raises(OutputError, match="is closed"):
        writer.write(noise)
    assert names(tmp_path) == ["film.mp4"]


def test_the_last_message_of_ffmpeg_is_in_the_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Mp4Writer, "encoding", ("-c:v", "no-such-encoder"))
    with pytest.raises(OutputError, match=r"was lost: ffmpeg failed: .*[Ee]ncoder"):
        make(tmp_path / "film.mp4", frames=100)
    assert not names(tmp_path)


def test_a_missing_ffmpeg_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("imageio_ffmpeg.get_ffmpeg_exe", lambda: "/nowhere/ffmpeg")
    with pytest.raises(OutputError, match="cannot start /nowhere/ffmpeg: No such file"):
        make(tmp_path / "film.mp4", frames=1)
    assert not names(tmp_path)


def test_an_interrupted_gif_stays_a_video(tmp_path: Path) -> None:
    writer = open_writer(tmp_path / "film.gif", fps=25, size_wh=(640, 480))
    for step in range(100):
        writer.write(flags((640, 480), step=step))
    interruption = threading.Thread(target=interrupt_soon, args=(writer, tmp_path))
    interruption.start()
    with pytest.raises(OutputError, match=r"film\.gif was not finished: .*; the first 4\.0 s are in .*film\.mp4"):
        writer.close()
    interruption.join()
    assert names(tmp_path) == ["film.mp4"]
    assert len(read_film(tmp_path / "film.mp4")[0]) == 100


def interrupt_soon(writer: ImageWriter, folder: Path) -> None:
    soon(lambda: any(folder.glob("film.ventral-part-*.gif")))
    writer.interrupt()


@pytest.mark.parametrize("suffix", [".mp4", ".gif"])
def test_ctrl_c_while_ffmpeg_starts_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str
) -> None:
    """The key is pressed while the process is there already, and nobody knows of it yet."""

    class Pressed(subprocess.Popen[bytes]):
        def __init__(self, *arguments: Any, **keywords: Any) -> None:
            super().__init__(*arguments, **keywords)
            signal.raise_signal(signal.SIGINT)
            started.append(self)

    started: list[Pressed] = []
    imageio_ffmpeg.get_ffmpeg_exe()  # which tries the program when it is called for the first time
    monkeypatch.setattr("realtime.outputs.recording.process.subprocess.Popen", Pressed)
    with pytest.raises(KeyboardInterrupt):
        open_writer(tmp_path / f"a{suffix}", fps=10, size_wh=(64, 48))
    assert [each.poll() is not None for each in started] == [True]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("suffix", [".mp4", ".gif"])
def test_ctrl_c_while_a_film_is_finished_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str
) -> None:
    class Pressed(subprocess.Popen[bytes]):
        def wait(self, timeout: float | None = None) -> int:
            if presses:
                signal.raise_signal(presses.pop())
            return super().wait(timeout)

    presses = [signal.SIGINT]
    monkeypatch.setattr("realtime.outputs.recording.process.subprocess.Popen", Pressed)
    writer = open_writer(tmp_path / f"a{suffix}", fps=10, size_wh=(64, 48))
    writer.write(flags((64, 48)))
    with pytest.raises(KeyboardInterrupt):
        writer.close()
    assert list(tmp_path.iterdir()) == []
