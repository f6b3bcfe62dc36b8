"""The cameras that the system knows, by number and name, and why one cannot be used."""

from __future__ import annotations

import os
import sys
from pathlib import Path

KNOWN_BY_LINUX = Path("/sys/class/video4linux")
NUMBERS_TO_TRY = 4
"""Cameras looked for where the system gives no list."""


def list_cameras(known: Path = KNOWN_BY_LINUX) -> dict[int, str]:
    """Names by number: on Linux those of the video devices, elsewhere "camera 0" and on, present or not.

    One camera may have several numbers, of which some give facts about pictures and no pictures.
    """
    if sys.platform != "linux":
        return {number: f"camera {number}" for number in range(NUMBERS_TO_TRY)}
    nodes = {node for node in known.glob("video*") if node.name[5:].isdigit()}
    found = {int(node.name[5:]): _name(node) for node in nodes}
    return dict(sorted(found.items()))


def cameras_called(name: str, known: Path = KNOWN_BY_LINUX) -> list[int]:
    """Find the numbers of the cameras with this name, whatever its case."""
    return [number for number, called in list_cameras(known).items() if called.casefold() == name.casefold()]


def why_not(number: int, device: Path | None = None) -> str:
    """Tell what probably keeps camera `number` from giving pictures, and what to do about it."""
    device = device or Path(f"/dev/video{number}")
    if sys.platform == "linux" and not device.exists():
        others = ", ".join(f"{n} ({name})" for n, name in list_cameras().items()) or "none"
        return f"there is no {device}; cameras here: {others}"
    if sys.platform == "linux" and not os.access(device, os.R_OK | os.W_OK):
        return f"no permission to use {device}; join the group 'video' and log in again"
    return "it gives no picture; is it plugged in, and does no other program use it?"


def _name(node: Path) -> str:
    try:
        return (node / "name").read_text().strip() or node.name
    except OSError:  # unplugged in this moment
        return node.name
