"""Bring a network of the ONNX model zoo onto this machine, with its labels and what is known about its input."""

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from models.errors import SettingError
from models.fetching.download import PATIENCE, Patience, Progress, RemoteFile, download
from models.files import digest_file, output_errors, write_atomically
from models.importing.overrides import NO_OVERRIDES, recall, remember
from models.onnx_zoo import HOME, ZooFile, fetched_path, labels_asset

MIRROR = "VENTRAL_MIRROR"
"""The environment variable with another address than HOME, below which the zoo's files have the same paths."""

log = logging.getLogger(__name__)


def fetch(network: ZooFile, progress: Progress, patience: Patience = PATIENCE) -> bool:
    """Download `network` unless it is here, and record its labels and its input beside it; whether it was downloaded.

    Two processes may fetch the same network: the second one waits. Raises ModelError, OutputError or SettingError.
    """
    path = fetched_path(network.name)
    with _alone(path):
        missing = not (path.exists() and digest_file(path) == network.digest)
        if missing:
            download(RemoteFile(_address(network), network.size, network.digest), path, progress, patience)
        labels = path.with_name("imagenet.txt")
        if not labels.exists():
            write_atomically(labels, labels_asset().read_bytes())
        if missing or recall(path, network.digest) == NO_OVERRIDES:
            remember(path, network.digest, network.overrides(labels))
    return missing


def _address(network: ZooFile) -> str:
    home = os.environ.get(MIRROR) or HOME
    if not home.startswith(("https://", "http://")):
        raise SettingError(f"{MIRROR} takes an address such as {HOME}, but is '{home}'")
    return f"{home.rstrip('/')}/{network.path}"


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Hold a lock that the system releases when a process ends, whichever way."""
    with output_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(path.with_name(f".{path.stem}.lock"))
        try:
            lock.acquire(timeout=0)
        except Timeout:
            log.info("waiting for another process that fetches %s", path.stem)
            lock.acquire()
    try:
        yield
    finally:
        lock.release()
