"""Download a file whose size and SHA-256 are known: resumed after any interruption, checked before it is kept.

What has come so far lies beside the file, in `<file>.part`.
"""

import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPResponse
from pathlib import Path
from typing import TypeAlias

from models.errors import ModelError, OutputError
from models.fetching.request import ELSEWHERE, InterruptedTransferError, UnreachableError, chunks, open_at
from models.files import digest_file, sync

Progress: TypeAlias = Callable[[int], None]
"""Is told how many bytes of the file are there."""

WORTH_GOING_ON = 1 << 12  # bytes: an attempt that brought as many does not count as a failure


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """A file on the web: its address, its size in bytes, and its SHA-256 in hexadecimal."""

    address: str
    size: int
    digest: str


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait for a byte, and before each further attempt, in seconds."""

    timeout: float = 20.0
    pauses: tuple[float, ...] = (1.0, 3.0, 10.0)


PATIENCE = Patience()


def download(remote: RemoteFile, path: Path, progress: Progress, patience: Patience = PATIENCE) -> None:
    """Write the file to `path`, where it is not seen before it is complete and has the right digest.

    Goes on where an earlier download ended. Raises ModelError when the file cannot be had, and OutputError when it
    cannot be written; what has come so far is kept for the next time, unless it is wrong.
    """
    part = path.with_name(f"{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        resumed = 0 < _size(part) <= remote.size
        _complete(remote, part, progress, patience)
        if resumed and digest_file(part) != remote.digest:  # the earlier part was of another file, or damaged
            part.unlink()
            _complete(remote, part, progress, patience)
        if (digest := digest_file(part)) != remote.digest:
            part.unlink()
            raise ModelError(
                f"{remote.address} is another file: its SHA-256 is {digest[:16]}..., expected {remote.digest[:16]}...;"
                f" it was not kept; {ELSEWHERE}"
            )
        sync(part)
        part.replace(path)
    except OSError as error:
        raise OutputError(
            f"cannot write {path}: {error.strerror or error}; free some space or set XDG_CACHE_HOME to another folder,"
            " and run the same command again"
        ) from error


def _complete(remote: RemoteFile, part: Path, progress: Progress, patience: Patience) -> None:
    """Append to `part` until it has the size of the file."""
    if _size(part) > remote.size:
        part.unlink()
    _check_space(remote, part)
    first, failures = _size(part), 0
    while (before := _size(part)) < remote.size:
        try:
            _append(remote, part, progress, patience.timeout)
        except InterruptedTransferError as error:
            if isinstance(error, UnreachableError) and before == first:
                raise ModelError(str(error)) from error
            failures = 1 if _size(part) - before >= WORTH_GOING_ON else failures + 1
            if failures > len(patience.pauses):
                raise _given_up(remote, _size(part), error) from error
            time.sleep(patience.pauses[failures - 1])


def _given_up(remote: RemoteFile, size: int, error: InterruptedTransferError) -> ModelError:
    come = f"{size / 1e6:.1f} of {remote.size / 1e6:.1f} MB have come"
    return ModelError(f"{remote.address} cannot be read: {error}; {come}; run the same command again to go on")


def _check_space(remote: RemoteFile, part: Path) -> None:
    free, missing = shutil.disk_usage(part.parent).free, remote.size - _size(part)
    if free < missing:
        raise OutputError(
            f"cannot write {part}: {free / 1e6:.0f} MB are free, but {missing / 1e6:.0f} MB are still to come;"
            " free some space or set XDG_CACHE_HOME to another folder"
        )


def _append(remote: RemoteFile, part: Path, progress: Progress, timeout: float) -> None:
    """Write what one request brings; InterruptedTransferError when that is less than all."""
    with open_at(remote.address, _size(part), timeout) as response:
        start = _start(remote, response)
        if start not in (0, _size(part)):
            raise InterruptedTransferError(f"it sends from byte {start} instead of {_size(part)}")
        with part.open("ab" if start else "wb") as file:
            for chunk in chunks(response):
                file.write(chunk)
                if file.tell() > remote.size:
                    break
                progress(file.tell())
    if (size := _size(part)) > remote.size:
        part.unlink()
        raise _another_size(remote, f"more than {remote.size:,} bytes")
    if size < remote.size:
        raise InterruptedTransferError("the connection was cut")


def _start(remote: RemoteFile, response: HTTPResponse) -> int:
    """The byte of the file with which the content of `response` begins; ModelError when the file has another size."""
    start, length = 0, response.headers.get("Content-Length", "")
    total = int(length) if length.isdecimal() else None
    if response.status == HTTPStatus.PARTIAL_CONTENT:  # bytes 1000-1999/2000
        span, _, whole = response.headers.get("Content-Range", "").removeprefix("bytes ").partition("/")
        first = span.partition("-")[0]
        start = int(first) if first.isdecimal() else -1
        total = int(whole) if whole.isdecimal() else None
    if total is not None and total != remote.size:
        raise _another_size(remote, f"{total:,} bytes ({response.headers.get_content_type()})")
    return start


def _another_size(remote: RemoteFile, found: str) -> ModelError:
    return ModelError(f"{remote.address} is another file: it has {found}, expected {remote.size:,}; {ELSEWHERE}")


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0
