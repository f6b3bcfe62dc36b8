"""A take that is being written as a draft: it gets its name when it is whole, or as much as there is after a fault."""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path

from models.errors import OutputError
from models.files import FileState
from realtime.imaging.frame import Image, hw
from realtime.outputs.recording import paths
from realtime.outputs.recording.drafts.draft import GONE, Draft
from realtime.saved_settings.show_record import ShowRecord
from realtime.takes.take_file import Line
from realtime.takes.take_writer import TakeWriter

CHECK = 1.0  # seconds between two looks at the disk


class TakeDraft:
    """Writes a take that is to become `path`; `image` is its first picture.

    Methods raise OutputError; after one of `write` or `finish`, `rescue` keeps what there is.
    """

    def __init__(self, path: Path, image: Image, start: ShowRecord, *, replaces: FileState | None) -> None:
        self.path = path
        self.seconds = 0.0
        self._lines = 0
        self._checked = time.monotonic()
        self._draft = Draft(path, replaces=replaces)
        try:
            size_wh = hw(image)[::-1]
            self._writer = TakeWriter(self._draft.descriptor, start.to_json(), size_wh=size_wh, fps=start.fps)
        except OutputError as error:
            self._draft.discard()
            raise OutputError(f"{path} was not written: {error}") from error

    def write(self, image: Image, line: Line) -> None:
        """Append a picture and its line."""
        self._check()
        self._writer.write(image, line)
        self.seconds = line.time
        self._lines += 1

    def finish(self) -> str:
        """Finish the file and give it its name; its length and size, in words."""
        self._writer.close()
        size = self._draft.part.stat().st_size / 1e6
        self.path = self._draft.publish()
        return f"{self.path}, {self.seconds:.1f} s, {size:.0f} MB"

    def rescue(self, reason: str) -> str:
        """Keep what was written under a free name; what there is to say about it, with the reason."""
        with suppress(OutputError):
            self._writer.close()
        with suppress(OutputError):
            self._draft.restore()
        self._draft.replaces = None  # half a take is no reason to replace a whole one
        if not self._lines:
            self._draft.discard()
            return f"{self.path} was lost: {reason}"
        try:
            saved = self._draft.publish()
        except OutputError as error:
            self._draft.leave()
            return f"{self.path} was not finished: {reason}; {error}; what there is of it is in {self._draft.part}"
        return f"{self.path} was not finished: {reason}; the first {self.seconds:.1f} s are in {saved}"

    def _check(self) -> None:
        """Once a second: whether the file is still there, and whether there is room for more."""
        now = time.monotonic()
        if now - self._checked < CHECK:
            return
        self._checked = now
        if not self._draft.intact:
            raise OutputError(GONE)
        free = paths.free_bytes(self._draft.part.parent)
        if free < paths.MIN_FREE:
            raise OutputError(f"only {free / 1e6:.0f} MB are free on its disk")
