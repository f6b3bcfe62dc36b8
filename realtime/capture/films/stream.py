"""Network cameras and videos on a server: http, https and rtsp URLs."""

from __future__ import annotations

import time
from collections.abc import Iterator

import av
from av.container import InputContainer
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from models.errors import SourceError
from realtime.capture.films.clip import Clip
from realtime.capture.films.container import TIMEOUT, connect, reason, video_stream
from realtime.capture.films.convert import Converter
from realtime.capture.films.decoded_film import DecodedFilm, frame_rate
from realtime.capture.films.public_name import public_name
from realtime.capture.source import Source, SourceOptions
from realtime.imaging.frame import Image

IN_SEGMENTS = frozenset({"hls", "dash"})  # formats in which the pictures of some seconds come at once
JPEG_END = b"\xff\xd9"
MOST_APART = 1.0  # seconds from its time at which a picture of such a stream may come before the clock is set anew


class Stream(Source):
    """A connected live stream that has given its first picture.

    Its frames are decoded one by one, in slices: decoding several at a time would delay each of them.
    """

    live = True

    def __init__(self, name: str, container: InputContainer) -> None:
        self.name = name
        self._container = container
        self._stream = video_stream(container, name)
        self._stream.thread_type = "SLICE"
        self.fps = frame_rate(self._stream)
        self._in_segments = not IN_SEGMENTS.isdisjoint(container.format.name.split(","))
        self._sends_jpegs = self._stream.codec_context.name == "mjpeg"
        self._clock = 0.0
        self._converter = Converter(name, self._stream.sample_aspect_ratio)
        self._frames = self._decode()
        self._first: Image | None = self._converter.image(self._next())

    def read(self) -> Image:
        """Return the next image; waits for the network. SourceError when none comes."""
        image, self._first = self._first, None
        if image is not None:
            return image
        frame = self._next()
        if self._in_segments and frame.pts is not None and self._stream.time_base:
            self._wait_until(float(frame.pts * self._stream.time_base))
        return self._converter.image(frame)

    def close(self) -> None:
        """Close the connection."""
        self._container.close()

    def _next(self) -> VideoFrame:
        if (frame := next(self._frames, None)) is None:
            raise SourceError(f"{self.name}: the stream has ended")
        return frame

    def _decode(self) -> Iterator[VideoFrame]:
        """All frames, without packets that cannot be decoded; SourceError where the stream is lost before its end."""
        received = time.monotonic()
        try:
            for packet in self._container.demux(self._stream):
                for frame in self._frames_of(packet):
                    received = time.monotonic()
                    yield frame
                if time.monotonic() - received > TIMEOUT:
                    raise SourceError(f"{self.name}: no frame in {TIMEOUT:g} s that can be decoded")
        except av.error.ExitError as error:
            raise SourceError(f"{self.name}: no data for {TIMEOUT:g} s") from error
        except (OSError, IndexError):
            pass  # where a server closes the connection, and where further streams have appeared before the end
        except av.FFmpegError as error:
            raise SourceError(f"{self.name}: the stream is damaged ({reason(error)})") from error

    def _frames_of(self, packet: Packet[VideoStream]) -> list[VideoFrame]:
        if self._sends_jpegs and packet.size and not is_whole_jpeg(bytes(packet)):
            return []
        try:
            return self._stream.decode(packet)
        except av.FFmpegError:
            return []

    def _wait_until(self, stamp: float) -> None:
        """Wait until a frame with this time is due: segments come faster than they are shown."""
        early = stamp + self._clock - time.monotonic()
        if abs(early) > MOST_APART:
            self._clock, early = time.monotonic() - stamp, 0.0
        time.sleep(max(early, 0.0))


def is_whole_jpeg(content: bytes) -> bool:
    """Whether a part of an MJPEG stream is a JPEG with its end: FFmpeg shows the beginning of a torn one."""
    return content.rstrip(b"\r\n\0").endswith(JPEG_END)


def open_stream(url: str, options: SourceOptions) -> Stream | Clip:
    """Open a URL: a live stream, or a video file on a server; SourceError when it sends no frame."""
    name = public_name(url)
    container = connect(url, name)
    has_end = url.lower().startswith("http") and bool(container.duration)
    try:
        if not has_end:
            return Stream(name, container)
    except SourceError:
        container.close()
        raise
    container.close()
    return Clip(name, lambda: DecodedFilm(name, connect(url, name)), loop=options.loop)
