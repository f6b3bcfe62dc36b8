"""`ventral cameras`: the cameras that deliver frames."""

import sys

from rich.console import Console
from rich.table import Table

from models.errors import SourceError
from realtime.capture.cameras.connected import list_cameras
from realtime.capture.cameras.device import CameraFormat
from realtime.capture.cameras.kinds import open_camera

NO_CAMERA = (
    "no camera found; connect one and switch it on, join the group 'video', or close other programs that use it;"
    " start a container with: docker run --device /dev/video0"
)


def cameras() -> None:
    """List the cameras with their number, name, frame size, frame rate and pixel format.

    Example: `ventral cameras`
    """
    console = Console()
    names = list_cameras()
    formats, faults = _open_each(list(names))
    if formats:
        console.print(_table(names, formats))
    for number, fault in faults.items():
        working = {names[other] for other in formats}  # one camera may have a second number without frames
        if sys.platform == "linux" and names[number] not in working:  # elsewhere the numbers are guesses
            console.print(fault, style="yellow", markup=False, soft_wrap=True)
    if not formats:
        console.print(NO_CAMERA, markup=False, soft_wrap=True)


def _open_each(numbers: list[int]) -> tuple[dict[int, CameraFormat], dict[int, str]]:
    """Open each camera briefly: the formats of those that work, and the errors of the others."""
    formats: dict[int, CameraFormat] = {}
    faults: dict[int, str] = {}
    for number in numbers:
        try:
            camera = open_camera(number)
        except SourceError as error:
            faults[number] = str(error)
        else:
            formats[number] = camera.format
            camera.close()
    return formats, faults


def _table(names: dict[int, str], formats: dict[int, CameraFormat]) -> Table:
    table = Table("number", "name", "size", "rate", "format", "backend")
    for number, stream in formats.items():
        width, height = stream.size_wh
        size, rate = f"{width} x {height}", f"{stream.fps:g} fps"
        table.add_row(str(number), names[number], size, rate, stream.fourcc or "raw", stream.backend)
    return table
