"""A file that is being written beside its final name, which it gets when it is whole."""

from __future__ import annotations

import os
import secrets
import shutil
import sys
from contextlib import suppress
from pathlib import Path
from typing import IO, Self

from models.errors import OutputError
from models.files import STEM, FileState, file_state, output_errors, rename_to_free
from realtime.outputs.recording.drafts.records import Record, records_in

GONE = "its draft was deleted or replaced"
MARK = ".ventral-part"  # part of the name of every draft, for people who find one

_NO_LINK = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


class Draft:
    """A file that is being written at `part`, to be published as `path`, or discarded.

    Its name cannot be guessed, so that nobody can lay a link in its place. It is locked while this process or a child
    that inherits `handles` runs, which tells it from the draft of a killed process. Publishing replaces the file that
    `path` was in the state `replaces`, and no other.

    A file may need several drafts: the first is made for the file `claim`, and the others are `of` the first.
    """

    def __init__(
        self, path: Path, *, replaces: FileState | None = None, claim: Path | None = None, of: Draft | None = None
    ) -> None:
        """Create the file; OutputError when that fails, or when others are writing the file that it is for."""
        self.path, self.replaces = path, replaces
        self._claim: str = _absolute(claim or path) if of is None else of._claim
        if of is None and self._claim in _claims(path.parent):
            raise OutputError(f"{claim or path} is being written already; wait for it or choose another name")
        self._create()

    @classmethod
    def reopen(cls, record: Record) -> Self:
        """The draft that a killed process has left; OutputError where it is gone, or being written."""
        self = cls.__new__(cls)
        self.path, self.part, self._record = Path(record.path), Path(record.part), record
        self.replaces, self._claim = None, record.claim
        with output_errors(self.part):
            self._file = os.fdopen(os.open(record.part, os.O_RDWR | _NO_LINK), "r+b")
        if not self.intact or not _lock(self._file):
            self._file.close()
            raise OutputError(f"{self.part} is not an abandoned draft")
        return self

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            self.publish()
        else:
            self.discard()

    @property
    def handles(self) -> tuple[int, ...]:
        """The file descriptor with the lock, for a child process to inherit."""
        return () if sys.platform == "win32" else (self._file.fileno(),)

    @property
    def descriptor(self) -> int:
        """The open file, for a writer in this process."""
        return self._file.fileno()

    @property
    def intact(self) -> bool:
        """Whether the file is there: somebody may have deleted it, or laid another in its place.

        Where the folder was renamed, `part` and `path` are in the new one from then on.
        """
        return self._is_at(self.part) or self._has_moved()

    def restore(self) -> None:
        """Write a file that somebody has deleted anew, from what is still open; OutputError when that fails."""
        if self.intact:
            return
        with self._file as lost:
            self._record.forget()
            self._create()
            with output_errors(self.part):
                lost.seek(0)
                shutil.copyfileobj(lost, self._file)
                self._file.flush()

    def publish(self) -> Path:
        """Flush the file to the disk and give it its final name, or the next free one, which is returned."""
        with output_errors(self.path):
            os.fsync(self._file.fileno())
            self._close_on_windows()
            if self.replaces is not None and file_state(self.path) == self.replaces:
                self.part.replace(self.path)
                final = self.path
            else:
                others = _claims(self.path.parent) - {self._claim}
                final = rename_to_free(self.part, self.path, lambda path: path.exists() or _absolute(path) in others)
        self.leave()
        self._record.forget()
        return final

    def discard(self) -> None:
        """Delete the file."""
        intact = self.intact
        self._close_on_windows()
        if intact:
            with suppress(OSError):
                self.part.unlink()
        self.leave()
        self._record.forget()

    def leave(self) -> None:
        """Leave the file as it is, unlocked."""
        self._file.close()

    def _is_at(self, path: Path) -> bool:
        try:
            return self._record.matches(os.lstat(path)) and self._record.matches(os.fstat(self._file.fileno()))
        except OSError:
            return False

    def _has_moved(self) -> bool:
        """Note where the file is now, which Linux knows; False where it is nowhere."""
        try:
            place = Path(f"/proc/self/fd/{self._file.fileno()}").readlink()
        except OSError:
            return False
        if not self._is_at(place):
            return False
        self.part, self.path = place, place.with_name(self.path.name)
        return True

    def _create(self) -> None:
        part = self.path.with_name(f"{self.path.stem[:STEM]}{MARK}-{secrets.token_hex(8)}{self.path.suffix}")
        with output_errors(self.path):
            self._file = os.fdopen(os.open(part, os.O_RDWR | os.O_CREAT | os.O_EXCL | _NO_LINK, 0o666), "r+b")
        _lock(self._file)
        self.part = part
        inode = os.fstat(self._file.fileno()).st_ino
        self._record = Record(_absolute(part), _absolute(self.path), inode, self._claim)
        self._record.add()

    def _close_on_windows(self) -> None:
        """Windows can neither rename nor delete an open file."""
        if sys.platform == "win32":
            self._file.close()


def _absolute(path: Path) -> str:
    return str(path.parent.resolve() / path.name)


def _claims(folder: Path) -> set[str]:
    """The files in a folder that are being written."""
    return {each.claim for each in records_in(folder) if _in_use(each)}


def _in_use(record: Record) -> bool:
    """Whether a process is writing a draft."""
    try:
        with os.fdopen(os.open(record.part, os.O_RDWR | _NO_LINK), "r+b") as file:
            return not _lock(file)
    except OSError:
        return False


if sys.platform == "win32":

    def _lock(_file: IO[bytes]) -> bool:
        """On Windows an open file can be neither renamed nor deleted, which is lock enough."""
        return True

else:
    import fcntl

    def _lock(file: IO[bytes]) -> bool:
        """Lock the file; whether this process has it now. Where the file system has no locks, nobody has."""
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True
