"""The clock of the computer is set while a show runs: it is on time, and so is what it records."""

from __future__ import annotations

import json
import signal
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.test_show import HEADLESS, seconds_of, ventral

pytestmark = pytest.mark.slow

SET = """
import datetime, sys, time
real, start, by = time.time, time.monotonic(), float(sys.argv.pop(1))

def now():
    return real() + (by if time.monotonic() - start > 4 else 0)

class Clock(datetime.datetime):
    @classmethod
    def now(cls, zone=None):
        return cls.fromtimestamp(now(), zone)

time.time, time.time_ns = now, lambda: int(now() * 1e9)
datetime.datetime = Clock
from scripts.__main__ import main
sys.exit(main())
"""
"""A show in which all Python code sees the clock set by a number of seconds, four after the start."""

DAY = 24 * 3600.0


@pytest.mark.parametrize("by", [400 * DAY, -400 * DAY, 3600.0, -3600.0])
def test_the_clock_is_set(tmp_path: Path, by: float) -> None:
    film, take, report = (tmp_path / name for name in ("a.mp4", "a.take", "r.json"))
    files = ("--record", str(film), "--log", str(take), "--report", str(report), "--resume", str(tmp_path / "r.toml"))
    options = (*HEADLESS, *files, "--hours", "00:00-24:00", "--seconds", "9", "--folder", str(tmp_path))
    with ventral(str(by), *options, cwd=tmp_path, start=("-c", SET)) as process:
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 0 and "Traceback" not in errors
    facts = json.loads(report.read_text())
    assert 9 <= facts["seconds"] < 60, "far less than the hour by which the clock was set"
    assert len(facts["by_second"]["canvas"]) >= 4, "canvases were drawn also after the fourth second"
    assert seconds_of(film) == pytest.approx(facts["seconds"] - facts["first_canvas"], abs=1.0)


def test_the_hours_end_when_the_clock_is_set(tmp_path: Path) -> None:
    now = datetime.now()
    ends = (now + timedelta(hours=2)).strftime("%H:%M")
    hours = f"{(now - timedelta(hours=2)).strftime('%H:%M')}-{ends}"
    with ventral(str(DAY / 2), *HEADLESS, "--hours", hours, cwd=tmp_path, start=("-c", SET)) as process:
        assert process.stderr is not None
        assert any("the show closes" in line for line in process.stderr)
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
