"""Unpack photographs for `ventral train`, a subfolder for each class.

`python -m scripts.dev.photographs TAR... -o FOLDER`, then `ventral train FOLDER --unlabelled clutter ...`
"""

import tarfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Annotated

import cv2
from cyclopts import Parameter, run

from scripts.dev.photographs.made import made_pictures
from scripts.dev.photographs.names import CLUTTER, NAMES


def prepare(archives: list[Path], *, output: Annotated[Path, Parameter(alias="-o", help="a new folder")]) -> None:
    """Write the pictures of tar archives to folders named in plain words, and add pictures of nothing."""
    photographs = sorted(path for archive in archives for path in unpack(archive, output))
    clutter = output / CLUTTER
    clutter.mkdir(exist_ok=True)
    for number, image in enumerate(made_pictures(photographs)):
        cv2.imwrite(str(clutter / f"made-{number:04d}.png"), image)


def unpack(archive: Path, output: Path) -> Iterator[Path]:
    """Write the pictures `SET/CLASS/NUMBER.jpg` of a tar archive."""
    with tarfile.open(archive) as tar:
        for member in filter(tarfile.TarInfo.isfile, tar):
            file, content = PurePosixPath(member.name), tar.extractfile(member)
            assert content is not None  # it is a regular file
            name = file.parent.name.lower()
            target = output / NAMES.get(name, name) / f"{name}-{file.name}"
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content.read())
            yield target


if __name__ == "__main__":
    run(prepare)
