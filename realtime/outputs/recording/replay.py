"""The last seconds of the show in memory: a ring buffer of JPEG images."""

import threading
from collections import deque
from collections.abc import Iterator

import cv2
import numpy as np

from realtime.imaging.compositing import resize
from realtime.imaging.frame import Image
from realtime.outputs.recording.encoding import GIF_WIDTH

_JPEG = (
    *(cv2.IMWRITE_JPEG_QUALITY, 92),
    *(cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444),  # thin lines keep their colour
)


class Replay:
    """A ring of the last `seconds` at `fps`, at most 640 pixels wide; about 25 MB for ten seconds of a busy 640x360.

    One thread adds, any other may take a copy.
    """

    def __init__(self, *, seconds: float = 10.0, fps: float) -> None:
        self.fps = fps
        self._ring: deque[bytes] = deque(maxlen=max(round(seconds * fps), 1))
        self._last: Image | None = None
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._ring)

    def add(self, image: Image, *, times: int = 1) -> None:
        """Append an image that was shown for `times` / fps seconds; the same image again costs nothing."""
        same = image is self._last and self._ring
        packed = self._ring[-1] if same else _pack(image)
        self._last = image
        with self._lock:
            self._ring.extend([packed] * times)

    def images(self) -> Iterator[Image]:
        """The images in the buffer now, oldest first."""
        with self._lock:
            packed = list(self._ring)
        return map(_unpack, packed)


def _pack(image: Image) -> bytes:
    height, width = image.shape[:2]
    scale = min(1.0, GIF_WIDTH / width)
    small = resize(image, (max(round(height * scale), 1), round(width * scale)))
    return cv2.imencode(".jpg", small, _JPEG)[1].tobytes()


def _unpack(packed: bytes) -> Image:
    return cv2.imdecode(np.frombuffer(packed, np.uint8), cv2.IMREAD_COLOR)  # type: ignore[return-value]
