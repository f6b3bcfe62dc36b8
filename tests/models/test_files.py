"""Files that belong together are written all or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from models.errors import OutputError
from models.files import write_together


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
