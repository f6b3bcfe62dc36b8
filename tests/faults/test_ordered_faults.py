"""What a show does while something fails, and that it recovers by itself: `--fault` in a process of its own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from models.errors import SettingError
from realtime.faults.fault import Fault, parse_fault
from tests.test_show import HEADLESS, seconds_of, ventral

START = 4  # seconds until the show has surely begun
REST = 4  # seconds after each fault, in which it recovers


def run(tmp_path: Path, faults: list[str], *options: str, lasts: float = 3.0) -> tuple[int, str, dict[str, Any]]:
    """A show with one fault after the other: exit status, log and report."""
    period = lasts + REST
    orders = [f"--fault={fault}@{START + number * period}s+{lasts}s" for number, fault in enumerate(faults)]
    seconds = START + len(faults) * period
    report = tmp_path / "r.json"
    arguments = (*HEADLESS, "--seconds", str(seconds), "--report", str(report), *orders, *options)
    with ventral(*arguments, cwd=tmp_path) as process:
        _, errors = process.communicate(timeout=seconds + 60)
    return process.returncode, errors, json.loads(report.read_text())


@pytest.mark.slow
def test_a_camera_that_fails_comes_back(tmp_path: Path) -> None:
    status, log, report = run(tmp_path, ["camera:lost", "camera:hang", "camera:error"])
    assert status == 0, log
    assert log.count("is back") == 3
    assert "it was unplugged (caused by --fault)); reconnecting" in log
    assert "no frame for 2 s" in log
    assert log.count("Traceback") == 1  # what nobody expected of a driver is logged once
    assert report["by_second"]["canvas"][-1] > 0
    assert report["failed_frames"] == 0


@pytest.mark.slow
def test_wrong_pictures_of_a_camera_are_shown_as_they_are(tmp_path: Path) -> None:
    status, log, report = run(tmp_path, ["camera:small", "camera:grey", "camera:noise", "camera:frozen"], lasts=1.0)
    assert status == 0, log
    assert "Traceback" not in log
    assert report["failed_frames"] == 0
    assert min(report["by_second"]["canvas"][:-1]) > 0


@pytest.mark.slow
@pytest.mark.parametrize("view", ["features", "mosaic", "dream", "saliency"])
def test_graphs_that_fail_run_again(tmp_path: Path, view: str) -> None:
    faults = ["graph:memory", "graph:nan", "graph:slow"]
    status, log, report = run(tmp_path, faults, "--view", view, lasts=1.5)
    assert status == 0, log
    assert "Traceback" not in log
    assert report["by_second"]["canvas"][-1] > 0
    assert report["failed_frames"] < report["frames"] / 2


@pytest.mark.slow
def test_a_view_and_an_encoder_that_fail(tmp_path: Path) -> None:
    film = tmp_path / "film.mp4"
    status, log, report = run(tmp_path, ["view:error", "encoder:killed"], "--record", str(film))
    assert status == 2
    assert "the features view failed: caused by --fault" in log
    assert "ffmpeg failed: exit status -9" in log
    assert 0 < report["failed_frames"] < report["frames"]
    films = sorted(tmp_path.glob("film*.mp4"))
    assert len(films) == 2
    assert sum(map(seconds_of, films)) > report["seconds"] - START - 1


@pytest.mark.slow
def test_an_encoder_that_is_stopped_for_a_while_loses_no_time(tmp_path: Path) -> None:
    film = tmp_path / "film.mp4"
    status, log, report = run(tmp_path, ["encoder:stopped"], "--record", str(film))
    assert status == 0, log
    assert seconds_of(film) == pytest.approx(report["seconds"] - report["first_canvas"], abs=0.35)
    assert min(report["by_second"]["canvas"][1:-1]) > 0


@pytest.mark.slow
def test_a_recording_goes_on_when_a_full_disk_has_room_again(tmp_path: Path) -> None:
    status, log, report = run(tmp_path, ["disk:full"], "--record", str(tmp_path / "film.mp4"))
    assert status == 2
    assert "only 0 MB are free on its disk" in log
    films = sorted(tmp_path.glob("film*.mp4"), key=lambda path: path.stat().st_mtime)
    assert [film.name for film in films] == ["film.mp4", "film-2.mp4"]
    assert seconds_of(films[0]) == pytest.approx(START - report["first_canvas"], abs=1.5)
    assert seconds_of(films[1]) == pytest.approx(REST, abs=1.0)
    assert min(report["by_second"]["canvas"][1:-1]) > 0


def test_a_fault_is_parsed() -> None:
    assert parse_fault("camera:hang@5s") == Fault("camera", "hang", 5, 8)
    assert parse_fault("graph:nan@0.5s+2s") == Fault("graph", "nan", 0.5, 2.5)
    for text in ("camera", "camera:hang", "camera:explode@1s", "moon:hang@1s", "camera:hang@-1s"):
        with pytest.raises(SettingError, match="--fault takes PART:KIND@5s"):
            parse_fault(text)
