"""A show under supervision: really killed, really stopped, and back as it was."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

import pytest

from tests.screen import ROOT, until
from tests.test_show import SMALL, seconds_of

pytestmark = [pytest.mark.slow, pytest.mark.skipif(sys.platform != "linux", reason="needs /proc")]

SHOW = ("live", "--source", "pattern", "--sink", "none", *SMALL)

IMPATIENT = """
import sys
import realtime.supervision.supervisor as supervisor
from realtime.supervision.restarts import RestartLimits
from scripts.__main__ import main
quick = RestartLimits(pauses=(0.1, 0.2), healthy=0.5, silence=3.0)
supervisor.RestartLimits = lambda: quick
sys.exit(main())
"""


def children(process: int) -> list[int]:
    if not Path(f"/proc/{process}").exists():
        return []
    tasks = Path(f"/proc/{process}/task").glob("*/children")
    return [int(child) for task in tasks for child in task.read_text().split()]


@contextmanager
def supervised(folder: Path, *options: str) -> Iterator[subprocess.Popen[str]]:
    command = [
        "supervise",
        "--resume",
        str(folder / "kept.toml"),
        "--log-file",
        str(folder / "log"),
        "--",
        *SHOW,
        *options,
    ]
    with subprocess.Popen(
        [sys.executable, "-c", IMPATIENT, *command],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            for each in (*children(process.pid), process.pid):
                with suppress(ProcessLookupError):
                    os.kill(each, signal.SIGKILL)


def show_of(process: int, *before: int) -> int:
    """The show that a supervisor runs now, which has drawn a canvas."""
    until(lambda: [each for each in children(process) if each not in before], "a new show")
    (show,) = children(process)
    return show


def reports(path: Path, since: float) -> bool:
    return path.exists() and path.stat().st_mtime > since


def test_a_show_that_is_killed_comes_back_as_it_was(tmp_path: Path) -> None:
    kept = tmp_path / "kept.toml"
    with supervised(tmp_path, "--view", "dream", "--set", "show/mirror=true") as process:
        show = show_of(process.pid)
        until(kept.exists, "the values of the show")
        text = kept.read_text()
        assert 'view = "dream"' in text and "mirror = true" in text
        for _ in range(3):
            time.sleep(1)
            killed = time.time()
            os.kill(show, signal.SIGKILL)
            show = show_of(process.pid, show)
            until(partial(reports, kept, killed), "the next show")
            assert kept.read_text() == text
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
    assert "status -9; starting it again" in (tmp_path / "log").read_text()


def test_a_show_that_does_not_answer_is_ended_and_started_again(tmp_path: Path) -> None:
    with supervised(tmp_path) as process:
        show = show_of(process.pid)
        until((tmp_path / "kept.toml").exists, "the values of the show")
        time.sleep(1.5)  # it has said that it is ready
        os.kill(show, signal.SIGSTOP)
        show_of(process.pid, show)
        process.send_signal(signal.SIGINT)
        assert process.wait(20) in (0, 2)  # 2: it had not begun yet
    assert "has not answered for 3 s" in (tmp_path / "log").read_text()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_finds_the_show_at_any_moment_of_its_start(tmp_path: Path, number: signal.Signals) -> None:
    for seconds in (0.0, 0.005, 0.01, 0.02, 0.05, 0.2, 0.5):
        with supervised(tmp_path) as process:
            show_of(process.pid)
            time.sleep(seconds)
            process.send_signal(number)
            assert process.wait(20) in (0, 2)


def test_a_show_that_is_started_again_goes_on_in_new_files(tmp_path: Path) -> None:
    """With recordings and a take; its report is still kept under the same name."""
    film, pictures, take, report = (tmp_path / name for name in ("a.mp4", "a-%05d.png", "a.take", "r.json"))
    files = ("--record", str(film), "--record", str(pictures), "--log", str(take), "--report", str(report))
    with supervised(tmp_path, *files) as process:
        show = show_of(process.pid)
        until(lambda: any(each.stat().st_size > 200_000 for each in tmp_path.glob("*ventral-part*.mp4")), "a film")
        until(report.exists, "a report")
        killed = time.time()
        os.kill(show, signal.SIGKILL)
        show_of(process.pid, show)
        until(film.exists, "the film of the killed show")
        until(lambda: list(tmp_path.glob("a-2.ventral-part*.mp4")), "the next film")
        until(partial(reports, report, killed), "the next report")
        time.sleep(2)
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
    assert min(seconds_of(film), seconds_of(tmp_path / "a-2.mp4")) > 0.5
    assert {"a.take", "a-2.take", "a-00001.png", "a-00001-2.png"} <= {each.name for each in tmp_path.iterdir()}
    assert (tmp_path / "log").read_text().count("starting it again") == 1


WRONG = {
    "another command": (["render", "x"], "supervise runs live, but got 'render'"),
    "an unknown option": (["live", "--nonsense"], "unknown option: --nonsense"),
    "a file that the supervisor passes on": (["live", "--resume=a.toml"], "--resume belongs before --"),
    "a value that is out of range": (["live", "--fps", "4000"], "--fps takes 5 to 120"),
}


@pytest.mark.parametrize(("words", "said"), WRONG.values(), ids=WRONG)
def test_wrong_words_are_refused_before_anything_is_started(words: list[str], said: str) -> None:
    command = [sys.executable, "-m", "scripts", "supervise", "--", *words]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=30)
    assert done.returncode == 2
    assert said in done.stderr and done.stderr.count("\n") == 1


def test_systemd_hears_that_the_supervisor_lives_also_while_there_is_no_show(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = str(tmp_path / "notify")
    monkeypatch.setenv("NOTIFY_SOCKET", address)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(address)
        systemd.settimeout(40)

        def hear(*words: str) -> None:
            """Wait for all of them, in any order."""
            missing = set(words)
            while missing:
                message = systemd.recv(4096).decode()
                missing = {each for each in missing if each not in message}

        with supervised(tmp_path) as process:
            hear("READY=1\nWATCHDOG=1")
            hear("STATUS=showing")
            os.kill(show_of(process.pid), signal.SIGKILL)
            hear("STATUS=ended with status -9; starting again in")
            hear("WATCHDOG=1", "STATUS=showing")
            process.send_signal(signal.SIGTERM)
            assert process.wait(20) == 0


def test_a_show_ends_in_order_when_its_supervisor_is_killed(tmp_path: Path) -> None:
    film = tmp_path / "a.mp4"
    with supervised(tmp_path, "--record", str(film)) as process:
        show = show_of(process.pid)
        until(lambda: any(tmp_path.glob("*ventral-part*")), "a recording")
        time.sleep(1)
        process.kill()
        until(film.exists, "the film")
        until(
            lambda: not Path(f"/proc/{show}/cmdline").exists() or not Path(f"/proc/{show}/cmdline").read_bytes(), "end"
        )
    assert seconds_of(film) > 0.5


def test_a_show_is_started_again_without_a_folder_for_temporary_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    with supervised(tmp_path) as process:
        show = show_of(process.pid)
        until((tmp_path / "kept.toml").exists, "the values of the show")
        shutil.rmtree(temporary)
        killed = time.time()
        os.kill(show, signal.SIGKILL)
        until(partial(reports, tmp_path / "kept.toml", killed), "the next show")
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0


def test_code_in_the_current_folder_is_never_run(tmp_path: Path) -> None:
    for name in ("models", "realtime", "scripts", "json", "numpy"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('foreign code')")
    command = "import sys; sys.path.pop(0); from scripts.__main__ import main; sys.exit(main())"
    words = ["supervise", "--resume", str(tmp_path / "kept.toml"), "--", *SHOW, "--seconds", "1"]
    done = subprocess.run(
        [sys.executable, "-c", command, *words],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0 and "foreign" not in done.stderr, done.stderr
