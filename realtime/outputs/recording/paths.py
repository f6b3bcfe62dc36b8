"""Output paths: checks before work starts, and free names."""

import re
import shutil
import tempfile
import time
from collections.abc import Collection
from pathlib import Path

from models.errors import OutputError
from models.files import check_replaceable, numbered, output_errors

SUFFIXES = (".mp4", ".gif", ".webm", ".webp", ".png", ".json")
MIN_FREE_AT_START = 1_000_000_000  # free bytes required to start writing
MIN_FREE = 500_000_000  # free bytes required while writing


_NUMBER = re.compile(r"%(?:0[1-9])?d")


def is_sequence(path: Path) -> bool:
    """Whether a path names a sequence of PNG files: it has one number, as in film-%05d.png."""
    parts = _NUMBER.split(path.name)
    return path.suffix.lower() == ".png" and len(parts) == 2 and "%" not in "".join(parts)


def part_of_sequence(path: Path) -> Path | None:
    """A file of a sequence that is there already."""
    name = re.compile(r"\d+".join(re.escape(each) for each in _NUMBER.split(path.name)))
    return next((each for each in sorted(path.parent.glob("*")) if name.fullmatch(each.name)), None)


def free_name(path: Path) -> Path:
    """`path`, or the first of name-2, name-3 ... under which nothing has been recorded."""
    return numbered(path, lambda each: bool(part_of_sequence(each)) if is_sequence(each) else each.exists())


def free_bytes(folder: Path) -> int:
    """Free bytes on the disk of a folder; OutputError where it is gone."""
    with output_errors(folder):
        return shutil.disk_usage(folder).free


def has_room(folder: Path) -> bool:
    """Whether there is room enough in a folder to start writing."""
    return free_bytes(folder) >= MIN_FREE_AT_START


def check_writable(
    path: Path, *, force: bool = False, suffixes: Collection[str] = SUFFIXES, room: int = MIN_FREE_AT_START
) -> Path:
    """Return `path` if it can be written; raise OutputError with the reason otherwise, before any work is lost.

    `room` is the free bytes that its disk must have.
    """
    if path.suffix.lower() not in suffixes:
        raise OutputError(f"cannot write {path}: its name must end in {' or '.join(suffixes)}")
    check_folder(path.parent, room)
    check_replaceable(path, force=force)
    return path


def check_folder(folder: Path, room: int = MIN_FREE_AT_START) -> None:
    """Raise OutputError where nothing can be written to a folder, or less than `room` bytes."""
    if not folder.is_dir():
        raise OutputError(f"cannot write to {folder}: there is no such folder; create it or choose another")
    with output_errors(folder), tempfile.TemporaryFile(dir=folder):  # os.access is always true for root
        free = free_bytes(folder)
    if free < room:
        raise OutputError(f"cannot write to {folder}: only {free / 1e6:.0f} MB are free, but 1000 MB are needed")


def new_path(folder: Path, suffix: str, *, in_use: Collection[Path] = ()) -> Path:
    """A new name with the current time, such as ventral-20261120-101530.gif, that is not in `in_use`."""
    stems = {each.stem for each in in_use}
    first = folder / f"ventral-{time.strftime('%Y%m%d-%H%M%S')}{suffix}"
    return numbered(first, lambda path: path.stem in stems or any(folder.glob(f"{path.stem}.*")))
