"""Names of the files of a show that is started for the first time, and again."""

from __future__ import annotations

from pathlib import Path

import pytest

from models.errors import OutputError
from realtime.outputs.recording import paths
from realtime.outputs.recording.drafts.draft import Draft
from realtime.show.named_files import prepare_files
from realtime.show.options import LiveOptions


def prepared(folder: Path, *names: str, restarted: bool = True, force: bool = False) -> tuple[Path, ...]:
    """The names under which a show records, and at the end its take."""
    *record, log = (folder / name for name in (*names, "a.take"))
    options = LiveOptions(record=tuple(record), log=log, restarted=restarted, force=force, folder=folder)
    options = prepare_files(options)
    assert options.log is not None
    return tuple(path.relative_to(folder) for path in (*options.record, options.log))


@pytest.mark.parametrize("force", [False, True])
def test_a_show_that_is_started_again_records_under_the_next_free_names(tmp_path: Path, force: bool) -> None:
    names = ("a.mp4", "b.gif", "film-%05d.png")
    assert prepared(tmp_path, *names, force=force) == tuple(map(Path, (*names, "a.take")))
    for name in ("a.mp4", "a-2.mp4", "film-00001.png", "a.take"):
        (tmp_path / name).write_bytes(b"kept")
    again = ("a-3.mp4", "b.gif", "film-%05d-2.png", "a-2.take")
    assert prepared(tmp_path, *names, force=force) == tuple(map(Path, again))
    (tmp_path / "film-00001-2.png").touch()
    assert prepared(tmp_path, *names, force=force)[2] == Path("film-%05d-3.png")


@pytest.mark.parametrize("name", ["a.mp4", "film-%05d.png"])
def test_a_show_that_is_started_by_hand_replaces_nothing(tmp_path: Path, name: str) -> None:
    (tmp_path / name.replace("%05d", "00001")).write_bytes(b"kept")
    with pytest.raises(OutputError, match="exists already"):
        prepared(tmp_path, name, restarted=False)


def test_a_draft_that_is_recovered_takes_its_name_first(tmp_path: Path) -> None:
    draft = Draft(tmp_path / "a.take")
    draft.part.write_bytes(b"\x1f\x43\xb6\x75" * 50_000)
    draft.leave()
    assert prepared(tmp_path, "a.mp4") == (Path("a.mp4"), Path("a-2.take"))
    assert (tmp_path / "a.take").exists()


@pytest.mark.parametrize("name", ["film-%d-%d.png", "film.png", "film.avi"])
def test_a_name_that_cannot_be_recorded_is_refused_after_a_restart_too(tmp_path: Path, name: str) -> None:
    with pytest.raises(OutputError, match="its name must end in"):
        prepared(tmp_path, name)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"frames": 3}', b"\xff\xfe", b"3"])
def test_only_a_report_is_replaced_after_a_restart(tmp_path: Path, content: bytes) -> None:
    report = tmp_path / "r.json"
    report.write_bytes(content)
    options = LiveOptions(report=report, restarted=True, folder=tmp_path)
    assert prepare_files(options).report is None
    report.write_text('{"ventral": "1.0", "frames": 3}')
    assert prepare_files(options).report == report
    with pytest.raises(OutputError, match="exists already"):
        prepare_files(LiveOptions(report=report, folder=tmp_path))


@pytest.mark.parametrize("name", ["a.mp4", "film-%05d.png"])
def test_a_full_disk_does_not_keep_a_show_from_starting_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(paths, "free_bytes", lambda _: 900_000_000)
    with pytest.raises(OutputError, match="only 900 MB are free"):
        prepared(tmp_path, name, restarted=False)
    assert prepared(tmp_path, name)[0] == Path(name)
    prepare_files(LiveOptions(report=tmp_path / "r.json", folder=tmp_path))


def test_a_missing_disk_does_not_keep_a_show_from_starting_again(tmp_path: Path) -> None:
    names = ("disk/a.mp4", "disk/film-%05d.png")
    with pytest.raises(OutputError, match="there is no such folder"):
        prepared(tmp_path, *names, restarted=False)
    assert prepared(tmp_path, *names) == tuple(map(Path, (*names, "a.take")))


def test_a_show_that_is_started_again_does_not_keep_values_in_a_file_of_somebody_else(tmp_path: Path) -> None:
    path = tmp_path / "kept.toml"
    path.write_bytes(b"something precious")
    with pytest.raises(OutputError, match="is left alone"):
        prepare_files(LiveOptions(resume=path, folder=tmp_path))
    assert prepare_files(LiveOptions(resume=path, folder=tmp_path, restarted=True)).resume is None
    path.write_bytes(b"[show]")
    assert prepare_files(LiveOptions(resume=path, folder=tmp_path, restarted=True)).resume == path
