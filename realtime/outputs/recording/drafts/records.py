"""The records of a user's drafts, one file each: a file without a record is somebody else's, and is never touched."""

import json
import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

import platformdirs

from models.files import write_atomically


@dataclass(frozen=True, slots=True)
class Record:
    """A draft at `part`, which becomes `path`; `inode` tells it from another file of that name.

    It is written for the file `claim`: that is `path`, unless the draft is only on the way to another file.
    """

    part: str
    path: str
    inode: int
    claim: str

    @property
    def file(self) -> Path:
        """The file of this record."""
        return _folder() / f"{Path(self.part).stem.rpartition('-')[2]}.json"

    def add(self) -> None:
        """Write the record; without it, where it cannot be written, a draft is not found again after a crash."""
        with suppress(OSError):
            self.file.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(self.file, json.dumps(asdict(self)).encode())

    def forget(self) -> None:
        """Delete the record."""
        with suppress(OSError):
            self.file.unlink(missing_ok=True)

    def matches(self, state: os.stat_result) -> bool:
        """Whether that is the state of the draft: a regular file, the one that was made."""
        return stat.S_ISREG(state.st_mode) and state.st_ino == self.inode


def records_in(folder: Path) -> list[Record]:
    """The records of the drafts in a folder; those of drafts that are gone from it are deleted."""
    if not folder.is_dir():
        return []
    found = []
    for record in _all_records():
        if Path(record.part).parent == folder.resolve():
            if _is_there(record):
                found.append(record)
            else:
                record.forget()
    return found


def _all_records() -> Iterator[Record]:
    for file in sorted(_folder().glob("*.json")):
        with suppress(OSError, ValueError, TypeError):
            content = json.loads(file.read_bytes())
            yield Record(**{"claim": content["path"], **content})


def _is_there(record: Record) -> bool:
    try:
        return record.matches(os.lstat(record.part))
    except OSError:
        return False


def _folder() -> Path:
    return platformdirs.user_state_path("ventral", appauthor=False) / "drafts"
