"""Films whose writers are killed, starved or kept at it for long: real processes, really ended."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from models.errors import OutputError
from realtime.outputs.recording.drafts.draft import Draft
from realtime.outputs.recording.drafts.records import records_in
from realtime.outputs.recording.open_writer import open_writer
from realtime.outputs.recording.recover import recover
from tests.realtime.outputs.recording.films import COLOURS, flag_colours, flags, read_film
from tests.realtime.waiting import soon

ROOT = Path(__file__).parents[4]
VIDEOS = (".mp4", ".gif")

ENDLESS = """
import sys, time
from pathlib import Path
from realtime.outputs.recording.open_writer import open_writer
from tests.realtime.outputs.recording.films import flags
sink = open_writer(Path(sys.argv[1]), fps=25, size_wh=(128, 96))
print(sink._process._process.pid, flush=True)
while True:
    sink.write(flags((128, 96), step=sink.frames))
    time.sleep(0.005)
"""

LIMITED = """
import resource, sys
from pathlib import Path
import numpy as np
from models.errors import OutputError
from realtime.outputs.recording.open_writer import open_writer
resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))
noise = np.random.default_rng(0).integers(0, 256, (8, 96, 128, 3), np.uint8)
try:
    with open_writer(Path(sys.argv[1]), fps=25, size_wh=(128, 96)) as sink:
        for step in range(2000):
            sink.write(noise[step % 8])
except OutputError as error:
    print(error)
"""

MEMORY = """
import resource, sys
from pathlib import Path
from realtime.outputs.recording.open_writer import open_writer
from tests.realtime.outputs.recording.films import flags
with open_writer(Path(sys.argv[1]), fps=25, size_wh=(320, 180)) as sink:
    for step in range(int(sys.argv[2])):
        sink.write(flags((320, 180), step=step))
for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN):
    print(resource.getrusage(who).ru_maxrss)
"""


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def run(script: str, *arguments: object) -> str:
    command = [sys.executable, "-c", script, *map(str, arguments)]
    return subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT).stdout


def start_endless(path: Path) -> tuple[subprocess.Popen[bytes], int]:
    """A process that writes to `path` until it is killed, and its ffmpeg's id."""
    process = subprocess.Popen([sys.executable, "-c", ENDLESS, str(path)], stdout=subprocess.PIPE, cwd=ROOT)
    assert process.stdout is not None
    return process, int(process.stdout.readline())


def draft_size(folder: Path) -> int:
    return sum(each.stat().st_size for each in folder.glob("*.ventral-part-*.mp4"))


def unlocked(folder: Path) -> bool:
    (record,) = records_in(folder)
    try:
        Draft.reopen(record).leave()
    except OutputError:
        return False
    return True


@pytest.mark.parametrize("suffix", VIDEOS)
@pytest.mark.parametrize("victims", ["python", "python and ffmpeg"])
@pytest.mark.slow
def test_what_a_killed_process_wrote_is_recovered(tmp_path: Path, suffix: str, victims: str) -> None:
    film, spool = tmp_path / f"film{suffix}", tmp_path / "film.mp4"
    process, ffmpeg = start_endless(film)
    with process:
        assert soon(lambda: draft_size(tmp_path) > 30_000)
        assert recover(tmp_path) == [], "a film that is being written was taken"
        process.kill()
        if victims == "python and ffmpeg":
            os.kill(ffmpeg, signal.SIGKILL)
    assert soon(lambda: unlocked(tmp_path))
    assert recover(tmp_path) == [spool]
    assert names(tmp_path) == ["film.mp4"]
    pictures, seconds = read_film(spool)
    assert len(pictures) >= 25
    assert seconds == pytest.approx(len(pictures) / 25, abs=0.1)
    assert np.allclose(flag_colours(pictures[0]), list(COLOURS.values()), atol=8)


@pytest.mark.skipif(sys.platform == "win32", reason="needs resource limits")
@pytest.mark.slow
def test_a_disk_that_takes_no_more_ends_the_file_and_keeps_it(tmp_path: Path) -> None:
    words = run(LIMITED, tmp_path / "film.mp4")
    assert "was not finished: ffmpeg failed" in words and words.count("\n") == 1
    assert names(tmp_path) == ["film.mp4"]
    assert len(read_film(tmp_path / "film.mp4", torn=True)[0]) > 10


@pytest.mark.skipif(sys.platform == "win32", reason="groups of processes are POSIX")
def test_ctrl_c_in_the_terminal_does_not_reach_ffmpeg(tmp_path: Path) -> None:
    process, ffmpeg = start_endless(tmp_path / "film.mp4")
    with process:
        assert os.getpgid(ffmpeg) == ffmpeg != os.getpgid(process.pid)
        process.kill()
    assert soon(lambda: unlocked(tmp_path))


@pytest.mark.skipif(sys.platform == "win32", reason="needs getrusage")
@pytest.mark.parametrize("suffix", VIDEOS)
@pytest.mark.slow
def test_memory_does_not_grow_with_the_film(tmp_path: Path, suffix: str) -> None:
    short, long = (
        [int(kilobytes) for kilobytes in run(MEMORY, tmp_path / f"{frames}{suffix}", frames).split()]
        for frames in (100, 1000)
    )
    for before, after in zip(short, long, strict=True):
        assert after < 1.1 * before + 10_000


def abandoned(path: Path) -> Path:
    """The draft of a process that is gone."""
    draft = Draft(path)
    draft.leave()
    return draft.part


def write_film(path: Path, frames: int) -> bytes:
    with open_writer(path, fps=10, size_wh=(128, 96)) as sink:
        for _ in range(frames):
            sink.write(flags())
    return path.read_bytes()


def test_only_drafts_with_a_record_are_touched(tmp_path: Path) -> None:
    film = write_film(tmp_path / "film.mp4", 5)
    abandoned(tmp_path / "other.mp4").write_bytes(film)
    abandoned(tmp_path / "empty.mp4")
    abandoned(tmp_path / "half.gif").write_bytes(b"GIF89a")
    kept = abandoned(tmp_path / "unreadable.mp4")
    kept.write_bytes(bytes(200_000))
    theirs = ["holiday.ventral-part.gif", "notes.ventral-part.mp4", "x.ventral-part-0123456789abcdef.mp4"]
    for name in theirs:
        (tmp_path / name).write_bytes(b"GIF89a")
    assert recover(tmp_path) == [tmp_path / "other.mp4"]
    assert names(tmp_path) == sorted(["film.mp4", "other.mp4", kept.name, *theirs])
    assert recover(tmp_path) == recover(tmp_path / "missing") == []


@pytest.mark.skipif(sys.platform == "win32", reason="needs FIFOs and links")
@pytest.mark.parametrize("kind", ["fifo", "link", "another file", "folder"])
def test_what_lies_in_the_place_of_a_draft_is_left_alone(tmp_path: Path, kind: str) -> None:
    part, precious = abandoned(tmp_path / "film.mp4"), tmp_path / "precious"
    precious.write_bytes(b"somebody else's")
    part.rename(tmp_path / "elsewhere")  # its inode stays taken
    if kind == "fifo":
        os.mkfifo(part)
    elif kind == "folder":
        part.mkdir()
    elif kind == "link":
        part.symlink_to(precious)
    else:
        part.write_bytes(b"")
    before = names(tmp_path)
    assert recover(tmp_path) == []
    assert names(tmp_path) == before
    assert precious.read_bytes() == b"somebody else's"


def test_a_process_that_died_while_it_named_its_file_leaves_one_name(tmp_path: Path) -> None:
    film, path = write_film(tmp_path / "a.mp4", 5), tmp_path / "film.mp4"
    part = abandoned(path)
    part.write_bytes(film)
    path.hardlink_to(part)
    assert recover(tmp_path) == []
    assert names(tmp_path) == ["a.mp4", "film.mp4"]


@pytest.mark.parametrize("name", ["film.MP4", "film 12:30.mp4", "-film.mp4"])
def test_names_do_not_matter(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with open_writer(Path(name), fps=25, size_wh=(128, 96)) as writer:
        for step in range(50):
            writer.write(flags(step=step))
    whole = Path(name).read_bytes()
    Path(name).unlink()
    draft = Draft(Path(name))
    draft.part.write_bytes(whole)
    draft.leave()
    assert [path.name for path in recover(tmp_path)] == [name]
    assert Path(name).read_bytes() == whole


def test_the_file_that_was_asked_for_gets_its_name_first(tmp_path: Path) -> None:
    with open_writer(tmp_path / "film.mp4", fps=25, size_wh=(128, 96)) as writer:
        for step in range(50):
            writer.write(flags(step=step))
    whole = (tmp_path / "film.mp4").read_bytes()
    (tmp_path / "film.mp4").unlink()
    for claim in (tmp_path / "film.gif", None, tmp_path / "film.webp"):
        draft = Draft(tmp_path / "film.mp4", claim=claim)
        draft.part.write_bytes(whole + bytes(claim is None))
        draft.leave()
    assert [path.name for path in recover(tmp_path)] == ["film.mp4", "film-2.mp4", "film-3.mp4"]
    assert len((tmp_path / "film.mp4").read_bytes()) == len(whole) + 1
