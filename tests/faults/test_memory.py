"""A show that gets no more memory, as a whole."""

from __future__ import annotations

import json
import resource
import sys
import time
from pathlib import Path

import cyclopts
import numpy as np
import pytest

from models.errors import is_out_of_memory
from scripts.cli import status
from tests.screen import Screen, until
from tests.test_show import SMALL, seconds_of

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="needs prlimit")

UNLIMITED = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
NOTHING_MORE = (100_000_000, resource.RLIM_INFINITY)  # bytes: less than the show has


def test_a_show_without_memory_goes_on_and_recovers(screen: Screen, tmp_path: Path) -> None:
    report, film = tmp_path / "r.json", tmp_path / "film.mp4"

    def frames() -> int:
        return int(json.loads(report.read_text())["frames"]) if report.exists() else 0

    options = ("--source", "pattern", *SMALL, "--report", str(report), "--record", str(film))
    with screen.show(*options, cwd=tmp_path) as process:
        until(frames, "the first report")
        resource.prlimit(process.pid, resource.RLIMIT_AS, NOTHING_MORE)
        for key in "dgs6m":
            screen.press(key)
            time.sleep(1.5)
        assert process.poll() is None
        resource.prlimit(process.pid, resource.RLIMIT_AS, UNLIMITED)
        starved = frames()
        until(lambda: frames() > starved + 30, "more frames")
        screen.press("q")
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 0, errors
    assert "out of memory" in errors
    assert "Traceback" not in errors
    assert seconds_of(film) > 8


def test_too_little_memory_for_a_command_is_said_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    app = cyclopts.App()

    @app.default
    def command() -> None:
        np.empty(1 << 60, np.uint8)

    assert status([], app) == 2
    assert capsys.readouterr().err == "ventral: out of memory; close other programs, or choose a smaller --canvas\n"


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (MemoryError(), True),
        (OSError(12, "Cannot allocate memory"), True),
        (OSError(28, "No space left on device"), False),
        (RuntimeError("[ONNXRuntimeError] : std::bad_alloc"), True),
        (RuntimeError("can't start new thread"), True),
        (ValueError("bad"), False),
    ],
)
def test_what_is_out_of_memory(error: Exception, expected: bool) -> None:
    assert is_out_of_memory(error) == expected
    after = RuntimeError("cannot join thread before it is started")
    after.__context__ = error
    assert is_out_of_memory(after) == expected
