"""Write files completely or not at all, also when two processes write the same one, and check their paths first."""

import hashlib
import itertools
import os
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import TypeAlias

from models.errors import OutputError

LONGEST_NAME = 255  # bytes, on common file systems
STEM = 40  # characters of the final name that begin the name of a draft, which must not become longer

FileState: TypeAlias = tuple[int, int, int, int]
"""What tells a file from another one under the same name: device, inode, size, time of its last change."""


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """A temporary file beside `path`; it replaces `path` when the block ends and is deleted when the block fails.

    Raises OutputError when `path` cannot be written.
    """
    part = _part(path)
    with output_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        part.open("xb").close()  # exclusively: nobody else's file is written
        try:
            yield part
            sync(part)
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)


def write_new(path: Path, content: bytes) -> None:
    """Write a file that is whole from the start; OutputError when it cannot be written, or is there already."""
    part = _part(path)
    try:
        with output_errors(path), part.open("xb") as file:
            file.write(content)
        with output_errors(path):
            try:
                _rename(part, path)
            except FileExistsError as error:
                raise OutputError(f"cannot write {path}: another program has written a file of this name") from error
    finally:
        part.unlink(missing_ok=True)


def _part(path: Path) -> Path:
    """A temporary name beside `path`, which fits where `path` is as long as a name may be."""
    return path.with_name(f".{path.stem[:STEM]}-{os.getpid()}-{secrets.token_hex(4)}.part{path.suffix}")


@contextmanager
def output_errors(path: Path) -> Iterator[None]:
    """Turn an OSError into an OutputError about `path`."""
    try:
        yield
    except OSError as error:
        raise OutputError(
            f"cannot write {path}: {error.strerror or error}; choose a writable folder with free space"
        ) from error


def check_replaceable(path: Path, *, force: bool) -> None:
    """Raise OutputError when `path` is a folder, or a file that may not be replaced."""
    if path.is_dir():
        raise OutputError(f"cannot write {path}: it is a folder; name a file in it")
    if path.exists() and not force:
        raise OutputError(f"{path} exists already; choose another name, or use --force to replace it")


def file_state(path: Path) -> FileState | None:
    """The state of a file; None where there is none."""
    try:
        state = path.stat()
    except OSError:
        return None
    return state.st_dev, state.st_ino, state.st_size, state.st_mtime_ns


def numbered(path: Path, in_use: Callable[[Path], bool]) -> Path:
    """`path`, or the first of name-2, name-3 ... next to it that is not in use."""
    return next(each for each in _numbered(path) if not in_use(each))


def rename_to_free(file: Path, path: Path, in_use: Callable[[Path], bool] = Path.exists) -> Path:
    """Give `file` the name `path`, or the first of name-2, name-3 ... that is free: no other file is replaced."""
    for each in _numbered(path):
        with suppress(FileExistsError):
            if not in_use(each):
                _rename(file, each)
                return each
    raise AssertionError("the numbers do not end")


def _numbered(path: Path) -> Iterator[Path]:
    """`path`, and name-2, name-3 ..., where a long name is cut off."""
    yield path
    for number in itertools.count(2):
        end = f"-{number}{path.suffix}"
        room = LONGEST_NAME - len(os.fsencode(end))
        stem = os.fsencode(path.stem)
        yield path.with_name((path.stem if len(stem) <= room else stem[:room].decode(errors="ignore")) + end)


def _rename(file: Path, path: Path) -> None:
    """Rename a file; FileExistsError, also where another program takes the name at that moment."""
    if os.name == "nt":
        file.rename(path)  # on Windows this never replaces a file
        return
    try:
        path.hardlink_to(file)
    except FileExistsError:
        raise
    except OSError:  # a file system without hard links
        path.open("xb").close()
        file.replace(path)
    else:
        file.unlink()


def sync(path: Path) -> None:
    """Wait until the content of a file is on the disk."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file atomically; OutputError when it cannot be written."""
    write_together({path: content})


def write_together(contents: Mapping[Path, bytes]) -> None:
    """Write files that belong together: none is replaced before all are on the disk. OutputError as above."""
    with ExitStack() as files:
        for path, content in contents.items():
            files.enter_context(whole_file(path)).write_bytes(content)


@cache
def digest_code(*modules: ModuleType) -> str:
    """SHA-256 of the source of some modules, and of everything in those that are packages, in hexadecimal.

    As a part of cache keys, it makes sure that no cached file outlives the code that wrote it.
    """
    files = (Path(module.__file__ or "") for module in modules)
    sources = (sorted(file.parent.rglob("*.py")) if file.name == "__init__.py" else [file] for file in files)
    return hashlib.sha256(b"".join(path.read_bytes() for each in sources for path in each)).hexdigest()


def digest_file(path: Path) -> str:
    """SHA-256 of a file's content, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
