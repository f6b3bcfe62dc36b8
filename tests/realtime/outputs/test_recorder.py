from __future__ import annotations

import dataclasses
import itertools
import time
from pathlib import Path

import numpy as np
import pytest

from models.errors import OutputError
from realtime.controls.settings import RECORD_DEFAULTS
from realtime.imaging.frame import Frame, hw
from realtime.outputs.recorder import MOST_FILMS, Recorder
from realtime.outputs.recording.encoding import Wh
from realtime.outputs.recording.gif.gif_writer import GifWriter
from realtime.threads.mailbox import Mailbox
from tests.realtime.outputs.canvases import SIZE_WH, VIDEOS, frame, names, show, still
from tests.realtime.outputs.recording.films import COLOURS, flag_colours, read_film
from tests.realtime.waiting import soon


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
        assert not recorder.status.recording and recorder.status.seconds == 0.0
        path = recorder.start(suffix=".mp4")
        assert path.parent == tmp_path and recorder.status.recording == (path,)
        assert soon(lambda: recorder.status.seconds > 0.2)
        recorder.stop()
        assert not recorder.status.recording
        assert soon(lambda: recorder.status.finishing == 0)
        assert recorder.saved == path and path.exists()


def test_several_recordings_run_at_once(tmp_path: Path) -> None:
    """Of different formats and of different pictures; none has the name of another."""
    window = still((2560, 1600))
    with show() as canvases, Recorder(canvases, folder=tmp_path) as recorder:
        film, gif = recorder.start(tmp_path / "a.mp4"), recorder.start(tmp_path / "a.gif")
        with pytest.raises(OutputError, match=r"a\.mp4 is being written already"):
            recorder.start(tmp_path / "a.mp4")
        other = recorder.start(tmp_path / "window.mp4", pictures=window)
        assert recorder.status.recording == (film, gif, other)
        assert soon(lambda: recorder.status.seconds > 1.5)
        recorder.stop()
        assert not recorder.status.recording
        assert soon(lambda: recorder.status.finishing == 0)
        assert [recorder.outcome(path) for path in (film, gif, other)] == ["", "", ""]
    assert names(tmp_path) == ["a.gif", "a.mp4", "window.mp4"]
    pictures = [read_film(path)[0] for path in (film, gif, other)]
    assert [hw(each[0])[::-1] for each in pictures] == [SIZE_WH, SIZE_WH, (1728, 1080)]
    assert all(len(each) > 20 for each in pictures[:2])


def test_a_recording_that_fails_leaves_the_others_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(GifWriter, "encoding", ("-c:v", "no-such-encoder"))
    with Recorder(still(), folder=tmp_path) as recorder:
        film, gif = recorder.start(tmp_path / "a.mp4"), recorder.start(tmp_path / "b.gif")
        assert soon(lambda: recorder.status.recording == (film,))
        assert "ffmpeg failed" in recorder.outcome(gif)
        enough = recorder.status.seconds + 0.5
        assert soon(lambda: recorder.status.seconds > enough)
        recorder.stop()
        assert soon(lambda: recorder.status.finishing == 0)
        assert recorder.outcome(film) == ""
    assert names(tmp_path) == ["a.mp4"]


@pytest.mark.parametrize(("suffix", "size_wh"), [(".gif", SIZE_WH), (".webp", (640, 480))])
def test_it_is_known_how_much_of_a_file_is_made(tmp_path: Path, suffix: str, size_wh: Wh) -> None:
    seen = set[float]()
    settings = dataclasses.replace(RECORD_DEFAULTS, gif_quality="best")
    with show(size_wh=size_wh) as canvases, Recorder(canvases, folder=tmp_path) as recorder:
        recorder.start(suffix=suffix, settings=settings)
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
        assert not recorder.status.recording
    assert names(tmp_path) == ["file", "old.mp4"]


def test_a_missing_folder_is_told_at_once(tmp_path: Path) -> None:
    with (
        Recorder(still(), folder=tmp_path / "missing") as recorder,
        pytest.raises(OutputError, match="there is no such folder"),
    ):
        recorder.start()


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
