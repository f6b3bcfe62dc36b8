"""The ffmpeg of imageio-ffmpeg: as a process that encodes or decodes, and for the length of a file."""

import re
import subprocess
from pathlib import Path

import imageio_ffmpeg

from models.errors import OutputError
from realtime.outputs.recording.encoding import Arguments, file_url
from realtime.outputs.recording.process import OWN_GROUP, Process


class Ffmpeg(Process):
    """One ffmpeg process."""

    def __init__(self, arguments: Arguments, *, inherited: tuple[int, ...] = ()) -> None:
        command = (_program(), "-hide_banner", "-loglevel", "error", "-y", *arguments)
        super().__init__(command, name="ffmpeg", inherited=inherited)


def duration(path: Path) -> float | None:
    """The length of a video or GIF in seconds, from its header; None when it has no frames."""
    command = (_program(), "-hide_banner", "-nostdin", "-i", file_url(path))
    ran = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False, **OWN_GROUP)
    match = re.search(r"Duration: (\d+):(\d+):(\d+\.\d+).*Video:", ran.stderr, re.DOTALL)
    if match is None:
        return None
    hours, minutes, seconds = map(float, match.groups())
    return 3600 * hours + 60 * minutes + seconds


def _program() -> str:
    try:
        return str(imageio_ffmpeg.get_ffmpeg_exe())
    except RuntimeError as error:
        raise OutputError(f"{error}; run: pip install --force-reinstall imageio-ffmpeg") from error
