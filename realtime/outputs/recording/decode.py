"""The frames of a video, through ffmpeg."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from models.errors import OutputError
from realtime.outputs.recording.encoding import Wh, file_url
from realtime.outputs.recording.ffmpeg import Ffmpeg

_CHANNELS = {"bgr24": 3, "rgb24": 3, "gray": 1}


def decode(
    video: Path,
    size_wh: Wh,
    pixels: Literal["bgr24", "rgb24", "gray"] = "bgr24",
    *,
    filters: str = "null",
    start: float = 0.0,
    count: int | None = None,
) -> Iterator[NDArray[np.uint8]]:
    """The frames (H, W, channels) from `start` seconds on, at most `count`; OutputError when ffmpeg fails.

    `filters` are those of ffmpeg, and must give frames of `size_wh`. They get the frames from the key frame before
    `start` on, whose times are negative: `fps=...:start_time=0` leaves them out, but for the one that still lasts.
    """
    shape = size_wh[1], size_wh[0], _CHANNELS[pixels]
    limit = () if count is None else ("-frames:v", f"{count}")
    raw = ("-f", "rawvideo", "-pix_fmt", pixels, "pipe:1")
    ffmpeg = Ffmpeg(("-noaccurate_seek", "-ss", f"{start}", "-i", file_url(video), "-vf", filters, *limit, *raw))
    try:
        while len(content := ffmpeg.read(int(np.prod(shape)))) == np.prod(shape):
            yield np.frombuffer(content, np.uint8).reshape(shape)
        ffmpeg.end()
    finally:
        ffmpeg.kill()
        with suppress(OutputError):
            ffmpeg.end()
