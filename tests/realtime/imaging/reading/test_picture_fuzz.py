"""Three hundred broken pictures through the doors that commands use: one line each, bounded memory, an end."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.realtime.imaging.reading.broken_pictures import write_all

pytest.importorskip("resource", reason="memory is limited by POSIX means")

COUNT, SEED = 300, 20261120

ROOM = 4 << 30
"""Bytes of address space for all of it, libraries and threads included."""

UNTRAINED = "for real ones run: ventral export vgg16)\n"
"""What a command says first, when it comes so far as to open the network."""

MOST_MB = 1400
"""A good picture of 85 million pixels takes 850."""

RUN = """
import contextlib, io, json, os, resource, sys, time
from pathlib import Path
from models.errors import VentralError
from realtime.capture.registry import open_source
from realtime.capture.source import EndOfSource
from realtime.imaging.reading.read_picture import read_picture
from scripts.cli import status

def read(path):
    try:
        read_picture(path)
        with contextlib.closing(open_source(str(path))) as source:
            for _ in range(3):
                source.read()
    except EndOfSource:
        pass
    except VentralError as error:
        return str(error)
    except BaseException as error:
        return f"ESCAPED {error!r}"
    return ""

def command(name, path):
    with contextlib.redirect_stderr(io.StringIO()) as words, contextlib.redirect_stdout(io.StringIO()):
        ended = status([name, str(path), "-o", str(out), "--force", *SMALL[name]])
    return [ended, words.getvalue()]

def peak_mb():
    # of this program alone: ru_maxrss begins with the peak of the process that started it
    [line] = [line for line in open("/proc/self/status") if line.startswith("VmHWM:")]
    return int(line.split()[1]) >> 10

folder, out, room = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
SMALL = {
    "maps": ["--width", "640", "--size", "32", "--layers", "block1_conv1"],
    "render": ["--canvas", "160x120", "--size", "32"],
}
resource.setrlimit(resource.RLIMIT_AS, (room, room))
for number, path in enumerate(sorted(folder.iterdir())):
    start, said = time.monotonic(), read(path)
    row = {"name": path.name, "read": said, "seconds": time.monotonic() - start}
    if said or number % 50 == 49:
        row["maps"] = command("maps", path)
    if said and number % 4 == 0 or number % 50 == 49:
        row["render"] = command("render", path)
    row["all"] = time.monotonic() - start
    row["mb"] = peak_mb()
    print(json.dumps(row), flush=True)
"""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the process said of every picture, and what came out of it unasked."""

    rows: list[dict[str, Any]]
    noise: str
    status: int


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory, cache: Path) -> Outcome:
    """All pictures, one after the other, in a process of its own."""
    folder, out = tmp_path_factory.mktemp("broken"), tmp_path_factory.mktemp("out") / "out.png"
    write_all(folder, COUNT, SEED)
    command = (sys.executable, "-c", RUN, str(folder), str(out), str(ROOM))
    done = subprocess.run(command, capture_output=True, text=True, timeout=90, check=False)
    return Outcome([json.loads(line) for line in done.stdout.splitlines()], done.stderr, done.returncode)


@pytest.mark.slow
def test_none_ends_the_process_or_speaks_past_us(outcome: Outcome) -> None:
    assert (outcome.status, len(outcome.rows)) == (0, COUNT)
    assert outcome.noise == ""


@pytest.mark.slow
def test_each_is_read_or_refused_in_one_line_that_names_it(outcome: Outcome) -> None:
    refused = [(row["name"], row["read"]) for row in outcome.rows if row["read"]]
    assert len(refused) > COUNT // 2
    for name, words in refused:
        assert words.startswith(f"{name}: "), words
        assert "\n" not in words
        assert len(words) < 200


@pytest.mark.parametrize("command", ["maps", "render"])
@pytest.mark.slow
def test_commands_end_well_or_with_one_line(outcome: Outcome, command: str) -> None:
    ended = [(row, row[command]) for row in outcome.rows if command in row]
    assert len(ended) >= 30
    for row, (status, said) in ended:
        words = said.split(UNTRAINED)[-1]
        assert status in (0, 2), row
        if status == 2:
            assert row["name"] in words, row
            assert words.startswith("ventral: "), row
            assert words.count("\n") == 1, row


@pytest.mark.slow
def test_memory_is_bounded_and_nothing_hangs(outcome: Outcome) -> None:
    assert max(row["mb"] for row in outcome.rows) < MOST_MB
    assert max(row["seconds"] for row in outcome.rows) < 30
