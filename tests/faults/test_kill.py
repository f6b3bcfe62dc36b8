"""`kill -9` at random moments of recording, finishing and recovering.

`VENTRAL_KILLS=200` tries more of them.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from realtime.outputs.recording.recover import recover
from tests.realtime.outputs.recording.films import read_film
from tests.screen import ROOT, until

KILLS = int(os.environ.get("VENTRAL_KILLS", "12"))
LONGEST = 3.0  # seconds: a process has recovered, recorded and finished by then

PROCESS = """
import itertools, sys, threading, time
from pathlib import Path
import numpy as np
from realtime.imaging.frame import Frame
from realtime.outputs.recorder import Recorder
from realtime.outputs.recording.recover import recover
from realtime.threads.mailbox import Mailbox

folder, suffix = Path(sys.argv[1]), sys.argv[2]
print("started", flush=True)
recover(folder)
canvases = Mailbox()
noise = np.random.default_rng(0).integers(0, 256, (8, 180, 320, 3), np.uint8)
with Recorder(canvases, folder=folder) as recorder:
    recorder.start(suffix=suffix)
    end = time.monotonic() + 1.0
    for number in itertools.count():
        canvases.put(Frame(noise[number % 8], number, time.monotonic()))
        if time.monotonic() > end:
            break
        time.sleep(0.02)
    recorder.save_replay(suffix=suffix)
"""


def kill_at(seconds: float, command: Sequence[str], state: Path) -> None:
    """Start a process, and kill it after some seconds, counted from when it has loaded its libraries."""
    env = {**os.environ, "PYTHONPATH": str(ROOT), "XDG_STATE_HOME": str(state)}
    with subprocess.Popen(
        [sys.executable, "-c", PROCESS, *command], env=env, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None and process.stdout.readline() == "started\n"
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="needs signals")
@pytest.mark.parametrize("suffix", [".mp4", ".gif"])
def test_whatever_the_moment_no_file_is_wrong(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str) -> None:
    folder, state, moments = tmp_path / "films", tmp_path / "state", random.Random(14)
    folder.mkdir()
    whole = set[Path]()
    for _ in range(KILLS // 2):
        kill_at(moments.uniform(0.0, LONGEST), [str(folder), suffix], state)
        for film in set(folder.iterdir()) - whole:
            if ".ventral-part" not in film.name:
                check(film)
                whole.add(film)
    monkeypatch.setenv("XDG_STATE_HOME", str(state))
    until(lambda: recovered(folder), "the last encoder to end, which locks its draft")
    assert whole <= set(folder.iterdir())
    assert list(folder.iterdir())
    for film in set(folder.iterdir()) - whole:
        check(film)


def recovered(folder: Path) -> bool:
    """Whether no draft is left after a recovery."""
    recover(folder)
    return not any(".ventral-part" in file.name for file in folder.iterdir())


def check(film: Path) -> None:
    """A film with a final name can be played to its end."""
    pictures, seconds = read_film(film)
    assert pictures, film
    assert seconds > 0, film
