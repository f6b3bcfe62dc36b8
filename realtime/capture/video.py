"""Cameras through OpenCV: the only user of cv2.VideoCapture."""

import math
import sys
from collections.abc import Iterator
from dataclasses import dataclass

import cv2

from models.errors import SourceError
from realtime.capture.source import Source
from realtime.imaging.bgr import as_bgr
from realtime.imaging.frame import Image

VideoCapture = cv2.VideoCapture

FPS = 30.0  # the frame rate where it is unknown
CAMERA_WH = (1280, 720)  # the size that is requested from a camera, with `FPS`
ATTEMPTS = 3  # failed reads in a row after which a camera is lost

BACKENDS = {"linux": (cv2.CAP_V4L2,), "win32": (cv2.CAP_DSHOW, cv2.CAP_MSMF), "darwin": (cv2.CAP_AVFOUNDATION,)}


@dataclass(frozen=True, slots=True)
class StreamFormat:
    """The format that a camera reports; `size_wh` is the size of its first frame."""

    size_wh: tuple[int, int]
    fps: float
    fourcc: str
    backend: str


class Live(Source):
    """An open camera that has delivered its first frame."""

    live = True

    def __init__(self, name: str, capture: VideoCapture, first: Image) -> None:
        self.name = name
        self.format = _format(capture, first)
        self.fps = self.format.fps
        self._capture = capture
        self._first: Image | None = first

    def read(self) -> Image:
        """Return the next image; waits for the driver."""
        image, self._first = self._first, None
        image = try_to_read(self._capture, self.name) if image is None else image
        if image is None:
            raise SourceError(f"{self.name}: no frame in {ATTEMPTS} attempts")
        return image

    def close(self) -> None:
        """Release the device."""
        self._capture.release()


def open_device(number: int, fps: float = FPS) -> Iterator[VideoCapture]:
    """Open a camera with each backend of the platform in turn; the size and frame rate, at least 30, are requests.

    JPEG is requested first: raw frames at full size and rate exceed USB 2.
    """
    for backend in BACKENDS.get(sys.platform, (cv2.CAP_ANY,)):
        capture = VideoCapture(number, backend)
        capture.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*"MJPG"))
        capture.set(cv2.CAP_PROP_FRAME_WIDTH, CAMERA_WH[0])
        capture.set(cv2.CAP_PROP_FRAME_HEIGHT, CAMERA_WH[1])
        capture.set(cv2.CAP_PROP_FPS, max(fps, FPS))
        capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)
        yield capture


def try_to_read(capture: VideoCapture, name: str) -> Image | None:
    """The next image, or None after several failed reads."""
    for _ in range(ATTEMPTS):
        good, image = capture.read()
        if good:
            return as_bgr(image, name)
    return None


def frame_rate(capture: VideoCapture) -> float:
    """The fps; where drivers report 0 or NaN, a default."""
    fps = capture.get(cv2.CAP_PROP_FPS)
    return fps if math.isfinite(fps) and 0 < fps <= 240 else FPS


def _format(capture: VideoCapture, first: Image) -> StreamFormat:
    code = int(capture.get(cv2.CAP_PROP_FOURCC)) & 0xFFFFFFFF
    fourcc = "".join(chr(byte) for byte in code.to_bytes(4, "little") if 32 < byte < 127)
    height, width = first.shape[:2]
    return StreamFormat((width, height), frame_rate(capture), fourcc, capture.getBackendName())
