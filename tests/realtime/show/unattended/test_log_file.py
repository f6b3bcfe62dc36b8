"""The log file of a show: rotated, deleted, moved, and on a full disk."""

from __future__ import annotations

import logging
import re
import sys
from pathlib import Path

import pytest

from models.errors import OutputError
from realtime.show.unattended.log_file import PARTS, LogFile
from tests.test_show import HEADLESS, ventral

log = logging.getLogger("test")
log.setLevel(logging.INFO)


def test_old_parts_are_kept_up_to_a_number(tmp_path: Path) -> None:
    with LogFile(tmp_path / "log", most_bytes=1000):
        for number in range(200):
            log.info("line %d of a show that says too much", number)
    parts = sorted(tmp_path.iterdir())
    assert len(parts) == PARTS + 1
    assert all(part.stat().st_size <= 1000 for part in parts)
    assert "line 199" in (tmp_path / "log").read_text()


def test_a_file_that_is_deleted_or_moved_is_made_anew(tmp_path: Path) -> None:
    path = tmp_path / "log"
    with LogFile(path):
        log.info("first")
        path.unlink()
        log.info("second")
        path.rename(tmp_path / "moved")
        log.info("third\udcff")
    assert "second" in (tmp_path / "moved").read_text()
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} third\\udcff\n", path.read_text())


@pytest.mark.skipif(sys.platform != "linux", reason="needs /dev/full")
def test_a_full_disk_is_said_once_and_costs_nothing_but_lines(capsys: pytest.CaptureFixture[str]) -> None:
    with LogFile(Path("/dev/full")):
        for number in range(3):
            log.info("line %d", number)
    errors = capsys.readouterr().err
    assert errors.count("\n") == 1 and "No space left" in errors


def test_a_file_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="cannot write the log"):
        LogFile(tmp_path / "absent" / "log")


@pytest.mark.parametrize("error", [OutputError("no space"), ValueError("a mistake")])
def test_what_ends_a_show_is_in_the_log(tmp_path: Path, error: Exception) -> None:
    path = tmp_path / "log"
    with pytest.raises(type(error)), LogFile(path):
        raise error
    text = path.read_text()
    assert str(error) in text
    assert ("Traceback" in text) == isinstance(error, ValueError)


@pytest.mark.slow
def test_a_show_logs_its_begin(tmp_path: Path) -> None:
    path = tmp_path / "log"
    with ventral(*HEADLESS, "--seconds", "0.5", "--log-file", str(path), cwd=tmp_path) as process:
        assert process.wait(timeout=60) == 0
    assert re.search(r"^\S+ \S+ Ventral \S+ starts: world on the CPU, source: ", path.read_text(), re.MULTILINE)


@pytest.mark.parametrize("content", [b"something precious", b"\x00" * 30, b"2026\n"])
def test_a_file_that_is_no_log_is_left_alone(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "film.mp4"
    path.write_bytes(content)
    with pytest.raises(OutputError, match="is no log of Ventral"):
        LogFile(path)
    assert path.read_bytes() == content and list(tmp_path.iterdir()) == [path]


def test_a_log_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.touch()
    for line in ("first", "second"):
        with LogFile(path):
            log.info(line)
    assert [line.split()[-1] for line in path.read_text().splitlines()] == ["first", "second"]
