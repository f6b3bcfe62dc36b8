"""The values of a show in a file, with which the next one begins: after a crash it goes on as it was."""

import json
import logging
import time
from concurrent.futures import Future, ThreadPoolExecutor, wait
from pathlib import Path
from typing import Self

from models.errors import OutputError, SettingError
from models.files import write_atomically
from realtime.controls.controls import Controls
from realtime.controls.read_preset import read_preset
from realtime.controls.value import Scalar

log = logging.getLogger(__name__)

ALWAYS = ("show/view", "show/layer")  # what a show without a choice does not begin with
PERIOD = 1.0  # seconds between two writes


class ResumeFile:
    """Keeps `path`, a preset, up to date; the main thread calls `turn`, and a thread of its own writes."""

    def __init__(self, path: Path, controls: Controls) -> None:
        self._path, self._controls = path, controls
        self._writer = ThreadPoolExecutor(1, "resume")
        self._writing: Future[None] | None = None
        self._due, self._version = 0.0, -1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._writing is not None:
            wait([self._writing])
        self._due = 0.0
        self.turn()
        self._writer.shutdown()

    def turn(self) -> None:
        """Write what has changed, at most once a second."""
        now, version = time.monotonic(), self._controls.snapshot().version
        if now < self._due or version == self._version or (self._writing and not self._writing.done()):
            return
        self._due, self._version = now + PERIOD, version
        values, chosen = self._controls.state()
        kept = {path: value for path, value in values.items() if path in chosen or path in ALWAYS}
        self._writing = self._writer.submit(self._write, as_preset(kept))

    def _write(self, text: str) -> None:
        try:
            write_atomically(self._path, text.encode())
        except OutputError as error:
            log.warning("%s", error)


def resume(path: Path, controls: Controls) -> None:
    """Set the values that a show has left in `path`; a file that is missing or damaged is passed over."""
    if not path.exists():
        return
    before, kept = controls.state(), dict[str, Scalar]()
    try:
        for name, value in read_preset(str(path)):
            controls.set(name, value)
            kept[name] = controls.value(name)
    except SettingError as error:
        log.warning("%s", error)
        controls.restore(before)
        return
    values, chosen = controls.state()
    controls.restore(({**values, **kept}, chosen | kept.keys()))  # a rule may have changed one that was set before


def as_preset(values: dict[str, Scalar]) -> str:
    """Values by path as a TOML file with a table per group."""
    groups: dict[str, list[str]] = {}
    for path, value in sorted(values.items()):
        group, _, name = path.partition("/")
        groups.setdefault(group, []).append(f"{name} = {json.dumps(value)}")  # for these types TOML is JSON
    return "\n".join(f"[{group}]\n" + "\n".join(lines) + "\n" for group, lines in groups.items())
