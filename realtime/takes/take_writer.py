"""Writes takes: a JPEG picture and a line of text for each frame, in a Matroska file, with PyAV.

JPEG at this quality is nearly lossless, 45 dB, and takes a fifth of the time of H.264 for twice the room: a show must
not become slower because its take is kept. Each picture can be read without the others, and may have its own size.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import av
import cv2
from av.packet import Packet

from models.errors import OutputError
from realtime.imaging.frame import Image
from realtime.outputs.recording.encoding import Wh
from realtime.takes.take_file import MILLISECOND, TAG, Line

if TYPE_CHECKING:
    from av.stream import Stream

JPEG = (
    *(cv2.IMWRITE_JPEG_QUALITY, 92),
    *(cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444),  # thin lines keep their colour
)

MUXER = {
    "cluster_time_limit": "250",  # milliseconds that a process which is killed may lose
    "flush_packets": "1",
    "default_mode": "infer_no_subs",  # no player shows the text by itself
}


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
    """A take that is being written to an open file, which stays open; OutputError when that fails.

    `size_wh` and `fps` are what players expect: pictures of other sizes and at other times can be written too.
    """

    def __init__(self, descriptor: int, start: str, *, size_wh: Wh, fps: float) -> None:
        self._last = -1
        with _errors():
            self._container = av.open(OpenFile(descriptor), "w", format="matroska", options=MUXER)
            self._container.metadata[TAG] = start
            self._text = self._container.add_mux_stream("subrip")  # first: each line comes before its picture
            self._video = self._container.add_mux_stream(
                "mjpeg", rate=round(fps), width=size_wh[0], height=size_wh[1], pix_fmt="yuvj444p"
            )
            self._text.time_base = self._video.time_base = MILLISECOND

    def write(self, image: Image, line: Line) -> None:
        """Append a picture, uint8 BGR, and its line."""
        jpeg = cv2.imencode(".jpg", image, JPEG)[1]
        with _errors():
            self._last = max(round(line.time * 1000), self._last + 1)
            self._mux(self._text, line.to_json().encode())
            self._mux(self._video, jpeg.tobytes())

    def close(self) -> None:
        """Finish the file."""
        with _errors():
            self._container.close()

    def _mux(self, stream: Stream, content: bytes) -> None:
        packet = Packet(content)
        packet.stream, packet.time_base = stream, MILLISECOND
        packet.pts = packet.dts = self._last
        packet.duration, packet.is_keyframe = 1, True
        self._container.mux(packet)


@contextmanager
def _errors() -> Iterator[None]:
    """Turn errors of FFmpeg and of the disk into OutputError."""
    try:
        yield
    except (av.FFmpegError, OSError) as error:
        raise OutputError(getattr(error, "strerror", None) or str(error)) from error
