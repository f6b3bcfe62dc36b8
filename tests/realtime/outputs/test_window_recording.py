"""Recordings of a show in a real window."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest

from realtime.imaging.frame import hw
from realtime.imaging.text import ALARM
from tests.realtime.outputs.recording.films import read_film
from tests.screen import Screen, until

SMALL = ("--source", "pattern", "--size", "64", "--canvas", "640x360", "--set", "show/view=mosaic")


def replay_is_saved(screen: Screen, folder: Path) -> bool:
    """Whether there is a film besides the recording after a press of `e`, which is refused before the replay begins."""
    screen.press("e")
    time.sleep(0.2)
    return len({path.name.split(".")[0] for path in folder.iterdir() if path.suffix != ".png"}) > 1


def test_record_snapshot_and_replay_keys_leave_files(screen: Screen, tmp_path: Path) -> None:
    with screen.show(*SMALL, "--folder", str(tmp_path), cwd=tmp_path) as process:
        until(lambda: screen.picture().std() > 10, "a picture")
        screen.press("w")
        until(lambda: list(tmp_path.glob("*.png")), "a snapshot")
        screen.press("r")
        until(lambda: list(tmp_path.glob("*.ventral-part*")), "a recording")
        until(lambda: replay_is_saved(screen, tmp_path), "a replay")
        screen.press("r")
        until(lambda: len(list(tmp_path.glob("ventral-*.gif"))) >= 2, "the take and the replay")
        screen.press("q")
        assert process.wait(timeout=30) == 0
    assert not list(tmp_path.glob("*.ventral-part*"))


def test_a_recording_is_seen_where_the_status_line_is_off(screen: Screen, tmp_path: Path) -> None:
    def lit() -> bool:
        return bool((screen.picture() == ALARM).all(axis=2).sum() > 20)

    options = ("--view", "camera", "--set", "window/status=off", "--folder", str(tmp_path))
    with screen.show(*SMALL, *options, cwd=tmp_path) as process:
        until(lambda: screen.picture().std() > 10, "a picture")
        assert not lit()
        screen.press("r")
        until(lit, "the dot")
        screen.press("r")
        until(lambda: not lit(), "no dot")
        screen.press("q")
        assert process.wait(timeout=30) == 0


@pytest.mark.slow
def test_a_window_is_recorded_with_what_is_drawn_over_the_canvas(screen: Screen, tmp_path: Path) -> None:
    clean, window = tmp_path / "clean.mp4", tmp_path / "window.mp4"
    options = (*SMALL, "--view", "camera", "--set", "show/freeze=on", "--record", str(clean))
    with screen.show(*options, "--record-window", str(window), cwd=tmp_path) as process:
        until(lambda: len(list(tmp_path.glob("*.ventral-part*"))) == 2, "two recordings")
        time.sleep(1.5)
        screen.press("h")
        time.sleep(1.5)
        screen.press("q")
        assert process.wait(timeout=30) == 0
    (canvases, seconds), (shown, others) = read_film(clean, fps=10), read_film(window, fps=10)
    assert seconds == pytest.approx(others, abs=0.1)
    assert hw(canvases[0]) == hw(shown[0]) == (360, 640)
    line, rest = (np.abs(shown[10].astype(int) - canvases[10])[part].mean() for part in (slice(330, 360), slice(300)))
    assert line > 5 and rest < 3, "the status line is only at the bottom of the window"
    assert np.abs(shown[-1].astype(int) - canvases[-1]).mean() > 20, "the help covers only the window"
