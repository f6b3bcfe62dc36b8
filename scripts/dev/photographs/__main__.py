"""Unpack photographs for `ventral train`, a subfolder for each class.

`python -m scripts.dev.photographs TAR... -o FOLDER`
"""

import tarfile
from pathlib import Path, PurePosixPath
from typing import Annotated

from cyclopts import Parameter, run

from scripts.dev.photographs.names import NAMES


def unpack(archives: list[Path], *, output: Annotated[Path, Parameter(alias="-o", help="a new folder")]) -> None:
    """Write the pictures `SET/CLASS/NUMBER.jpg` of tar archives to folders named in plain words."""
    for archive in archives:
        with tarfile.open(archive) as tar:
            for member in filter(tarfile.TarInfo.isfile, tar):
                file, content = PurePosixPath(member.name), tar.extractfile(member)
                assert content is not None  # it is a regular file
                target = output / NAMES.get(file.parent.name, file.parent.name) / f"{file.parent.name}-{file.name}"
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(content.read())


if __name__ == "__main__":
    run(unpack)
