"""A show that sleeps with its machine."""

from __future__ import annotations

import json
import os
import signal
import time
from pathlib import Path

import pytest

from tests.screen import until
from tests.test_show import HEADLESS, part_is_growing, seconds_of, ventral

pytestmark = pytest.mark.slow


def frames_in(report: Path) -> int:
    return int(json.loads(report.read_text())["frames"])


def test_a_show_that_sleeps_with_its_machine_goes_on(tmp_path: Path) -> None:
    film, report = tmp_path / "film.mp4", tmp_path / "r.json"
    with ventral(*HEADLESS, "--record", str(film), "--report", str(report), cwd=tmp_path) as process:
        until(lambda: part_is_growing(tmp_path) and report.exists(), "the recording to grow")
        os.killpg(process.pid, signal.SIGSTOP)
        time.sleep(4)
        slept = frames_in(report)
        os.killpg(process.pid, signal.SIGCONT)
        until(lambda: frames_in(report) > slept + 10, "more canvases")
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) == 0
    facts = json.loads(report.read_text())
    assert seconds_of(film) == pytest.approx(facts["seconds"] - facts["first_canvas"], abs=0.35)
