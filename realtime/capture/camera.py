"""Cameras as a source: the first that works, one by number, or one by name or device path."""

import re
from collections.abc import Iterable

from models.errors import SourceError
from realtime.capture.devices import camera_problem, cameras_named, list_cameras
from realtime.capture.source import SourceKind
from realtime.capture.video import FPS, Live, open_device, try_to_read


def open_camera(number: int, fps: float = FPS) -> Live:
    """Open camera `number`, and ask it for a rate; SourceError when it gives no frame."""
    name = f"camera {number}"
    for capture in open_device(number, fps):
        if (first := try_to_read(capture, name)) is not None:
            return Live(name, capture, first)
        capture.release()
    raise SourceError(f"{name}: {camera_problem(number)}")


def _first_working(numbers: Iterable[int], fps: float) -> Live:
    reason = "none is connected"
    for number in numbers:
        try:
            return open_camera(number, fps)
        except SourceError as error:
            reason = str(error)
    raise SourceError(
        f"no camera works ({reason}): connect one, or choose another source:"
        " a video, a picture, a folder of pictures, an http or rtsp URL, or 'pattern'"
    )


def _numbers(text: str) -> list[int]:
    """The camera numbers of a camera name or of a path such as /dev/video0."""
    device = re.fullmatch(r"/dev/video(\d+)", text)
    return [int(device[1])] if device else cameras_named(text)


AUTO_CAMERA = SourceKind(
    expected="'auto'",
    matches=lambda text: text == "auto",
    open=lambda _, options: _first_working(list_cameras(), options.fps),
)
CAMERA_NUMBER = SourceKind(
    expected="a camera number or name",
    matches=lambda text: re.fullmatch(r"\d{1,4}", text) is not None,
    open=lambda text, options: open_camera(int(text), options.fps),
)
CAMERA_NAME = SourceKind(
    expected="a camera number or name",
    matches=lambda text: bool(_numbers(text)),
    open=lambda text, options: _first_working(_numbers(text), options.fps),
)
