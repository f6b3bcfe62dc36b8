from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from models.errors import OutputError
from realtime.outputs.recording import paths as output
from realtime.outputs.recording.paths import PartialFile, check_writable, new_path, numbered, part

ROOT = Path(__file__).parents[4]

LOCK = """
import sys, time
from pathlib import Path
from realtime.outputs.recording.paths import PartialFile
file = PartialFile(Path(sys.argv[1]))
print("locked", flush=True)
time.sleep(60)
"""


def test_a_free_name_can_be_claimed(tmp_path: Path) -> None:
    assert check_writable(tmp_path / "show.mp4") == tmp_path / "show.mp4"
    assert not list(tmp_path.iterdir())


def test_an_existing_file_needs_force(tmp_path: Path) -> None:
    path = tmp_path / "show.gif"
    path.write_bytes(b"old")
    with pytest.raises(OutputError, match=r"show\.gif exists already; .*--force"):
        check_writable(path)
    assert check_writable(path, force=True) == path
    assert path.read_bytes() == b"old"


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    (tmp_path / "show.mp4").mkdir()
    with pytest.raises(OutputError, match="it is a folder"):
        check_writable(tmp_path / "show.mp4", force=True)


@pytest.mark.parametrize("name", ["show.avi", "show", ".mp4", "show.mp4.part"])
def test_an_unknown_suffix_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(OutputError, match=r"must end in \.mp4 or \.gif or \.png"):
        check_writable(tmp_path / name)


def test_a_parent_that_is_missing_or_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for parent in ("missing", "file"):
        with pytest.raises(OutputError, match="there is no such folder"):
            check_writable(tmp_path / parent / "show.mp4")


@pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="needs a folder that not even root can write to")
def test_a_folder_that_cannot_be_written_is_refused() -> None:
    with pytest.raises(OutputError, match="cannot write /proc/self: "):
        check_writable(Path("/proc/self/show.mp4"))


def test_a_nearly_full_disk_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(output, "free_bytes", lambda _: 999_000_000)
    with pytest.raises(OutputError, match="only 999 MB are free, but 1000 MB are needed"):
        check_writable(tmp_path / "show.mp4")


def test_every_message_is_one_line(tmp_path: Path) -> None:
    for path in (tmp_path / "show.avi", tmp_path / "missing" / "show.mp4"):
        with pytest.raises(OutputError) as caught:
            check_writable(path)
        assert "\n" not in str(caught.value)


def test_fresh_names_do_not_collide(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.strftime", lambda _: "20261120-101530")
    first = new_path(tmp_path, ".gif")
    assert first.name == "ventral-20261120-101530.gif"
    part(first.with_suffix(".mp4")).touch()
    second = new_path(tmp_path, ".gif")
    third = new_path(tmp_path, ".mp4", in_use=[second])
    assert [second.name, third.name] == ["ventral-20261120-101530-2.gif", "ventral-20261120-101530-3.mp4"]


def test_numbered_keeps_a_free_name(tmp_path: Path) -> None:
    path = tmp_path / "a.b.mp4"
    assert numbered(path, Path.exists) == path
    path.touch()
    assert numbered(path, Path.exists).name == "a.b-2.mp4"


def test_a_draft_is_published_whole(tmp_path: Path) -> None:
    path = tmp_path / "show.mp4"
    path.write_bytes(b"old")
    with PartialFile(path) as draft:
        assert draft.part.name == "show.ventral-part.mp4"
        draft.part.write_bytes(b"new")
        assert path.read_bytes() == b"old"
    assert [each.name for each in tmp_path.iterdir()] == ["show.mp4"]
    assert path.read_bytes() == b"new"


def test_a_failed_draft_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), PartialFile(tmp_path / "show.mp4") as draft:
        draft.part.write_bytes(b"half")
        raise ZeroDivisionError
    assert not list(tmp_path.iterdir())


def test_a_draft_belongs_to_one_writer(tmp_path: Path) -> None:
    path = tmp_path / "show.mp4"
    with PartialFile(path) as draft:
        draft.part.write_bytes(b"mine")
        with pytest.raises(OutputError, match="is being written already"):
            PartialFile(path)
        assert draft.part.read_bytes() == b"mine"
    PartialFile(path).discard()


def test_the_lock_ends_with_its_process(tmp_path: Path) -> None:
    path = tmp_path / "show.mp4"
    other = subprocess.Popen([sys.executable, "-c", LOCK, str(path)], stdout=subprocess.PIPE, cwd=ROOT)
    with other:
        assert other.stdout is not None and other.stdout.readline() == b"locked\n"
        with pytest.raises(OutputError, match="is being written already"):
            PartialFile(path)
        other.kill()
    PartialFile(path).discard()


@pytest.mark.parametrize("parent", ["missing", "file"])
def test_a_draft_in_no_folder_is_an_output_error(tmp_path: Path, parent: str) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot write"):
        PartialFile(tmp_path / parent / "show.mp4")
