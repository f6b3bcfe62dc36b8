"""The command that lists the cameras which give pictures."""

from __future__ import annotations

import sys

from rich.console import Console
from rich.table import Table

from models.errors import SourceError
from realtime.capture.devices import list_cameras
from realtime.capture.video import StreamFormat, open_camera

NONE_FOUND = (
    "No camera found. Is one plugged in and switched on? Are you in the group 'video'? Does another program"
    " use it? In a container, was the device passed on (--device /dev/video0)?"
)


def cameras() -> None:
    """List the cameras: number, name, and the size, rate and format that each agrees to.

    Example: ventral cameras
    """
    console = Console()
    found = list_cameras()
    facts, faults = _asked(list(found))
    if facts:
        console.print(_table(found, facts))
    for number, fault in faults.items():
        named = {found[other] for other in facts}  # one camera may have a second, pictureless number
        if sys.platform == "linux" and found[number] not in named:  # elsewhere the numbers are guesses
            console.print(fault, style="yellow", markup=False, soft_wrap=True)
    if not facts:
        console.print(NONE_FOUND, markup=False, soft_wrap=True)


def _asked(numbers: list[int]) -> tuple[dict[int, StreamFormat], dict[int, str]]:
    """Open each camera for a moment: what those agree to that give pictures, and why the others give none."""
    facts: dict[int, StreamFormat] = {}
    faults: dict[int, str] = {}
    for number in numbers:
        try:
            camera = open_camera(number)
        except SourceError as error:
            faults[number] = str(error)
        else:
            facts[number] = camera.facts
            camera.close()
    return facts, faults


def _table(names: dict[int, str], facts: dict[int, StreamFormat]) -> Table:
    table = Table("number", "name", "size", "rate", "format", "through")
    for number, agreed in facts.items():
        width, height = agreed.size_wh
        size, rate = f"{width} x {height}", f"{agreed.fps:g} fps"
        table.add_row(str(number), names[number], size, rate, agreed.fourcc or "raw", agreed.backend)
    return table
