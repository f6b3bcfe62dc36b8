"""Still pictures as a source: one file, or the files of a folder in natural order."""

import logging
import os
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from models.errors import SourceError
from realtime.capture.source import EndOfSource, Source, SourceKind, SourceOptions
from realtime.imaging.frame import Image
from realtime.imaging.reading.folder import list_pictures
from realtime.imaging.reading.names import shown_name
from realtime.imaging.reading.open_picture import is_picture_file
from realtime.imaging.reading.read_picture import read_picture

log = logging.getLogger(__name__)


class Pictures(Source):
    """Pictures in order, each repeated `hold` times; with `loop` they are listed again after the last.

    A damaged picture is skipped, with a warning in the log. SourceError when none can be read.
    """

    live = False
    fps = 30.0

    def __init__(
        self, name: str, list_paths: Callable[[], Sequence[Path]], *, loop: bool = False, hold: int = 1
    ) -> None:
        self.name = name
        self._list_paths, self._paths = list_paths, list_paths()
        self._good = 0  # pictures that were read
        self._warnings = set[str]()
        self._loop = loop
        self._hold = hold
        self._index = 0
        self._repeats = 0
        self._image: Image | None = self._load()

    def read(self) -> Image:
        """Return the current picture, or the next one after `hold` reads."""
        self.skip()
        if self._image is None:
            self._image = self._load()
        return self._image

    def skip(self) -> None:
        """Count a read of the current picture; files that are skipped entirely are not read."""
        if self._repeats == self._hold:
            self._advance()
        self._repeats += 1

    def _advance(self) -> None:
        """Go to the next file."""
        self._index, self._repeats = self._index + 1, 0
        if self._index == len(self._paths):
            self._rewind()
        if len(self._paths) > 1:
            self._image = None

    def _rewind(self) -> None:
        if not self._loop:
            self._index, self._repeats = self._index - 1, self._hold
            raise EndOfSource
        self._index, self._paths = 0, self._list_paths()

    def _load(self) -> Image:
        """Read the current picture, or the next good one."""
        reason, given = "", len(self._paths)
        for _ in range(given):
            try:
                image = read_picture(self._paths[self._index])
            except SourceError as error:
                reason = str(error)
                self._warn(reason)
            else:
                self._good += 1
                return image
            self._index += 1
            if self._index == len(self._paths) and (self._loop or self._good):
                self._rewind()
        raise SourceError(reason if given == 1 else f"cannot read any of the {given} pictures in {self.name}: {reason}")

    def _warn(self, reason: str) -> None:
        """Say once that a picture is skipped."""
        if len(self._paths) > 1 and reason not in self._warnings:
            self._warnings.add(reason)
            log.warning("skipped %s", reason)


def open_pictures(path: Path, *, loop: bool = False, hold: int = 1) -> Pictures:
    """One picture file, or the pictures of a folder."""
    if path.is_file():
        return Pictures(shown_name(path), lambda: [path], loop=loop, hold=hold)
    return Pictures(shown_name(path.resolve()), partial(list_pictures, path), loop=loop, hold=hold)


def _open(text: str, options: SourceOptions) -> Pictures:
    return open_pictures(Path(text), loop=options.loop, hold=options.hold)


PICTURE = SourceKind(expected="a picture", matches=is_picture_file, open=_open, stands_still=True)
PICTURE_FOLDER = SourceKind(expected="a folder of pictures", matches=os.path.isdir, open=_open, stands_still=True)
