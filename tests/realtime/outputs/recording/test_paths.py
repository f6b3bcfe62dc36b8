from __future__ import annotations

from pathlib import Path

import pytest

from models.errors import OutputError
from realtime.outputs.recording import paths as output
from realtime.outputs.recording.drafts.draft import Draft
from realtime.outputs.recording.paths import check_writable, new_path


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
    with pytest.raises(OutputError, match=r"must end in \.mp4 or \.gif or \.webm or \.webp or \.png"):
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
    with Draft(first.with_suffix(".mp4")):
        second = new_path(tmp_path, ".gif")
        third = new_path(tmp_path, ".mp4", in_use=[second])
    assert [second.name, third.name] == ["ventral-20261120-101530-2.gif", "ventral-20261120-101530-3.mp4"]
