"""Cameras that are not there: devices behind the same seam as OpenCV's camera, with the habits of real drivers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from tests.realtime.capture.clips import numbered

Modes = Mapping[tuple[str, tuple[int, int]], float]
"""The rates of a device by pixel format and size."""

C920: Modes = {("MJPG", (1280, 720)): 30.0, ("MJPG", (640, 480)): 30.0, ("YUYV", (640, 480)): 30.0}
USB2_WITHOUT_JPEG: Modes = {("YUYV", (1280, 720)): 10.0, ("YUYV", (640, 480)): 30.0}


def bgr(number: int, size_wh: tuple[int, int]) -> NDArray[np.uint8]:
    return np.asarray(numbered(number, size_wh))


def i420(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The brightness, then the two planes of colour, half as wide and half as high."""
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2YUV_I420), np.uint8)


def yv12(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2YUV_YV12), np.uint8)


def nv12(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The brightness, then both colours of a place beside each other."""
    height, width = image.shape[:2]
    planes = i420(image)
    blue, red = planes[height:].reshape(2, -1)
    return np.vstack([planes[:height], np.stack([blue, red], -1).reshape(-1, width)])


def yuyv(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Two bytes a pixel: its brightness, and one of the two colours of a pair of pixels."""
    height, width = image.shape[:2]
    planes = i420(image)
    blue, red = planes[height:].reshape(2, height // 2, width // 2).repeat(2, axis=1)
    return np.stack([planes[:height], np.stack([blue, red], -1).reshape(height, width)], -1)


def uyvy(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return yuyv(image)[..., ::-1]


def grey(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), np.uint8)


def grey16(image: NDArray[np.uint8]) -> NDArray[np.uint16]:
    return grey(image).astype(np.uint16) * np.uint16(256)


def jpeg(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The bytes of a JPEG, in a buffer that is larger."""
    content = cv2.imencode(".jpg", image, (cv2.IMWRITE_JPEG_QUALITY, 98))[1].reshape(1, -1)
    return np.hstack([content, np.zeros((1, 1000), np.uint8)])


@dataclass
class Device:
    """A device: its modes, the backends that see it, and how it delivers an image. `script` replaces frames by number.

    An exception in the script is raised by the driver.
    """

    modes: Modes = field(default_factory=lambda: C920)
    backends: Iterable[int] = (cv2.CAP_V4L2,)
    deliver: Callable[[NDArray[np.uint8]], Any] = np.asarray
    script: Callable[[int], Any] | None = None
    says: Mapping[int, float] = field(default_factory=dict)
    default: tuple[str, tuple[int, int]] | None = None


class Machine:
    """Devices by number, and every VideoCapture that was opened."""

    def __init__(self, devices: Mapping[int, Device]) -> None:
        self.devices = dict(devices)
        self.opened: list[ScriptedCapture] = []

    def __call__(self, number: int, backend: int = cv2.CAP_ANY) -> ScriptedCapture:
        """What stands for cv2.VideoCapture."""
        device = self.devices.get(number)
        seen = device is not None and backend in device.backends
        busy = any(each.device is device and each.isOpened() for each in self.opened)
        self.opened.append(ScriptedCapture(device if seen and not busy else None, backend))
        return self.opened[-1]

    def still_open(self) -> list[ScriptedCapture]:
        return [each for each in self.opened if each.isOpened()]


class ScriptedCapture:
    """An open device, which answers as OpenCV with V4L2 does: a mode that it has not is ignored."""

    def __init__(self, device: Device | None, backend: int) -> None:
        self.device, self.backend = device, backend
        self.set_properties: list[int] = []
        self._open, self._frames = device is not None, 0
        if device is not None:
            self._fourcc, self._size = device.default or next(iter(device.modes))

    def isOpened(self) -> bool:  # noqa: N802, as in OpenCV
        return self._open

    def release(self) -> None:
        self._open = False

    def getBackendName(self) -> str:  # noqa: N802, as in OpenCV
        return "SCRIPTED"

    def set(self, key: int, value: float) -> bool:
        assert self.device is not None
        self.set_properties.append(key)
        fourcc, (width, height) = self._fourcc, self._size
        if key == cv2.CAP_PROP_FOURCC:
            fourcc = int(value).to_bytes(4, "little").decode()
        elif key == cv2.CAP_PROP_FRAME_WIDTH:
            width = int(value)
        elif key == cv2.CAP_PROP_FRAME_HEIGHT:
            height = int(value)
        else:
            return True
        return self._change(fourcc, (width, height))

    def _change(self, fourcc: str, size: tuple[int, int]) -> bool:
        """Take the mode, or the one of that format whose size is nearest; a format that is not there is ignored."""
        assert self.device is not None
        sizes = [each for other, each in self.device.modes if other == fourcc]
        if not sizes:
            return False
        self._fourcc = fourcc
        self._size = min(sizes, key=lambda each: abs(each[0] - size[0]) + abs(each[1] - size[1]))
        return True

    def get(self, key: int) -> float:
        assert self.device is not None
        if key in self.device.says:
            return self.device.says[key]
        return {
            cv2.CAP_PROP_FPS: self.device.modes[self._fourcc, self._size],
            cv2.CAP_PROP_FOURCC: float(int.from_bytes(self._fourcc.encode(), "little")),
            cv2.CAP_PROP_FRAME_WIDTH: float(self._size[0]),
            cv2.CAP_PROP_FRAME_HEIGHT: float(self._size[1]),
        }.get(key, 0.0)

    def read(self) -> tuple[bool, Any]:
        assert self.device is not None and self._open
        number, self._frames = self._frames, self._frames + 1
        if self.device.script is not None:
            answer = self.device.script(number)
            if isinstance(answer, Exception):
                raise answer
            if answer is not None:
                return answer if isinstance(answer, tuple) else (True, answer)
        return True, self.device.deliver(bgr(number, self._size))
