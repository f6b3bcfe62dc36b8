"""What a GIF is made with."""

import math
from dataclasses import dataclass

from realtime.outputs.recording.encoding import Wh

COLOURS = 256

_FASTEST = 50.0  # fps: players slow down a GIF with frames of less than two hundredths of a second


@dataclass(frozen=True, slots=True)
class GifParameters:
    """The frame rate, the size, the number of colours and, for the best quality, the loss of a GIF.

    The loss is the squared error of RGB that a pixel may have beyond that of the nearest colour of the palette.
    """

    fps: float
    size_wh: Wh
    colours: int = COLOURS
    loss: int = 0

    @property
    def written_fps(self) -> float:
        """The frame rate in the file, at most 50 fps: every frame, every second, third ..."""
        return self.fps / math.ceil(self.fps / _FASTEST)

    @property
    def frames(self) -> str:
        """The filter of ffmpeg that gives frames of this rate and size."""
        return f"fps={self.written_fps},scale={self.size_wh[0]}:{self.size_wh[1]}:flags=area"
