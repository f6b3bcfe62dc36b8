"""Images with their times for the standard input of ffmpeg, as a NUT stream: an image that lasts is sent once."""

from typing import Any

import av
import numpy as np

from models.errors import OutputError
from realtime.imaging.frame import Image
from realtime.outputs.recording.encoding import Wh, as_fraction
from realtime.outputs.recording.process import Process

MOST_WAITING = 4
"""Images that ffmpeg may hold. More would only be waited for at the end; its encoders need two to go on."""


BUFFER = 65_536
"""Bytes that are sent at once: as many as a pipe holds, and few enough to be had when there is hardly any memory."""


class RawVideo:
    """Sends images of `size_wh` to an ffmpeg of `encoding.encode`; their times are in frames of 1/`fps` seconds."""

    def __init__(self, ffmpeg: Process, size_wh: Wh, fps: float) -> None:
        self._ffmpeg, self._sent = ffmpeg, 0
        self._time_base = 1 / as_fraction(fps)
        self._container = av.open(_Pipe(ffmpeg), "w", format="nut", buffer_size=BUFFER, options={"flush_packets": "1"})
        self._stream = self._container.add_stream(
            "rawvideo",
            as_fraction(fps),
            width=size_wh[0],
            height=size_wh[1],
            pix_fmt="bgr24",
            time_base=self._time_base,
        )

    def write(self, image: Image, time: int) -> None:
        """Send one image, uint8 BGR, which is shown from `time` on; OutputError when ffmpeg has ended.

        After a MemoryError, nothing of the image has been sent, and others can be.
        """
        if self._sent >= MOST_WAITING:
            self._ffmpeg.read(1)  # one for each image that is encoded
        self._ffmpeg.check()
        packet: av.Packet[Any] = av.Packet(np.ascontiguousarray(image))  # type: ignore[arg-type]  # any buffer
        packet.stream, packet.time_base = self._stream, self._time_base
        packet.pts = packet.dts = time
        packet.is_keyframe = True
        try:
            self._container.mux(packet)
        except av.FFmpegError:
            raise
        except MemoryError as error:  # within a part of the image: what follows would not be understood
            raise OutputError("out of memory") from error
        self._sent += 1

    def end(self) -> None:
        """Wait until all is encoded; OutputError when ffmpeg has failed."""
        self._container.close()
        self._ffmpeg.end()


class _Pipe:
    """What PyAV writes to."""

    def __init__(self, process: Process) -> None:
        self._process = process

    def write(self, content: bytes) -> int:
        self._process.write(content)
        return len(content)
