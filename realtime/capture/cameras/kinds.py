"""Cameras as a source: the first that works, one by number, or one by name or device path."""

import re
from collections.abc import Iterable

from models.errors import SourceError
from realtime.capture.cameras.connected import camera_problem, cameras_named, list_cameras
from realtime.capture.cameras.device import FPS, Camera, negotiate
from realtime.capture.source import SourceKind, SourceOptions


def open_camera(number: int, fps: float = FPS) -> Camera:
    """Open camera `number`, and ask it for a rate; SourceError when it gives no frame."""
    name = f"camera {number}"
    camera = negotiate(number, name, fps, device=list_cameras().get(number, ""))
    if camera is None:
        raise SourceError(f"{name}: {camera_problem(number)}")
    return camera


def _open_number(text: str, options: SourceOptions) -> Camera:
    """The camera with a number; one that was lost, also under another number."""
    number = int(text)
    if options.device and list_cameras().get(number) != options.device:
        moved = cameras_named(options.device)
        return _first_working(moved, options.fps) if moved else open_camera(number, options.fps)
    return open_camera(number, options.fps)


def _open_any(_: str, options: SourceOptions) -> Camera:
    """The first camera that works; after a loss the same one, if it is there."""
    cameras = list_cameras()
    return _first_working(sorted(cameras, key=lambda number: cameras[number] != options.device), options.fps)


def _first_working(numbers: Iterable[int], fps: float) -> Camera:
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


AUTO_CAMERA = SourceKind(expected="'auto'", matches=lambda text: text == "auto", open=_open_any)
CAMERA_NUMBER = SourceKind(
    expected="a camera number or name",
    matches=lambda text: re.fullmatch(r"\d{1,4}", text) is not None,
    open=_open_number,
)
CAMERA_NAME = SourceKind(
    expected="a camera number or name",
    matches=lambda text: bool(_numbers(text)),
    open=lambda text, options: _first_working(_numbers(text), options.fps),
)
