"""Writes takes: H.264 and lines of text in a Matroska file, with PyAV.

The pictures are nearly lossless: in full colour resolution, at 43 to 45 dB. Lossless video takes four times the room.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast

import av
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from models.errors import OutputError
from realtime.imaging.frame import Image
from realtime.outputs.recording.encoding import Wh
from realtime.takes.take_file import MILLISECOND, TAG, Line

CODEC, PIXELS = "libx264", "yuv444p"
ENCODER = {"preset": "ultrafast", "crf": "8", "tune": "zerolatency", "g": "60"}
"""Every picture leaves the encoder at once, so that nothing waits in memory when a process is killed."""

MUXER = {
    "cluster_time_limit": "250",  # milliseconds
    "flush_packets": "1",
    "default_mode": "infer_no_subs",  # no player shows the text by itself
}
THREADS = 2


class OpenFile:
    """An open file as PyAV writes it: all bytes or an OSError."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def write(self, content: bytes) -> int:
        """Write all bytes; their number."""
        left = memoryview(content)
        while left:
            left = left[os.write(self._descriptor, left) :]
        return len(content)

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Go to a place in the file; the place."""
        return os.lseek(self._descriptor, offset, whence)

    def tell(self) -> int:
        """The place in the file."""
        return os.lseek(self._descriptor, 0, os.SEEK_CUR)


class TakeWriter:
    """A take that is being written to an open file, for pictures of `size_wh`; OutputError when that fails.

    The file stays open.
    """

    def __init__(self, descriptor: int, size_wh: Wh, start: str, fps: float) -> None:
        self._last = -1
        with _errors():
            self._container = av.open(OpenFile(descriptor), "w", format="matroska", options=MUXER)
            self._container.metadata[TAG] = start
            self._text = self._container.add_mux_stream("subrip")  # first: each line comes before its picture
            self._text.time_base = MILLISECOND
            self._video = cast(VideoStream, self._container.add_stream(CODEC, rate=round(fps), options=ENCODER))
            (self._video.width, self._video.height), self._video.pix_fmt = size_wh, PIXELS
            self._video.codec_context.time_base = MILLISECOND
            self._video.codec_context.thread_count = THREADS

    def write(self, image: Image, line: Line) -> None:
        """Append a picture, uint8 BGR of `size_wh`, and its line."""
        with _errors():
            self._last = max(round(line.time * 1000), self._last + 1)
            text = Packet(line.to_json().encode())
            text.stream, text.time_base = self._text, MILLISECOND
            text.pts = text.dts = self._last
            text.duration = 1
            self._container.mux(text)
            frame = VideoFrame.from_ndarray(image, format="bgr24")
            frame.pts, frame.time_base = self._last, MILLISECOND
            self._container.mux(self._video.encode(frame))

    def close(self) -> None:
        """Finish the file."""
        with _errors():
            try:
                self._container.mux(self._video.encode(None))
            finally:
                self._container.close()


@contextmanager
def _errors() -> Iterator[None]:
    """Turn errors of FFmpeg and of the disk into OutputError."""
    try:
        yield
    except (av.FFmpegError, OSError) as error:
        raise OutputError(getattr(error, "strerror", None) or str(error)) from error
