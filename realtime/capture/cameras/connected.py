"""The cameras of this computer by number and name, and why one cannot be used."""

import os
import sys
from pathlib import Path

KNOWN_BY_LINUX = Path("/sys/class/video4linux")
NUMBERS_TO_TRY = 4  # cameras to try where the system gives no list


def list_cameras(known: Path = KNOWN_BY_LINUX) -> dict[int, str]:
    """Names by number: on Linux the video devices, elsewhere "camera 0" and so on, connected or not.

    A camera may have several numbers; some of them deliver metadata and no video.
    """
    if sys.platform != "linux":
        return {number: f"camera {number}" for number in range(NUMBERS_TO_TRY)}
    nodes = {node for node in known.glob("video*") if node.name[5:].isdigit()}
    return dict(sorted((int(node.name[5:]), _name(node)) for node in nodes))


def cameras_named(name: str, known: Path = KNOWN_BY_LINUX) -> list[int]:
    """The numbers of the cameras with this name, ignoring case."""
    return [number for number, other in list_cameras(known).items() if other.casefold() == name.casefold()]


def camera_problem(number: int, device: Path | None = None) -> str:
    """The probable reason why camera `number` gives no video, and what to do."""
    device = device or Path(f"/dev/video{number}")
    if sys.platform == "linux" and not device.exists():
        others = ", ".join(f"{n} ({name})" for n, name in list_cameras().items()) or "none"
        return f"there is no {device}; cameras here: {others}"
    if sys.platform == "linux" and not os.access(device, os.R_OK | os.W_OK):
        return f"no permission to use {device}: add yourself to the group 'video' and log in again"
    return "no video: check that it is connected and that no other program uses it"


def _name(node: Path) -> str:
    try:
        return (node / "name").read_text().strip() or node.name
    except OSError:  # unplugged just now
        return node.name
