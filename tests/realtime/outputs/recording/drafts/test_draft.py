"""Drafts among other people's files: taken names, links, deletions and killed processes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from models.errors import OutputError
from models.files import file_state
from realtime.outputs.recording.drafts.draft import Draft
from realtime.outputs.recording.drafts.records import records_in
from tests.screen import ROOT

LOCK = """
import sys, time
from pathlib import Path
from realtime.outputs.recording.drafts.draft import Draft
draft = Draft(Path(sys.argv[1]))
print("locked", flush=True)
time.sleep(60)
"""

no_windows = pytest.mark.skipif(sys.platform == "win32", reason="Windows locks open files")


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_draft_is_published_whole(tmp_path: Path) -> None:
    path = tmp_path / "show.mp4"
    draft = Draft(path)
    draft.part.write_bytes(b"new")
    assert not path.exists()
    assert draft.publish() == path
    assert names(tmp_path) == ["show.mp4"]
    assert path.read_bytes() == b"new"


def test_a_failed_draft_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), Draft(tmp_path / "show.mp4") as draft:
        draft.part.write_bytes(b"half")
        raise ZeroDivisionError
    assert names(tmp_path) == []
    assert records_in(tmp_path) == []


def test_only_the_file_that_was_there_at_the_beginning_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "show.mp4"
    path.write_bytes(b"old")
    draft = Draft(path, replaces=file_state(path))
    draft.part.write_bytes(b"new")
    assert draft.publish() == path
    assert path.read_bytes() == b"new"


@pytest.mark.parametrize("there_before", [True, False])
def test_what_another_program_has_written_meanwhile_is_kept(tmp_path: Path, there_before: bool) -> None:
    path = tmp_path / "show.mp4"
    if there_before:
        path.write_bytes(b"old")
    draft = Draft(path, replaces=file_state(path))
    draft.part.write_bytes(b"new")
    path.write_bytes(b"somebody else's")
    assert draft.publish() == tmp_path / "show-2.mp4"
    assert path.read_bytes() == b"somebody else's"
    assert (tmp_path / "show-2.mp4").read_bytes() == b"new"


def test_a_link_that_leads_nowhere_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "show.mp4").symlink_to(tmp_path / "victim")
    draft = Draft(tmp_path / "show.mp4")
    assert draft.publish() == tmp_path / "show-2.mp4"
    assert not (tmp_path / "victim").exists()


def test_without_hard_links_nothing_is_replaced_either(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    (tmp_path / "show.mp4").write_bytes(b"somebody else's")
    draft = Draft(tmp_path / "show.mp4")
    draft.part.write_bytes(b"new")
    assert draft.publish() == tmp_path / "show-2.mp4"
    assert names(tmp_path) == ["show-2.mp4", "show.mp4"]


def test_names_of_drafts_cannot_be_guessed_and_fit_the_file_system(tmp_path: Path) -> None:
    path = tmp_path / f"{'x' * 250}.mp4"
    with Draft(path) as first, Draft(path.with_suffix(".gif")) as second:
        assert first.part.stem != second.part.stem
    assert path.exists()


def test_a_draft_belongs_to_one_writer(tmp_path: Path) -> None:
    path = tmp_path / "show.mp4"
    with Draft(path) as draft:
        draft.part.write_bytes(b"mine")
        with pytest.raises(OutputError, match="is being written already"):
            Draft(path)
        assert draft.part.read_bytes() == b"mine"
    Draft(path).discard()


@no_windows
def test_the_lock_ends_with_its_process(tmp_path: Path) -> None:
    path = tmp_path / "show.mp4"
    other = subprocess.Popen([sys.executable, "-c", LOCK, str(path)], stdout=subprocess.PIPE, cwd=ROOT)
    with other:
        assert other.stdout is not None and other.stdout.readline() == b"locked\n"
        with pytest.raises(OutputError, match="is being written already"):
            Draft(path)
        other.kill()
    Draft(path).discard()


@pytest.mark.parametrize("parent", ["missing", "file"])
def test_a_draft_in_no_folder_is_an_output_error(tmp_path: Path, parent: str) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot write"):
        Draft(tmp_path / parent / "show.mp4")


@no_windows
@pytest.mark.parametrize("replaced", [False, True])
def test_a_draft_that_somebody_has_deleted_is_written_anew(tmp_path: Path, replaced: bool) -> None:
    draft = Draft(tmp_path / "show.mp4")
    draft.part.write_bytes(b"content")
    lost = draft.part
    lost.unlink()
    if replaced:
        lost.write_bytes(b"somebody else's")
    assert not draft.intact
    draft.restore()
    assert draft.intact
    assert draft.publish().read_bytes() == b"content"
    assert lost.exists() == replaced


@no_windows
def test_a_file_in_the_place_of_a_draft_is_not_deleted(tmp_path: Path) -> None:
    draft = Draft(tmp_path / "show.mp4")
    draft.part.unlink()
    draft.part.symlink_to(tmp_path / "precious")
    (tmp_path / "precious").write_bytes(b"somebody else's")
    draft.discard()
    assert draft.part.is_symlink()
    assert (tmp_path / "precious").read_bytes() == b"somebody else's"


@no_windows
def test_a_folder_for_records_that_cannot_be_written_stops_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", "/proc/nowhere")
    draft = Draft(tmp_path / "show.mp4")
    assert draft.publish() == tmp_path / "show.mp4"


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux knows where an open file is")
def test_a_draft_goes_with_its_folder(tmp_path: Path) -> None:
    (tmp_path / "before").mkdir()
    draft = Draft(tmp_path / "before" / "show.mp4")
    draft.part.write_bytes(b"mine")
    (tmp_path / "before").rename(tmp_path / "after")
    (tmp_path / "before").mkdir()
    assert draft.intact
    assert draft.publish() == tmp_path / "after" / "show.mp4"
    assert names(tmp_path / "after") == ["show.mp4"] and names(tmp_path / "before") == []


def test_drafts_of_one_file_share_its_claim(tmp_path: Path) -> None:
    gif = tmp_path / "show.gif"
    video = Draft(tmp_path / "show.mp4", claim=gif)
    with pytest.raises(OutputError, match=r"show\.gif is being written already"):
        Draft(gif)
    made = Draft(gif, of=video)
    other = Draft(tmp_path / "show.mp4")
    assert video.publish() == tmp_path / "show-2.mp4", "the name is that of another recording"
    assert (made.publish(), other.publish()) == (gif, tmp_path / "show.mp4")


def test_a_long_name_has_room_for_a_number(tmp_path: Path) -> None:
    path = tmp_path / f"{'é' * 125}.mp4"
    path.touch()
    with Draft(path) as draft:
        draft.part.write_bytes(b"mine")
    assert (tmp_path / f"{'é' * 124}-2.mp4").read_bytes() == b"mine"
