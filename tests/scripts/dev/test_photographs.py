"""Photographs are unpacked into folders with plain names; none is lost."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

from scripts.dev.photographs.__main__ import unpack
from scripts.dev.photographs.names import CLUTTER, NAMES


def test_archives_become_folders_of_plain_names(tmp_path: Path) -> None:
    files = ("caltech/faces/0001.jpg", "caltech/faces_easy/0001.jpg", "caltech/okapi/0003.jpg", "caltech/cup/0001.jpg")
    with tarfile.open(tmp_path / "photos.tar", "w") as tar:
        for name in files:
            info = tarfile.TarInfo(name)
            info.size = len(name)
            tar.addfile(info, io.BytesIO(name.encode()))
    unpack([tmp_path / "photos.tar"], output=tmp_path / "out")
    found = {path.relative_to(tmp_path / "out").as_posix(): path.read_text() for path in tmp_path.rglob("*.jpg")}
    assert found == {
        "person's face/faces-0001.jpg": files[0],
        "person's face/faces_easy-0001.jpg": files[1],
        "okapi/okapi-0003.jpg": files[2],
        "cup/cup-0001.jpg": files[3],
    }


def test_names_are_plain_words() -> None:
    assert NAMES["background_google"] == CLUTTER
    assert not [name for name in NAMES.values() if "_" in name or name != name.strip()]
