"""What is asked of a camera, in order, on each platform: the first request that it serves at the full rate is taken."""

import sys
from dataclasses import dataclass

import cv2

HD, VGA = (1280, 720), (640, 480)


@dataclass(frozen=True, slots=True)
class Request:
    """A backend of OpenCV, and the pixel format and the size that are asked for; None leaves them to the driver."""

    backend: int
    fourcc: str | None = None
    size_wh: tuple[int, int] | None = None


_ANY = (Request(cv2.CAP_ANY, "MJPG", HD), Request(cv2.CAP_ANY))

LADDER: dict[str, tuple[Request, ...]] = {
    "linux": (
        Request(cv2.CAP_V4L2, "MJPG", HD),
        Request(cv2.CAP_V4L2, None, VGA),
        Request(cv2.CAP_V4L2),
    ),
    "win32": (
        Request(cv2.CAP_DSHOW, "MJPG", HD),
        Request(cv2.CAP_MSMF, "MJPG", HD),
        Request(cv2.CAP_DSHOW, None, VGA),
        Request(cv2.CAP_MSMF),
    ),
    "darwin": (Request(cv2.CAP_AVFOUNDATION, None, HD), Request(cv2.CAP_AVFOUNDATION)),
}
"""JPEG first: raw pixels of 1280x720 exceed USB 2 at 30 fps, where 640x480 is faster. Last, what the driver likes."""


def requests() -> tuple[Request, ...]:
    """The requests for this platform."""
    return LADDER.get(sys.platform, _ANY)
