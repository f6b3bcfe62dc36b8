"""One film in the making on a thread of its own: images in, and at the end a file or a fault."""

from __future__ import annotations

import itertools
import logging
import threading
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

from models.errors import OutputError, VentralError
from realtime.controls.settings import GIF_MAX_MB
from realtime.imaging.compositing import fit
from realtime.imaging.frame import Image, hw
from realtime.outputs.recording.image_writer import ImageWriter
from realtime.outputs.recording.open_writer import open_writer

log = logging.getLogger(__name__)


class Recording:
    """Writes `images`, as they come, to `path`, finishes the file, and calls `done` with itself.

    The first image decides the size; others are fitted into it. Nothing is raised: `fault` says what went wrong, and
    what had been written until then is kept.
    """

    def __init__(
        self,
        path: Path,
        images: Iterable[Image],
        *,
        fps: float,
        done: Callable[[Recording], None],
        force: bool = False,
        gif_max_mb: float = GIF_MAX_MB,
    ) -> None:
        self.path = path
        self.fault = ""
        self._images, self._fps, self._done = iter(images), fps, done
        self._open = partial(open_writer, path, fps=fps, force=force, gif_max_mb=gif_max_mb)
        self._writer: ImageWriter | None = None
        self._thread = threading.Thread(target=self._run, name=f"recording {path.name}", daemon=True)

    @property
    def seconds(self) -> float:
        """The length that has been written."""
        return self._writer.frames / self._fps if self._writer is not None else 0.0

    @property
    def note(self) -> str:
        """What there is to know of the finished file."""
        return self._writer.note if self._writer is not None else ""

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def join(self, timeout: float) -> bool:
        """Wait until it is finished; whether it is."""
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def interrupt(self) -> None:
        """Keep what can be kept at once; a GIF stays the MP4 that it would be made from."""
        if self._writer is not None:
            self._writer.interrupt()

    def _run(self) -> None:
        try:
            self._write()
        except VentralError as error:
            self.fault = str(error)
        except Exception as error:
            log.exception("the recording of %s failed", self.path)
            self.fault = f"{self.path} failed: {error}"
        self._done(self)

    def _write(self) -> None:
        first = next(self._images, None)
        if first is None:
            raise OutputError(f"{self.path} was not written: no canvas was drawn")
        size_hw = hw(first)
        self._writer = self._open(size_wh=size_hw[::-1])
        try:
            for image in itertools.chain([first], self._images):
                self._writer.write(fit(image, size_hw))
        finally:
            self._writer.close()
