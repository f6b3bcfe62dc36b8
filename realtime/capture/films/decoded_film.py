"""A film that PyAV decodes: its pictures with their true times, and whether it ends where it should."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import av
from av.container import InputContainer
from av.format import Flags
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from models.errors import SourceError
from realtime.capture.films.container import EXPECTED, read_container, video_stream
from realtime.capture.films.convert import Converter
from realtime.capture.films.cut_off import is_cut_off
from realtime.capture.films.film_file import FilmFile
from realtime.capture.films.picture import Picture
from realtime.capture.films.timeline import LONGEST, Timeline
from realtime.imaging.reading.names import shown_name

FPS = 30.0  # the frame rate where it is unknown
GRID = 60.0  # pictures per second that are enough for times that follow no rate


class DecodedFilm:
    """The pictures of an open container, read from `file` or the network; `cut_off` says that the file is too short.

    Packets that cannot be decoded are passed over. Pictures are decoded by threads of FFmpeg in this process. A process
    of its own would cost 0.2 s at the start, 1 ms for each picture of 1280x720 and 120 MB, and of 7,000 films that were
    broken at random none would have needed it (docs/performance.md).
    """

    def __init__(
        self, name: str, container: InputContainer, file: FilmFile | None = None, *, cut_off: bool = False
    ) -> None:
        self._name = name
        self._container = container
        self._file = file
        self._stream = video_stream(container, name)
        self._stream.thread_type = "AUTO"
        self.fps = frame_rate(self._stream)
        self._rest_missing = cut_off

    def pictures(self) -> Iterator[Picture]:
        """Decode the pictures in the order in which they are shown.

        SourceError when there are none, and after the last one when the film breaks off there.
        """
        timeline, count = self._timeline(), 0
        converter = Converter(self._name, self._stream.sample_aspect_ratio)
        for frame in self._frames():
            count += 1
            start = timeline.start(frame)
            yield Picture(start, timeline.last_duration(frame, start), partial(converter.image, frame))
        if not count:
            raise SourceError(f"{self._name}: not one picture in it can be decoded: {EXPECTED}")
        if self._rest_missing and not 0 < self._stream.frames <= count:  # as many as an index says are all
            raise SourceError(f"{self._name}: the video ends after {count} frames: the rest is missing or damaged")

    def close(self) -> None:
        """Close the container and its file."""
        self._container.close()
        if self._file is not None:
            self._file.close()

    def _frames(self) -> Iterator[VideoFrame]:
        """The frames of all packets, then those that the decoder still holds."""
        for packet in self._packets():
            yield from self._decode(packet)
        yield from self._decode(None)

    def _packets(self) -> Iterator[Packet[VideoStream]]:
        """The packets of the video; the rest is missing where the last one is incomplete, or an error ends them."""
        incomplete = False
        try:
            for packet in self._container.demux(self._stream):
                if packet.size:  # the last one is empty
                    incomplete = packet.is_corrupt
                    yield packet
        except (av.FFmpegError, OSError):  # the disk may be gone
            incomplete = True
        except IndexError:
            pass  # what PyAV raises at the end of a file in which further streams have appeared meanwhile
        self._rest_missing |= incomplete

    def _decode(self, packet: Packet[VideoStream] | None) -> list[VideoFrame]:
        try:
            return self._stream.decode(packet)
        except av.FFmpegError:
            return []

    def _timeline(self) -> Timeline:
        container, stream = self._container, self._stream
        length = container.duration / av.time_base if container.duration is not None else None
        unit = float(stream.time_base or 1 / av.time_base)
        end = None
        if stream.start_time is not None and stream.duration is not None:
            end = (stream.start_time + stream.duration) * unit
        jumps = bool(Flags(container.format.flags) & Flags.ts_discont)
        begin = None if jumps or container.start_time is None else container.start_time / av.time_base
        return Timeline(unit=unit, begin=begin, length=length, end=end, period=1 / self.fps, jumps=jumps)


def open_film(path: Path) -> DecodedFilm:
    """Open a video file; SourceError when it cannot be played."""
    name, file = shown_name(path), FilmFile(path)
    cut_off = is_cut_off(file)
    file.seek(0)
    return DecodedFilm(name, read_container(file, name), file, cut_off=cut_off)


def frame_rate(stream: VideoStream) -> float:
    """The rate of a stream; where it varies the lowest at which no picture is lost, as far as GRID."""
    average = float(stream.average_rate or 0)
    guessed = float(stream.guessed_rate or 0) or average
    rate = min(guessed, max(average, GRID))
    return rate if 1 / LONGEST < rate <= 1000 else FPS
