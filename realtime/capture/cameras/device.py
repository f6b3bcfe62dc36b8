"""An open camera: the only user of cv2.VideoCapture."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import cv2

from models.errors import SourceError
from realtime.capture.cameras.ladder import Request, requests
from realtime.capture.cameras.pixel_formats import decoded
from realtime.capture.source import Source
from realtime.imaging.frame import Image

VideoCapture = cv2.VideoCapture

FPS = 30.0  # the frame rate where it is unknown, and the least that is asked for
ATTEMPTS = 3  # failed reads in a row after which a camera is lost
ENOUGH = 0.8  # of the rate that is asked for, from which on no other request is tried


@dataclass(frozen=True, slots=True)
class CameraFormat:
    """The format that a camera reports; `size_wh` is the size of its first frame."""

    size_wh: tuple[int, int]
    fps: float
    fourcc: str
    backend: str


class Camera(Source):
    """An open camera that has delivered its first frame; `device` is the name by which the system knows it."""

    live = True

    def __init__(self, name: str, capture: VideoCapture, first: Image, *, device: str = "") -> None:
        self.name, self.device = name, device
        self.format = _format(capture, first)
        self.fps = self.format.fps
        self._capture = capture
        self._first: Image | None = first

    def read(self) -> Image:
        """Return the next image; waits for the driver."""
        image, self._first = self._first, None
        image = _try_to_read(self._capture, self.name) if image is None else image
        if image is None:
            raise SourceError(f"{self.name}: no frame in {ATTEMPTS} attempts")
        return image

    def close(self) -> None:
        """Release the device."""
        self._capture.release()


def negotiate(number: int, name: str, fps: float = FPS, *, device: str = "") -> Camera | None:
    """Open a camera with the first request that it serves at the full rate, else the fastest; None when none works."""
    best: tuple[float, Request] | None = None
    for request in requests():
        camera = _open(number, name, request, fps, device)
        if camera is None:
            continue
        if camera.fps >= ENOUGH * max(fps, FPS):
            return camera
        if best is None or camera.fps > best[0]:
            best = camera.fps, request
        camera.close()  # a device can be open once
    return None if best is None else _open(number, name, best[1], fps, device)


def _open(number: int, name: str, request: Request, fps: float, device: str) -> Camera | None:
    """Open a camera with one request, and read its first frame; None when there is none."""
    capture = _opened(number, request)
    if capture is None:
        return None
    try:
        for key, value in _properties(request, fps):
            capture.set(key, value)
        first = _try_to_read(capture, name)
    except (cv2.error, SourceError):
        first = None
    if first is None:
        capture.release()
        return None
    return Camera(name, capture, first, device=device)


def _opened(number: int, request: Request) -> VideoCapture | None:
    try:
        capture = VideoCapture(number, request.backend)
    except cv2.error:
        return None
    if capture.isOpened():
        return capture
    capture.release()
    return None


def _properties(request: Request, fps: float) -> Iterator[tuple[int, float]]:
    """What to set, in the order that DirectShow needs."""
    if request.fourcc is not None:
        yield cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*request.fourcc)
    if request.size_wh is not None:
        yield cv2.CAP_PROP_FRAME_WIDTH, request.size_wh[0]
        yield cv2.CAP_PROP_FRAME_HEIGHT, request.size_wh[1]
    yield cv2.CAP_PROP_FPS, max(fps, FPS)
    yield cv2.CAP_PROP_BUFFERSIZE, 1


def _try_to_read(capture: VideoCapture, name: str) -> Image | None:
    """The next image, or None after several failed reads."""
    for _ in range(ATTEMPTS):
        try:
            good, array = capture.read()
        except cv2.error:
            continue
        image = decoded(array, _fourcc(capture), name) if good else None
        if image is not None:
            return image
    return None


def _format(capture: VideoCapture, first: Image) -> CameraFormat:
    height, width = first.shape[:2]
    return CameraFormat((width, height), _rate(capture), _fourcc(capture), capture.getBackendName())


def _rate(capture: VideoCapture) -> float:
    """The fps; where drivers report 0, NaN or what no camera has, a default."""
    fps = capture.get(cv2.CAP_PROP_FPS)
    return fps if math.isfinite(fps) and 0 < fps <= 240 else FPS


def _fourcc(capture: VideoCapture) -> str:
    """The pixel format in four letters; empty where the driver does not say."""
    code = capture.get(cv2.CAP_PROP_FOURCC)
    number = int(code) & 0xFFFFFFFF if math.isfinite(code) else 0
    return "".join(chr(byte) for byte in number.to_bytes(4, "little") if 32 < byte < 127)
