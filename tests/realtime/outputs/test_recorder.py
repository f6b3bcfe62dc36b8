from __future__ import annotations

import dataclasses
import itertools
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import av
import numpy as np
import pytest

from models.errors import OutputError
from realtime.controls.settings import RECORD_DEFAULTS
from realtime.imaging.frame import Frame
from realtime.outputs.recorder import MOST_FILMS, Recorder
from realtime.outputs.recording.encoding import Wh
from realtime.outputs.recording.formats.mp4 import Mp4Writer
from realtime.threads.mailbox import Mailbox
from tests.realtime.outputs.recording.films import COLOURS, flag_colours, flags, read_film
from tests.realtime.waiting import soon

SIZE_WH = (128, 96)
VIDEOS = (".mp4", ".gif")


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def frame(step: int = 0, size_wh: Wh = SIZE_WH) -> Frame:
    return Frame(flags(size_wh, step=step), step, time.monotonic())


@contextmanager
def show(*, rate: float = 17.3) -> Iterator[Mailbox[Frame]]:
    """A show that draws `rate` canvases a second."""
    canvases: Mailbox[Frame] = Mailbox()
    over = threading.Event()

    def draw() -> None:
        for step in itertools.count():
            canvases.put(frame(step))
            if over.wait(1 / rate):
                return

    thread = threading.Thread(target=draw)
    thread.start()
    try:
        yield canvases
    finally:
        over.set()
        thread.join()


def still(size_wh: Wh = SIZE_WH) -> Mailbox[Frame]:
    """A show that has drawn one canvas."""
    canvases: Mailbox[Frame] = Mailbox()
    canvases.put(frame(0, size_wh))
    return canvases


@pytest.mark.parametrize("suffix", VIDEOS)
@pytest.mark.slow
def test_video_time_is_wall_time(tmp_path: Path, suffix: str) -> None:
    with show() as canvases, Recorder(canvases, folder=tmp_path) as recorder:
        path = recorder.start(suffix=suffix)
        begin = time.monotonic()
        time.sleep(2.5)
        wall = time.monotonic() - begin
        recorder.stop()
    pictures, seconds = read_film(path, fps=30 if suffix == ".mp4" else None)
    assert seconds == pytest.approx(wall, rel=0.02, abs=0.05)
    assert len(pictures) == pytest.approx(wall * {".mp4": 30, ".gif": 20}[suffix], rel=0.02, abs=1.5)
    different = 1 + sum(bool(np.any(new != old)) for old, new in itertools.pairwise(pictures))
    assert different > 20, "the pictures of the show are not in the film"
    assert not recorder.fault and recorder.saved == path


def test_the_status_follows_a_take(tmp_path: Path) -> None:
    with Recorder(still(), folder=tmp_path) as recorder:
        assert recorder.status.recording is None and recorder.status.seconds == 0.0
        path = recorder.start(suffix=".mp4")
        assert path.parent == tmp_path and recorder.status.recording == path
        assert soon(lambda: recorder.status.seconds > 0.2)
        recorder.stop()
        assert recorder.status.recording is None
        assert soon(lambda: recorder.status.finishing == 0)
        assert recorder.saved == path and path.exists()


def test_only_one_recording_at_a_time(tmp_path: Path) -> None:
    with Recorder(still(), folder=tmp_path) as recorder:
        recorder.start(tmp_path / "film.mp4")
        with pytest.raises(OutputError, match=r"film\.mp4 is being recorded already; stop it first"):
            recorder.start(tmp_path / "other.mp4")
        assert soon(lambda: recorder.status.seconds > 0.1)
    assert names(tmp_path) == ["film.mp4"]


def test_it_is_known_how_much_of_a_gif_is_made(tmp_path: Path) -> None:
    seen = set[float]()
    settings = dataclasses.replace(RECORD_DEFAULTS, gif_quality="best")
    with show() as canvases, Recorder(canvases, folder=tmp_path) as recorder:
        recorder.start(settings=settings)
        time.sleep(2.0)
        assert recorder.status.progress == 0
        recorder.stop()
        while recorder.status.finishing:
            seen.add(recorder.status.progress)
            time.sleep(0.01)
    assert len(seen) > 2
    assert max(seen) <= 1


def test_several_takes_may_be_finishing(tmp_path: Path) -> None:
    with Recorder(still((640, 480)), folder=tmp_path) as recorder:
        paths = []
        for _ in range(3):
            paths.append(recorder.start())
            assert soon(lambda: recorder.status.seconds > 0.1)
            recorder.stop()
            recorder.stop()
    assert names(tmp_path) == sorted(path.name for path in paths)
    assert len(set(paths)) == 3 and recorder.status.finishing == 0


@pytest.mark.parametrize("suffix", VIDEOS)
def test_what_is_recorded_at_the_end_is_finished(tmp_path: Path, suffix: str) -> None:
    with show() as canvases, Recorder(canvases, folder=tmp_path) as recorder:
        path = recorder.start(suffix=suffix)
        assert soon(lambda: recorder.status.seconds > 0.5)
    pictures, _ = read_film(path)
    assert len(pictures) >= 10 and names(tmp_path) == [path.name]
    assert np.allclose(flag_colours(pictures[0]), list(COLOURS.values()), atol=8)


def test_a_recording_of_nothing_is_a_fault_and_no_file(tmp_path: Path) -> None:
    with Recorder(Mailbox(), folder=tmp_path) as recorder:
        recorder.start(tmp_path / "film.mp4")
        recorder.stop()
        assert soon(lambda: bool(recorder.fault))
        assert "film.mp4 was not written: no canvas was drawn" in recorder.fault
        with pytest.raises(OutputError, match="nothing to save"):
            recorder.save_replay()
    assert not names(tmp_path)


def test_a_recording_waits_for_the_first_canvas(tmp_path: Path) -> None:
    canvases: Mailbox[Frame] = Mailbox()
    with Recorder(canvases, folder=tmp_path) as recorder:
        path = recorder.start(suffix=".mp4")
        time.sleep(0.2)
        canvases.put(frame())
        assert soon(lambda: recorder.status.seconds > 0.2)
    assert read_film(path)[1] >= 0.2


def test_a_canvas_of_another_size_is_fitted_into_the_first(tmp_path: Path) -> None:
    canvases = still()
    with Recorder(canvases, folder=tmp_path) as recorder:
        path = recorder.start(suffix=".mp4")
        assert soon(lambda: recorder.status.seconds > 0.1)
        canvases.put(Frame(np.full((96, 64, 3), 200, np.uint8), 1, 0.0))
        enough = recorder.status.seconds + 0.3
        assert soon(lambda: recorder.status.seconds > enough)
    last = read_film(path)[0][-1]
    assert last.shape == (96, 128, 3)
    assert last[48, 64].min() > 190 and last[48, 10].max() < 30


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("missing/film.mp4", "there is no such folder"),
        ("file/film.mp4", "there is no such folder"),
        ("old.mp4", "exists already"),
        ("film.png", r"must end in \.mp4 or \.gif"),
        ("film.avi", r"must end in \.mp4 or \.gif"),
    ],
)
def test_what_cannot_be_written_is_told_at_once(tmp_path: Path, name: str, words: str) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "old.mp4").write_text("old")
    with Recorder(still(), folder=tmp_path) as recorder:
        with pytest.raises(OutputError, match=words):
            recorder.start(tmp_path / name)
        assert recorder.status.recording is None
    assert names(tmp_path) == ["file", "old.mp4"]


def test_a_missing_folder_is_told_at_once(tmp_path: Path) -> None:
    with (
        Recorder(still(), folder=tmp_path / "missing") as recorder,
        pytest.raises(OutputError, match="there is no such folder"),
    ):
        recorder.start()


def test_a_fault_ends_the_recording_and_not_the_show(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Recorder(still(), folder=tmp_path) as recorder:
        with monkeypatch.context() as patch:
            patch.setattr(Mp4Writer, "encoding", ("-c:v", "no-such-encoder"))
            recorder.start(tmp_path / "film.mp4")
            assert soon(lambda: recorder.status.recording is None)
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
    assert "film.mp4 was not finished" in recorder.fault
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
        assert soon(lambda: recorder.status.recording == second)
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


@pytest.mark.parametrize("suffix", VIDEOS)
@pytest.mark.slow
def test_the_last_seconds_can_be_saved_while_recording(tmp_path: Path, suffix: str) -> None:
    with show() as canvases, Recorder(canvases, folder=tmp_path) as recorder:
        film = recorder.start(suffix=".mp4")
        assert soon(lambda: recorder.status.seconds > 1.0)
        replay = recorder.save_replay(suffix=suffix)
    pictures, seconds = read_film(replay)
    assert 0.8 < seconds < 1.5
    assert np.allclose(flag_colours(pictures[-1]), list(COLOURS.values()), atol=12)
    assert names(tmp_path) == sorted([film.name, replay.name])


def test_only_so_many_films_are_in_the_making_at_once(tmp_path: Path) -> None:
    with show() as canvases, Recorder(canvases, folder=tmp_path) as recorder:
        assert soon(lambda: canvases.peek() is not None)
        time.sleep(0.3)
        with pytest.raises(OutputError, match="are still being written"):
            for _ in range(20):
                recorder.save_replay()
        assert recorder.status.finishing <= MOST_FILMS
    assert len(list(tmp_path.glob("*.gif"))) <= MOST_FILMS


def test_a_canvas_that_cannot_be_packed_ends_the_replay_and_not_the_show(tmp_path: Path) -> None:
    canvases: Mailbox[Frame] = Mailbox()
    canvases.put(Frame(np.zeros((0, 0, 3), np.uint8), 0, time.monotonic()))
    with Recorder(canvases, folder=tmp_path) as recorder:
        assert soon(lambda: recorder.fault.startswith("recorder failed"))
        with pytest.raises(OutputError, match="nothing to save yet"):
            recorder.save_replay()
