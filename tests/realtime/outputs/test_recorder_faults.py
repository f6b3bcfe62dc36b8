from __future__ import annotations

import dataclasses
import os
import signal
import sys
import time
from pathlib import Path
from typing import Literal

import av
import numpy as np
import pytest

from realtime.controls.settings import RECORD_DEFAULTS
from realtime.imaging.frame import Frame
from realtime.outputs.recorder import Recorder
from realtime.outputs.recording.formats.mp4 import Mp4Writer
from realtime.threads.mailbox import Mailbox
from tests.realtime.outputs.canvases import VIDEOS, names, show, still
from tests.realtime.outputs.recording.films import read_film
from tests.realtime.waiting import soon


def test_a_fault_ends_the_recording_and_not_the_show(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Recorder(still(), folder=tmp_path) as recorder:
        with monkeypatch.context() as patch:
            patch.setattr(Mp4Writer, "encoding", ("-c:v", "no-such-encoder"))
            recorder.start(tmp_path / "film.mp4")
            assert soon(lambda: recorder.status.recording == ())
        assert "film.mp4 was lost: ffmpeg failed" in recorder.fault
        recorder.start(tmp_path / "film.mp4")
        assert not recorder.fault
        assert soon(lambda: recorder.status.seconds > 0.1)
    assert names(tmp_path) == ["film.mp4"]


def ffmpegs() -> list[int]:
    """The processes that this one has started and not yet waited for."""
    tasks = Path("/proc/self/task").glob("*/children")
    children = [int(child) for task in tasks for child in task.read_text().split()]
    return [child for child in children if "ffmpeg" in Path(f"/proc/{child}/comm").read_text()]


STALLS = pytest.mark.skipif(
    not Path(f"/proc/self/task/{os.getpid()}/children").exists() or sys.platform == "win32",
    reason="needs to find and stop a child process",
)


@STALLS
@pytest.mark.slow
def test_pictures_missed_while_ffmpeg_was_busy_are_dropped_and_the_time_is_right(tmp_path: Path) -> None:
    with show() as canvases, Recorder(canvases, folder=tmp_path) as recorder:
        path = recorder.start(suffix=".mp4")
        begin = time.monotonic()
        assert soon(lambda: recorder.status.seconds > 0.3)
        (ffmpeg,) = ffmpegs()
        os.kill(ffmpeg, signal.SIGSTOP)
        time.sleep(1.0)
        os.kill(ffmpeg, signal.SIGCONT)
        assert soon(lambda: recorder.status.seconds > 1.5)
        wall = time.monotonic() - begin
        recorder.stop()
    assert recorder.dropped >= 10
    assert read_film(path)[1] == pytest.approx(wall, rel=0.02, abs=0.1)


def numbered(number: int) -> Frame:
    """A canvas with its number as eight bars."""
    image = np.zeros((96, 128, 3), np.uint8)
    for bit in range(8):
        image[:, 16 * bit : 16 * bit + 16] = 255 * (number >> bit & 1)
    return Frame(image, number, time.monotonic())


def moments(path: Path) -> dict[int, float]:
    """The numbers of the canvases in a film, and when each is shown first."""
    with av.open(str(path)) as film:
        pictures = [(frame.to_ndarray(format="gray"), float(frame.time or 0)) for frame in film.decode(video=0)]
    found: dict[int, float] = {}
    for picture, moment in pictures:
        found.setdefault(sum(int(picture[48, 16 * bit + 8] > 128) << bit for bit in range(8)), moment)
    return found


@STALLS
@pytest.mark.slow
def test_a_starved_encoder_drops_pictures_and_the_others_are_shown_at_their_moments(tmp_path: Path) -> None:
    """ffmpeg runs for a tenth of the time."""
    canvases: Mailbox[Frame] = Mailbox()
    drawn: list[float] = []

    def draw(count: int) -> None:
        for _ in range(count):
            canvases.put(numbered(len(drawn)))
            drawn.append((canvases.peek_with_time() or (None, 0.0))[1])
            time.sleep(0.02)

    draw(1)
    with Recorder(canvases, folder=tmp_path) as recorder:
        before = time.monotonic()
        path = recorder.start(suffix=".mp4")
        after = time.monotonic()
        assert soon(lambda: any(each.stat().st_size > 1000 for each in tmp_path.glob("*.mp4"))), recorder.fault
        (ffmpeg,) = ffmpegs()
        for _ in range(6):
            os.kill(ffmpeg, signal.SIGSTOP)
            draw(27)
            os.kill(ffmpeg, signal.SIGCONT)
            draw(3)
        ending = time.monotonic()
        recorder.stop()
        ended = time.monotonic()
        assert soon(lambda: recorder.status.finishing == 0)
    assert not recorder.fault and recorder.dropped > 20
    seconds = read_film(path)[1]
    assert ending - after - 1 / 30 < seconds < ended - before + 1 / 30
    late = [moment - drawn[number] for number, moment in moments(path).items() if number]
    assert len(late) >= 6
    assert max(late) - min(late) < 1.01 / 30


@STALLS
@pytest.mark.slow
def test_an_encoder_that_is_stopped_does_not_hold_the_end(tmp_path: Path) -> None:
    with show() as canvases, Recorder(canvases, folder=tmp_path) as recorder:
        path = recorder.start(tmp_path / "film.gif")
        assert soon(lambda: any(each.stat().st_size > 1000 for each in tmp_path.glob("film.ventral-part-*.mp4")))
        (ffmpeg,) = ffmpegs()
        os.kill(ffmpeg, signal.SIGSTOP)
        recorder.stop()
        assert soon(lambda: recorder.finished(0.1)), "it is waited for"
        assert "film.gif was not finished" in recorder.outcome(path)
    assert names(tmp_path) == ["film.mp4"]
    assert len(read_film(tmp_path / "film.mp4", torn=True)[0]) > 1


@STALLS
@pytest.mark.slow
def test_an_ffmpeg_that_hangs_holds_up_nobody(tmp_path: Path) -> None:
    with show() as canvases, Recorder(canvases, folder=tmp_path) as recorder:
        recorder.start(tmp_path / "film.mp4")
        assert soon(lambda: any(each.stat().st_size > 1000 for each in tmp_path.glob("film.ventral-part-*.mp4")))
        (ffmpeg,) = ffmpegs()
        os.kill(ffmpeg, signal.SIGSTOP)
        seen = canvases.version
        assert soon(lambda: canvases.version > seen + 5)
        recorder.close(timeout=0.2)
    assert names(tmp_path) == ["film.mp4"]
    assert "film.mp4 was not finished: there was no time left" in recorder.fault
    assert len(read_film(tmp_path / "film.mp4", torn=True)[0]) > 1


@STALLS
@pytest.mark.parametrize("fault", ["ffmpeg was killed", "the draft was deleted"])
@pytest.mark.parametrize("suffix", VIDEOS)
@pytest.mark.slow
def test_a_recording_goes_on_in_a_new_file_and_keeps_the_first(tmp_path: Path, suffix: str, fault: str) -> None:
    with show() as canvases, Recorder(canvases, folder=tmp_path) as recorder:
        path = recorder.start(tmp_path / f"film{suffix}")
        assert soon(lambda: recorder.status.seconds > 2.5)
        written = recorder.status.seconds
        if fault == "ffmpeg was killed":
            os.kill(ffmpegs()[0], signal.SIGKILL)
        else:
            next(tmp_path.glob("film.ventral-part-*")).unlink()
        assert soon(lambda: bool(recorder.fault)), "nobody noticed"
        second = tmp_path / f"film{'-2' * (suffix == '.mp4')}{suffix}"
        assert soon(lambda: recorder.status.recording == (second,))
        assert soon(lambda: recorder.status.seconds > written + 2)
        recorder.stop()
        assert soon(lambda: recorder.status.finishing == 0)
        outcome, last = recorder.outcome(path), recorder.saved
    assert "film.mp4" in outcome and "the rest, " in outcome
    assert last is not None and names(tmp_path) == sorted({"film.mp4", last.name})
    assert read_film(tmp_path / "film.mp4")[1] > written - 1.2
    assert read_film(last)[1] > 1


@pytest.mark.parametrize("suffix", VIDEOS)
@pytest.mark.slow
def test_a_file_that_somebody_writes_meanwhile_is_kept(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"film{suffix}"
    with show() as canvases, Recorder(canvases, folder=tmp_path) as recorder:
        recorder.start(path)
        assert soon(lambda: recorder.status.seconds > 1)
        path.write_bytes(b"somebody else's")
        recorder.stop()
        assert soon(lambda: recorder.status.finishing == 0)
        assert recorder.outcome(path) == ""
        assert recorder.saved == tmp_path / f"film-2{suffix}"
        assert f"as another program has written film{suffix}" in recorder.note
    assert path.read_bytes() == b"somebody else's"
    assert read_film(recorder.saved)[1] > 0.5


@pytest.mark.parametrize("suffix", [".mp4", ".png"])
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux knows where an open file is")
@pytest.mark.slow
def test_a_recording_goes_on_when_its_folder_is_away_for_a_while(tmp_path: Path, suffix: str) -> None:
    folder, away = tmp_path / "folder", tmp_path / "away"
    folder.mkdir()
    with show() as canvases, Recorder(canvases, folder=tmp_path) as recorder:
        path = recorder.start(folder / ("film-%05d.png" if suffix == ".png" else "film.mp4"))
        assert soon(lambda: recorder.status.seconds > 1)
        folder.rename(away)
        time.sleep(1.5)
        folder.mkdir()
        enough = recorder.status.seconds + 1
        assert soon(lambda: recorder.status.seconds > enough)
        recorder.stop()
        assert soon(lambda: recorder.status.finishing == 0)
        outcome = recorder.outcome(path)
    if suffix == ".mp4":
        assert outcome == "" and names(away) == ["film.mp4"]
        assert read_film(away / "film.mp4")[1] > 2.5
    else:
        assert len(names(away)) > 25 and len(names(folder)) > 20
        assert "it ends with number" in outcome and "the rest, " in outcome


@pytest.mark.parametrize("loop", ["bounce", "seamless"])
@pytest.mark.slow
def test_several_loops_of_one_name_are_made_at_once(tmp_path: Path, loop: Literal["bounce", "seamless"]) -> None:
    settings = dataclasses.replace(RECORD_DEFAULTS, loop=loop)
    with show() as canvases, Recorder(canvases, folder=tmp_path) as recorder:
        paths = [recorder.start(tmp_path / f"a{suffix}", settings=settings) for suffix in (".webm", ".gif", ".webp")]
        assert soon(lambda: recorder.status.seconds > 2)
        recorder.stop()
        assert soon(lambda: recorder.status.finishing == 0)
        assert [recorder.outcome(path) for path in paths] == ["", "", ""]
    assert names(tmp_path) == ["a.gif", "a.webm", "a.webp"]


def test_the_shortest_recording_has_a_frame(tmp_path: Path) -> None:
    with Recorder(still(), folder=tmp_path) as recorder:
        path = recorder.start(tmp_path / "a.mp4")
        recorder.stop()
        assert soon(lambda: recorder.status.finishing == 0)
        assert recorder.outcome(path) == ""
    assert len(read_film(path)[0]) == 1
