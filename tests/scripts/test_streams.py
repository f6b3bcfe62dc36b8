"""Standard streams that are closed, or lose their reader, as shells, services and terminals really leave them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.screen import ROOT, until
from tests.test_show import HEADLESS, part_is_growing, seconds_of

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs a POSIX shell")

VENTRAL = f"{sys.executable} -m scripts"
CLOSED = {"none": "<&- >&- 2>&-", "no output": ">&-", "no errors": "2>&-", "no input": "<&-"}


def shell(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", "-c", command],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


@pytest.mark.parametrize("closed", CLOSED.values(), ids=CLOSED)
@pytest.mark.slow
def test_a_show_without_standard_streams_records(tmp_path: Path, closed: str) -> None:
    show = f"{VENTRAL} {' '.join(HEADLESS)} --seconds 6 --record take.mp4 {closed}"
    assert shell(show, tmp_path).returncode == 0
    assert seconds_of(tmp_path / "take.mp4") > 1


@pytest.mark.parametrize("words", ["--help", "live --help", "layers world", "controls"])
def test_a_reader_that_takes_one_line_is_no_fault(tmp_path: Path, words: str) -> None:
    ran = shell(f"{VENTRAL} {words} | head -1; exit ${{PIPESTATUS[0]}}", tmp_path)
    assert (ran.returncode, ran.stderr) == (0, "")


def test_a_show_goes_on_when_nobody_reads_its_messages(tmp_path: Path) -> None:
    show = f"{VENTRAL} {' '.join(HEADLESS)} --seconds 2 --report r.json"
    ran = shell(f"{show} 2>&1 | true; exit ${{PIPESTATUS[0]}}", tmp_path)
    assert ran.returncode == 0
    assert (tmp_path / "r.json").exists()


def test_wrong_input_without_a_terminal_still_ends_with_2(tmp_path: Path) -> None:
    assert shell(f"{VENTRAL} --source nowhere 2>&-", tmp_path).returncode == 2


@pytest.mark.slow
def test_a_terminal_that_is_closed_ends_the_show_in_order(tmp_path: Path) -> None:
    import pty

    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "scripts", *HEADLESS, "--record", str(tmp_path / "take.mp4")]
    show = subprocess.Popen(  # `setsid -c` makes the terminal the controlling one, as a shell does
        ["setsid", "-cw", *command],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    os.close(theirs)
    with show:
        until(lambda: part_is_growing(tmp_path), "the recording to grow")
        os.close(ours)
        show.wait(30)
    until(lambda: (tmp_path / "take.mp4").exists(), "the finished film")
    assert seconds_of(tmp_path / "take.mp4") > 0.5
    assert [each.name for each in tmp_path.iterdir()] == ["take.mp4"]
