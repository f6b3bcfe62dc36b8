"""The last seconds of the show in memory: a ring of H.264 packets."""

from __future__ import annotations

import threading
from collections import deque
from typing import TYPE_CHECKING

from realtime.imaging.compositing import fit
from realtime.imaging.frame import Image, hw
from realtime.outputs.recording.encoding import Wh
from realtime.outputs.replay.clip import Clip, EncodedImage

if TYPE_CHECKING:
    from realtime.outputs.replay.encoder import Encoder

LARGEST = 1920  # pixels: the width to which a larger canvas is scaled down
MOST_BYTES = 256_000_000  # two minutes of a busy 1280x720 at 20 fps take 190 MB


class Replay:
    """The canvases of the last `seconds`, at `fps` and in the size of the first one; nothing while `seconds` is 0.

    It is forgotten in groups of a second, each of which begins with a key image. One thread adds; any other may take
    a clip or change `seconds`.
    """

    def __init__(self, *, seconds: float = 10.0, fps: float) -> None:
        self.seconds, self.fps = seconds, fps
        self._groups: deque[list[EncodedImage]] = deque()
        self._bytes = 0
        self._end = 0  # in frames since the start
        self._last: Image | None = None
        self._encoder: Encoder | None = None
        self._lock = threading.Lock()

    def add(self, image: Image, *, times: int = 1) -> None:
        """Append an image that was shown for `times` / fps seconds; the same image again costs nothing."""
        if not self.seconds:
            self.clear()
        elif image is not self._last:
            self._append(self._encode(image))
        self._end, self._last = self._end + times, image

    def clip(self) -> Clip | None:
        """The last seconds; None while there are none."""
        with self._lock:
            if self._encoder is None or not self.seconds or not self._groups:
                return None
            self._shorten()
            encoded = [each for group in self._groups for each in group]
            begin = max(self._begin, encoded[0].time)
            return Clip(encoded, begin, self._end, self.fps, self._encoder.size_wh)

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._groups.clear()
            self._bytes, self._last, self._encoder = 0, None, None

    @property
    def _begin(self) -> int:
        """The first frame that is not too old."""
        return self._end - max(round(self.seconds * self.fps), 1)

    def _encode(self, image: Image) -> EncodedImage:
        from realtime.outputs.replay.encoder import Encoder  # loads PyAV, which the start of a show does not wait for

        if self._encoder is None:
            self._encoder = Encoder(_encoded_size(image), self.fps)
        key = not self._groups or self._end - self._groups[-1][0].time >= self.fps
        image = fit(image, self._encoder.size_wh[::-1])
        return EncodedImage(self._end, key, self._encoder.encode(image, self._end, key=key))

    def _append(self, image: EncodedImage) -> None:
        with self._lock:
            if image.key:
                self._groups.append([])
            self._groups[-1].append(image)
            self._bytes += len(image.packet)
            self._shorten()

    def _shorten(self) -> None:
        """Forget the groups that are too old, or too much for the memory."""
        while len(self._groups) > 1 and (self._groups[1][0].time <= self._begin or self._bytes > MOST_BYTES):
            self._bytes -= sum(len(each.packet) for each in self._groups.popleft())


def _encoded_size(image: Image) -> Wh:
    """The size of a canvas, at most `LARGEST` wide, rounded down to even numbers."""
    height, width = hw(image)
    scale = min(1.0, LARGEST / width)
    return max(round(width * scale) // 2 * 2, 2), max(round(height * scale) // 2 * 2, 2)
