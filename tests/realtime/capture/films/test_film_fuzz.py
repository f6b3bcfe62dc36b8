"""Three hundred broken films through the doors that commands use: one line each, bounded memory, an end."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.realtime.capture.films.broken_films import write_all

COUNT, SEED = 300, 20261130

MOST_MB = 700
"""All films in one process, with its libraries; the first good one takes 150."""

RUN = """
import contextlib, io, json, sys, time
from pathlib import Path
from models.errors import VentralError
from realtime.capture.registry import open_source
from realtime.capture.source import EndOfSource
from scripts.cli import status

def play(path):
    seconds = 0.0
    try:
        with contextlib.closing(open_source(str(path))) as source:
            for count in range(500):
                seconds += source.next_duration
                source.read()
    except EndOfSource:
        pass
    except VentralError as error:
        return seconds, str(error)
    except BaseException as error:
        return seconds, f"ESCAPED {error!r}"
    return seconds, ""

def render(path):
    small = ["--canvas", "160x120", "--size", "32", "--view", "camera", "--frames", "40", "--force"]
    with contextlib.redirect_stderr(io.StringIO()) as words:
        return status(["render", str(path), "-o", str(out), *small]), words.getvalue()

def peak_mb():
    # of this program alone: ru_maxrss begins with the peak of the process that started it
    [line] = [line for line in open("/proc/self/status") if line.startswith("VmHWM:")]
    return int(line.split()[1]) >> 10

folder, out = Path(sys.argv[1]), Path(sys.argv[2])
for number, path in enumerate(sorted(folder.iterdir())):
    start = time.monotonic()
    seconds, said = play(path)
    row = {"name": path.name, "said": said, "lasts": seconds, "took": time.monotonic() - start, "mb": peak_mb()}
    if number % 10 == 0:
        row["render"] = render(path)
    print(json.dumps(row), flush=True)
"""


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory, cache: Path) -> list[dict[str, Any]]:
    """All films, one after the other, in a process of its own, which says nothing else."""
    folder, out = tmp_path_factory.mktemp("broken"), tmp_path_factory.mktemp("out") / "out.mp4"
    write_all(folder, COUNT, SEED)
    command = (sys.executable, "-c", RUN, str(folder), str(out))
    done = subprocess.run(command, capture_output=True, text=True, timeout=110, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.slow
def test_each_is_played_or_refused_in_one_line_that_names_it(rows: list[dict[str, Any]]) -> None:
    assert len(rows) == COUNT
    assert COUNT // 5 < sum(not row["said"] for row in rows) < COUNT
    for row in rows:
        if row["said"]:
            assert row["said"].startswith(f"{row['name']}: "), row
            assert "\n" not in row["said"]
            assert len(row["said"]) < 200


@pytest.mark.slow
def test_none_hangs_or_takes_much_memory(rows: list[dict[str, Any]]) -> None:
    assert max(row["took"] for row in rows) < 10
    assert max(row["mb"] for row in rows) < MOST_MB


@pytest.mark.slow
def test_a_command_ends_well_or_with_one_line(rows: list[dict[str, Any]]) -> None:
    ended = [(row["name"], *row["render"]) for row in rows if "render" in row]
    assert len(ended) == COUNT // 10
    for name, status, words in ended:
        problems = [line for line in words.splitlines() if name in line]
        assert (status, len(problems)) in ((0, 0), (2, 1)), (name, words)
