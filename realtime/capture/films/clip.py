"""Films as a source: video files, videos on a server and animated pictures."""

from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path

from models.errors import SourceError
from realtime.capture.films.picture import Film, Picture
from realtime.capture.source import EndOfSource, Source
from realtime.imaging.frame import Image
from realtime.imaging.reading.names import shown_name


class Clip(Source):
    """A film with an end; with `loop` it is opened again there, which works even for files that cannot seek.

    SourceError when it cannot be played, and at its end when it breaks off there.
    """

    live = False

    def __init__(self, name: str, opener: Callable[[], Film], *, loop: bool = False) -> None:
        self.name = name
        self._opener = opener
        self._loop = loop
        self._ahead: deque[tuple[float, Picture]] = deque()  # when each is shown, in seconds after the first round
        self._fault: SourceError | None = None
        self._end = 0.0
        self._start()
        if not self._look_ahead(1):
            self.close()
            raise self._fault or SourceError(f"{self.name}: there is no picture in it")

    @property
    def next_duration(self) -> float:
        """Seconds for which the next image is shown: until the one after it, which is decoded now."""
        if not self._look_ahead(1):
            return 1 / self.fps
        shown = self._ahead[0][0]
        return (self._ahead[1][0] if self._look_ahead(2) else self._end) - shown

    def read(self) -> Image:
        """Return the next image."""
        return self._next().to_image()

    def skip(self) -> None:
        """Pass over the next image: it is decoded and not converted."""
        self._next()

    def close(self) -> None:
        """Close the file."""
        self._film.close()

    def _start(self) -> None:
        self._film = self._opener()
        self.fps = self._film.fps
        self._pictures: Iterator[Picture] | None = self._film.pictures()
        self._round = self._end

    def _next(self) -> Picture:
        if not self._look_ahead(1):
            raise self._fault or EndOfSource
        return self._ahead.popleft()[1]

    def _look_ahead(self, count: int) -> bool:
        """Decode until `count` pictures wait, or as many as there are; whether there are so many."""
        while len(self._ahead) < count and self._pictures is not None:
            try:
                if (picture := next(self._pictures, None)) is not None:
                    self._add(picture)
                else:
                    self._begin_again()
            except SourceError as error:
                self._film.close()
                self._pictures, self._fault = None, error
        return len(self._ahead) >= count

    def _add(self, picture: Picture) -> None:
        shown = self._round if self._end == self._round else self._round + picture.start
        self._ahead.append((shown, picture))
        self._end = max(shown, self._round + picture.start) + picture.duration

    def _begin_again(self) -> None:
        self._film.close()
        self._pictures = None
        if self._loop:
            self._start()


def open_clip(path: Path, *, loop: bool = False) -> Clip:
    """Open a video file; SourceError when it cannot be played."""
    from realtime.capture.films.decoded_film import open_film  # loads PyAV, which animated pictures do not need

    return Clip(shown_name(path), lambda: open_film(path), loop=loop)
