"""Reads takes: a film whose pictures come with the values that the show had.

The file may come from a stranger: nothing in it is run, its text is limited, and its values are checked where they are
set. It cannot name other files.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias

import av
from av.packet import Packet
from av.video.stream import VideoStream

from models.errors import SourceError
from realtime.capture.films.clip import Clip
from realtime.capture.films.container import read_container, video_stream
from realtime.capture.films.convert import Converter
from realtime.capture.films.film_file import FilmFile
from realtime.capture.films.picture import Picture
from realtime.imaging.frame import Image
from realtime.imaging.reading.names import shown_name
from realtime.saved_settings.show_record import ShowRecord, Values
from realtime.takes.take_file import MILLISECOND, TAG, Line

LONGEST = 1_000_000  # bytes of a line

Show: TypeAlias = Callable[[Values], None]
"""Called with the values in force before a picture is shown, the same object until something changes."""


class TakeFilm:
    """The pictures of an open take; SourceError when it is none, or damaged."""

    def __init__(self, path: Path, show: Show) -> None:
        self._name, self._show = shown_name(path), show
        self._file = FilmFile(path)
        self._container = read_container(self._file, self._name)
        self._video = video_stream(self._container, self._name)
        self._texts = self._container.streams.subtitles
        try:
            self.start = ShowRecord.from_json(self._container.metadata[TAG])
        except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
            self.close()
            raise SourceError(f"{self._name} is not a take; expected a file that ventral --log has written") from error
        self.fps = self.start.fps

    def pictures(self) -> Iterator[Picture]:
        """The pictures in order; SourceError after the last one when the rest is damaged."""
        count, converter = 0, Converter(self._name, None)
        for time, frame, values in self._frames():
            count += 1
            yield Picture(time, 1 / self.fps, partial(self._image, converter, frame, values))
        if not count:
            raise SourceError(f"{self._name}: not one picture in it can be decoded")

    def close(self) -> None:
        """Close the file."""
        self._container.close()
        self._file.close()

    def _image(self, converter: Converter, frame: av.VideoFrame, values: Values) -> Image:
        self._show(values)
        return converter.image(frame)

    def _frames(self) -> Iterator[tuple[float, av.VideoFrame, Values]]:
        """The frames with their times in seconds, and the values from then on."""
        values = latest = self.start.values
        coming: deque[tuple[int, Values]] = deque()  # from which time on, in milliseconds
        for packet in self._packets():
            if packet.stream is not self._video:
                for change in self._line(bytes(packet)).changes:
                    latest = {**latest, **change.values}
                    coming.append((packet.pts or 0, latest))
                continue
            for frame in self._decode(packet):
                while coming and coming[0][0] <= (frame.pts or 0):
                    _, values = coming.popleft()
                yield (frame.pts or 0) * float(MILLISECOND), frame, values

    def _packets(self) -> Iterator[Packet[Any]]:
        """The packets of the film and of its text; a take of a killed show ends without an end."""
        try:
            for packet in self._container.demux(self._video, *self._texts[:1]):
                if packet.size or packet.stream is self._video:  # the last one, which is empty, ends the decoder
                    yield packet
        except (av.FFmpegError, IndexError) as error:
            raise SourceError(f"{self._name}: the rest of the take is missing or damaged") from error

    def _decode(self, packet: Packet[VideoStream]) -> list[av.VideoFrame]:
        try:
            return self._video.decode(packet)
        except av.FFmpegError:
            return []

    def _line(self, text: bytes) -> Line:
        try:
            if len(text) > LONGEST:
                raise ValueError("too long")
            return Line.from_json(text)
        except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
            raise SourceError(f"{self._name}: the text beside a picture is damaged") from error


def read_start(path: Path) -> ShowRecord:
    """How the show of a take began; SourceError when the file is no take."""
    film = TakeFilm(path, lambda values: None)
    film.close()
    return film.start


def open_take(path: Path, show: Show) -> Clip:
    """A take as a source, which tells `show` the values before each picture that is shown."""
    return Clip(shown_name(path), lambda: TakeFilm(path, show))
