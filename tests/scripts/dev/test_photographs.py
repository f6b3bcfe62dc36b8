"""Photographs are unpacked into folders with plain names; none is lost."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import cv2

from scripts.dev.photographs.__main__ import prepare, unpack
from scripts.dev.photographs.made import PLAIN
from scripts.dev.photographs.names import CLUTTER, NAMES
from tests.pictures import draw


def test_archives_become_folders_of_plain_names(tmp_path: Path) -> None:
    files = ("caltech/faces/0001.jpg", "caltech/faces_easy/0001.jpg", "caltech/okapi/0003.jpg", "caltech/cup/0001.jpg")
    with tarfile.open(tmp_path / "photos.tar", "w") as tar:
        for name in files:
            info = tarfile.TarInfo(name)
            info.size = len(name)
            tar.addfile(info, io.BytesIO(name.encode()))
    written = unpack(tmp_path / "photos.tar", tmp_path / "out")
    found = {path.relative_to(tmp_path / "out").as_posix(): path.read_text() for path in written}
    assert found == {
        "person's face/faces-0001.jpg": files[0],
        "person's face/faces_easy-0001.jpg": files[1],
        "okapi/okapi-0003.jpg": files[2],
        "cup/cup-0001.jpg": files[3],
    }


def test_pictures_of_nothing_are_added(tmp_path: Path) -> None:
    draw(tmp_path / "set", "cup", 17, (0, 0, 170))
    with tarfile.open(tmp_path / "photos.tar", "w") as tar:
        tar.add(tmp_path / "set", arcname="set")
    prepare([tmp_path / "photos.tar"], output=tmp_path / "out")
    assert len(list((tmp_path / "out" / "cup").iterdir())) == 17
    made = [cv2.imread(str(path)) for path in sorted((tmp_path / "out" / CLUTTER).iterdir())]
    assert len(made) == 2 + PLAIN  # two of 17 photographs are shuffled
    assert all(image is not None and image.shape == (160, 160, 3) for image in made)


def test_names_are_plain_words() -> None:
    assert NAMES["background_google"] == CLUTTER
    assert not [name for name in NAMES.values() if "_" in name or name != name.strip()]
