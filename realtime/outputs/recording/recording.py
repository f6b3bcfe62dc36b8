"""A recording: images in as they come, and at the end a file, or several after a fault."""

from __future__ import annotations

import itertools
import logging
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

from models.errors import OutputError
from models.spec import Hw
from realtime.controls.settings import RECORD_DEFAULTS, RecordSettings
from realtime.imaging.compositing import fit, fitted
from realtime.imaging.frame import Image, hw
from realtime.outputs.recording import paths
from realtime.outputs.recording.film_job import FilmJob
from realtime.outputs.recording.image_writer import ImageWriter
from realtime.outputs.recording.open_writer import open_writer
from realtime.outputs.recording.paths import free_name

log = logging.getLogger(__name__)


MOST_FAULTS = 3  # parts in a row that fail within SHORT, after which a recording ends
SHORT = 1.0  # seconds


class Recording(FilmJob):
    """Writes `images`, each for a number of frames, as they come, and finishes the file.

    The first image decides the size, `largest_hw` at most; others are fitted into it. After a fault, what had been
    written is kept, and the recording goes on in a new file, after a full disk as soon as there is room; `failed` is
    told at once.
    """

    def __init__(  # noqa: PLR0913, what a recording is, and whom it tells
        self,
        path: Path,
        images: Iterable[tuple[Image, int]],
        *,
        fps: float,
        done: Callable[[FilmJob], None],
        failed: Callable[[str], None] = log.error,
        force: bool = False,
        settings: RecordSettings = RECORD_DEFAULTS,
        text: str = "",
        largest_hw: Hw | None = None,
    ) -> None:
        super().__init__(path, done)
        self._largest_hw = largest_hw
        self._images, self._fps, self._failed = iter(images), fps, failed
        self._force, self._settings, self._text = force, settings, text
        self._writer: ImageWriter | None = None
        self._seconds = 0.0  # of the parts before
        self._interrupted = False

    @property
    def seconds(self) -> float:
        """The length that has been written."""
        return self._seconds + self._length

    @property
    def size(self) -> int:
        """The bytes of the present file, as far as they can be estimated."""
        return self._writer.size if self._writer is not None else 0

    @property
    def progress(self) -> float:
        """How much of a GIF or a WebP is made."""
        return self._writer.progress if self._writer is not None else 0.0

    @property
    def note(self) -> str:
        """What there is to know of the finished file."""
        return self._writer.note if self._writer is not None else ""

    def give_up_encoding(self) -> None:
        """Keep what is encoded, if anything is left to encode: an encoder may be as slow as it likes."""
        self._interrupted = True
        if self._writer is not None:
            self._writer.give_up_encoding()

    def interrupt(self) -> None:
        """Keep what can be kept at once; a GIF stays the MP4 that it would be made from."""
        self._interrupted = True
        if self._writer is not None:
            self._writer.interrupt()

    def end_conversion(self) -> None:
        """In a signal: end a conversion. An encoder ends by itself, and keeps all that it was given."""
        if self._writer is not None:
            self._writer.end_conversion()

    def _write(self) -> None:
        """Write one file after another, until one is whole."""
        first = next(self._images, None)
        if first is None:
            raise OutputError(f"{self.path} was not written: no canvas was drawn")
        size_hw, failures = self._size_hw(hw(first[0])), 0
        while first is not None:
            try:
                self._write_file(first, size_hw)
            except OutputError as error:
                failures = failures + 1 if self._length < SHORT else 0
                self._fail(error, last=failures == MOST_FAULTS or self._interrupted)
            else:
                self.saved = True
                break
            first = self._next_with_room()
            self.path = self.path if first is None else free_name(self.requested)
        if self._faults and self.saved:
            self._faults.append(f"the rest, {self._length:.1f} s, is in {self.path}")

    def _size_hw(self, image_hw: Hw) -> Hw:
        """The size for a first image; the largest one is turned for an upright image."""
        if self._largest_hw is None:
            return image_hw
        largest_hw = self._largest_hw if image_hw[1] >= image_hw[0] else self._largest_hw[::-1]
        return min(image_hw, fitted(image_hw, largest_hw))

    def _next_with_room(self) -> tuple[Image, int] | None:
        """The next image, or the first one after which the folder is there again and has room."""
        folder = self.requested.parent
        return next((each for each in self._images if folder.is_dir() and paths.has_room(folder)), None)

    def _write_file(self, first: tuple[Image, int], size_hw: Hw) -> None:
        force = self._force and self.path == self.requested
        self._writer = open_writer(
            self.path, fps=self._fps, size_wh=size_hw[::-1], force=force, settings=self._settings, text=self._text
        )
        try:
            shown: Image | None = None
            for image, frames in itertools.chain([first], self._images):
                if image is not shown:
                    self._writer.write(fit(image, size_hw))
                self._writer.hold(frames - (image is not shown))
                shown = image
        except BaseException:
            with suppress(OutputError):  # the first error says more
                self._writer.close()
            raise
        else:
            self._writer.close()
        finally:
            self.path = self._writer.path

    @property
    def _length(self) -> float:
        """The seconds that the present file has taken."""
        return self._writer.frames / self._fps if self._writer is not None else 0.0

    def _fail(self, error: OutputError, *, last: bool) -> None:
        """Note and tell why a file ended; raise the error where there is to be no other."""
        if last:
            raise error
        self._faults.append(str(error))
        self._failed(str(error))
        self._seconds += self._length
        self._writer = None
