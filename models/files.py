"""Write files completely or not at all, also when two processes write the same one, and check their paths first."""

import hashlib
import os
import secrets
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path
from types import ModuleType

from models.errors import OutputError


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """A temporary file beside `path`; it replaces `path` when the block ends and is deleted when the block fails.

    Raises OutputError when `path` cannot be written.
    """
    part = path.with_name(f".{path.stem}-{os.getpid()}-{secrets.token_hex(4)}.part{path.suffix}")
    with output_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            yield part
            sync(part)
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)


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
