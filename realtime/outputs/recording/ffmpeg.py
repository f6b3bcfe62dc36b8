"""The ffmpeg process of imageio-ffmpeg: encoding happens outside this process, so that a crash is only an error."""

import os
import re
import subprocess
import threading
from collections import deque
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, cast

import imageio_ffmpeg

from models.errors import OutputError
from realtime.outputs.recording.encoding import Arguments, file_url

_NICE = 10
"""Next to a show on two busy cores at 1280x720, the show kept 78 % of its fps at 5 and 91 % at 10; with GIFs 95 %."""

_OWN_GROUP: dict[str, Any] = {  # Ctrl-C in the terminal must not reach ffmpeg. A session of its own would also be a
    "process_group": 0,  # scheduling group of its own (sched_autogroup), which makes niceness meaningless
    "creationflags": getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)
    | getattr(subprocess, "BELOW_NORMAL_PRIORITY_CLASS", 0),
}


class Ffmpeg:
    """One ffmpeg process with its standard input, its standard output and its error messages."""

    def __init__(self, arguments: Arguments, *, inherited: tuple[int, ...] = ()) -> None:
        command = (_program(), "-hide_banner", "-loglevel", "error", "-y", *arguments)
        pipes: dict[str, Any] = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
        try:
            self._process = subprocess.Popen(command, pass_fds=inherited, **pipes, **_OWN_GROUP)
        except OSError as error:
            raise OutputError(f"cannot start {command[0]}: {error.strerror}") from error
        with suppress(OSError, AttributeError):  # ended already, or Windows, where creationflags set the priority
            os.setpriority(os.PRIO_PGRP, self._process.pid, _NICE)
        self._stdin, self._stdout, self._stderr = (
            cast(IO[bytes], each) for each in (self._process.stdin, self._process.stdout, self._process.stderr)
        )
        self._messages: deque[str] = deque(maxlen=20)
        self._listener = threading.Thread(target=self._listen, name="ffmpeg", daemon=True)
        self._listener.start()

    def write(self, content: bytes | memoryview) -> None:
        """Write to standard input, waiting while ffmpeg is busy; OutputError with the last message when it ended."""
        try:
            self._stdin.write(content)
        except (OSError, ValueError):
            self.end()
            raise OutputError("ffmpeg ended too early") from None

    def end(self) -> bytes:
        """Wait for the end and return the standard output; OutputError with the last message when ffmpeg failed."""
        with suppress(OSError):
            self._stdin.close()
        output = b"" if self._stdout.closed else self._stdout.read()
        status = self._process.wait()
        self._listener.join()
        self._stdout.close()
        if status:
            message = self._messages[-1] if self._messages else f"exit status {status}"
            raise OutputError(f"ffmpeg failed: {message}")
        return output

    def kill(self) -> None:
        """Kill the process, from any thread."""
        self._process.kill()

    def _listen(self) -> None:
        with self._stderr as lines:
            for line in lines:
                self._messages.append(re.sub(r"^\[.*? @ \w+\] ", "", line.decode(errors="replace").strip()))


def duration(path: Path) -> float | None:
    """The length of a video or GIF in seconds, from its header; None when it has no frames."""
    command = (_program(), "-hide_banner", "-nostdin", "-i", file_url(path))
    ran = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False, **_OWN_GROUP)
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
