"""The ffmpeg of imageio-ffmpeg: as a process that encodes or decodes, and for the length of a file."""

from contextlib import suppress
from pathlib import Path

import imageio_ffmpeg

from models.errors import OutputError
from realtime.outputs.recording.encoding import Arguments, file_url
from realtime.outputs.recording.process import Process

MIN_VIDEO = 100_000
"""An unreadable draft of a video below so many bytes never held a second of it; a larger one is left alone."""


class Ffmpeg(Process):
    """One ffmpeg process."""

    def __init__(self, arguments: Arguments, *, inherited: tuple[int, ...] = ()) -> None:
        command = (_program(), "-hide_banner", "-loglevel", "error", "-y", *arguments)
        super().__init__(command, name="ffmpeg", inherited=inherited)


def duration(path: Path) -> float | None:
    """The length of a video or GIF in seconds, from its header; None when it has no frames."""
    import av  # the start of a show does not wait for it

    with suppress(av.FFmpegError), av.open(file_url(path)) as container:
        if container.streams.video and container.duration is not None:
            return container.duration / av.time_base
    return None


def _program() -> str:
    try:
        return str(imageio_ffmpeg.get_ffmpeg_exe())
    except RuntimeError as error:
        raise OutputError(f"{error}; run: pip install --force-reinstall imageio-ffmpeg") from error
