"""Files are written whole or not at all, those that belong together too, and never replaced unasked."""

from __future__ import annotations

from pathlib import Path

import pytest

from models.errors import OutputError
from models.files import check_replaceable, numbered, whole_file, write_together


def test_files_are_replaced_together(tmp_path: Path) -> None:
    paths = [tmp_path / name for name in ("a", "b")]
    for content in (b"old", b"new"):
        write_together(dict.fromkeys(paths, content))
        assert [path.read_bytes() for path in paths] == [content, content]
    assert sorted(tmp_path.iterdir()) == paths


def test_where_one_cannot_be_written_the_others_stay(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"old")
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match=r"cannot write .*file/b"):
        write_together({tmp_path / "a": b"new", tmp_path / "file" / "b": b"new"})
    assert (tmp_path / "a").read_bytes() == b"old"
    assert {file.name for file in tmp_path.iterdir()} == {"a", "file"}


def test_a_block_that_fails_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"old")
    with pytest.raises(OutputError, match=f"cannot write {path}: disk full; choose"), whole_file(path) as part:
        part.write_bytes(b"new")
        raise OSError("disk full")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_is_replaced_only_by_force_and_a_folder_never(tmp_path: Path) -> None:
    path = tmp_path / "a"
    check_replaceable(path, force=False)
    path.touch()
    check_replaceable(path, force=True)
    with pytest.raises(OutputError, match=r"exists already; .* --force"):
        check_replaceable(path, force=False)
    with pytest.raises(OutputError, match="it is a folder"):
        check_replaceable(tmp_path, force=True)


def test_numbered_keeps_a_free_name(tmp_path: Path) -> None:
    path = tmp_path / "a.b.mp4"
    assert numbered(path, Path.exists) == path
    path.touch()
    assert numbered(path, Path.exists).name == "a.b-2.mp4"
