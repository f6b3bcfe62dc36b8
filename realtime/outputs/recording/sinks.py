"""The sinks for .mp4, .gif and .png, and the ffmpeg process behind the first two.

Video is encoded by imageio-ffmpeg's own ffmpeg, outside this process, so that a crash there is only an error
here. A GIF is spooled as a video and then converted in two passes, so that its palette is that of the whole
clip and memory stays bounded.
"""

from __future__ import annotations

import os
import re
import subprocess
import threading
from collections import deque
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, NoReturn, cast

import cv2
import imageio_ffmpeg
import numpy as np

from models.errors import OutputError
from models.files import write_atomically
from realtime.imaging.compositing import resize
from realtime.imaging.frame import Image
from realtime.outputs.recording import encoding
from realtime.outputs.recording import paths as output
from realtime.outputs.recording.encoding import Arguments, Wh
from realtime.outputs.recording.paths import PartialFile, claim, numbered
from realtime.outputs.recording.sink import Sink
from realtime.threads.signals import defer_signals

LITTER = 100_000
"""An unreadable draft below so many bytes never held a second of video; a larger one may be somebody's file."""

_NICE = 10
"""Beside a show that filled two cores, 1280x720 left it 78 % of its rate at 5 and 91 % at 10; GIFs left it 95 %."""

_APART: dict[str, Any] = {  # Ctrl-C in the terminal must not reach ffmpeg; a session of its own would also be a
    "process_group": 0,  # scheduling group of its own (sched_autogroup), in which being nice means nothing
    "creationflags": getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)
    | getattr(subprocess, "BELOW_NORMAL_PRIORITY_CLASS", 0),
}


def open_sink(path: Path, *, fps: float, size_wh: Wh, force: bool = False, max_width: int | None = None) -> Sink:
    """The sink for a name that ends in .mp4, .gif or .png; every picture must be `size_wh` large.

    A picture wider than `max_width` is made smaller; by default only for a GIF, to 640. Any rate can be asked
    for: a GIF counts hundredths of a second and carries the rest over, so that its total time is right; above
    50 pictures a second it leaves some out.
    """
    claim(path, force=force, suffixes=(".mp4", ".gif", ".png"))
    if path.suffix.lower() == ".png":
        return PngSink(path, fps)
    if path.suffix.lower() == ".gif":
        return GifSink(path, fps, size_wh, _shrunk(size_wh, max_width or encoding.GIF_WIDTH))
    return Mp4Sink(path, fps, size_wh, _shrunk(size_wh, max_width or size_wh[0]))


def _shrunk(size_wh: Wh, max_width: int) -> Wh:
    width = min(size_wh[0], max_width)
    return width, max(round(size_wh[1] * width / size_wh[0]), 1)


def recover(folder: Path) -> list[Path]:
    """Publish what killed runs left in a folder, each as a new .mp4; what another run is writing stays."""
    drafts = [path for path in sorted(folder.glob(f"*{output.MARK}.*")) if path.suffix in (".mp4", ".gif")]
    return [kept for path in drafts if (kept := _recover(path)) is not None]


def _recover(orphan: Path) -> Path | None:
    final = orphan.with_name(Path(orphan.stem).stem + orphan.suffix)
    with suppress(OutputError):
        draft = PartialFile(final)
        if draft.locked and orphan.suffix == ".mp4" and measure(orphan):
            return draft.publish(numbered(final, Path.exists))
        if draft.locked and (orphan.suffix == ".gif" or orphan.stat().st_size < LITTER):
            draft.discard()
        draft.leave()
    return None


class Mp4Sink(Sink):
    """H.264 through a pipe to ffmpeg; pictures of `size_wh` are resized to `shown_wh`."""

    form = encoding.SHOWN

    def __init__(self, path: Path, fps: float, size_wh: Wh, shown_wh: Wh) -> None:
        self.path, self.fps, self.frames = path, fps, 0
        self._size_wh, self._shown_wh = size_wh, shown_wh
        self._open, self._hurried = True, False
        self._draft = PartialFile(path.with_suffix(".mp4"))
        try:
            self._start(encoding.encode(self.form, fps=fps, size_wh=shown_wh, to=self._draft.part), self._draft)
        except BaseException:  # Ctrl-C too: nobody could abort what was never handed out
            self._draft.discard()
            raise

    def write(self, image: Image) -> None:
        """Append one picture, unless ffmpeg has gone or the disk is nearly full."""
        if image.shape[1::-1] != self._size_wh:
            raise ValueError(f"{self.path} takes pictures of {self._size_wh}, not {image.shape[1::-1]}")
        if not self._open:
            raise OutputError(f"{self.path} is closed")
        try:
            self._check_disk()
            self._ffmpeg.write(np.ascontiguousarray(resize(image, self._shown_wh[::-1])).data)
        except OutputError as error:
            self._fail(str(error))
        self.frames += 1

    def close(self) -> None:
        """Finish, check and publish the file."""
        if not self._open:
            return
        self.require_pictures()
        self._open = False
        try:
            self._ffmpeg.end()
            self._check(self._draft.part)
            self._deliver()
        except OutputError as error:
            self._fail(str(error))
        except KeyboardInterrupt:
            self._throw_away()
            raise

    def abort(self) -> None:
        """Leave nothing behind."""
        if self._open:
            self._open = False
            self._throw_away()

    def _throw_away(self) -> None:
        self._ffmpeg.kill()
        with suppress(OutputError):
            self._ffmpeg.end()
        self._draft.discard()

    def hurry(self) -> None:
        """End ffmpeg at once; what it has written is kept."""
        self._hurried = True
        self._ffmpeg.kill()

    def _start(self, arguments: Arguments, draft: PartialFile) -> None:
        try:
            with defer_signals():
                self._ffmpeg = Ffmpeg(arguments, inherited=draft.handles)
        except KeyboardInterrupt:
            self._ffmpeg.kill()
            with suppress(OutputError):
                self._ffmpeg.end()
            raise
        if self._hurried:
            self._ffmpeg.kill()

    def _deliver(self) -> None:
        self._draft.publish(self.path)

    def _fail(self, reason: str) -> NoReturn:
        """Publish what there is under a free name, and raise an OutputError that says so."""
        self._open = False
        with suppress(OutputError):
            self._ffmpeg.end()
        seconds = measure(self._draft.part)
        if not seconds:
            self._draft.discard()
            raise OutputError(f"{self.path} was lost: {reason}")
        kept = self._draft.publish(numbered(self._draft.path, Path.exists))
        raise OutputError(f"{self.path} was not finished: {reason}; {seconds:.1f} s are in {kept}")

    def _check(self, path: Path) -> None:
        """Compare how long a file lasts with how long it should."""
        expected, seconds = self.frames / self.fps, measure(path)
        if seconds is None or abs(seconds - expected) > 0.1 + 1.5 / self.fps:
            raise OutputError(f"it lasts {seconds or 0:.2f} s instead of {expected:.2f} s")

    def _check_disk(self) -> None:
        if self.frames % max(round(self.fps), 1) == 0:
            free = output.free_bytes(self.path.parent)
            if free < output.FREE_TO_GO_ON:
                raise OutputError(f"only {free / 1e6:.0f} MB are free on its disk")


class GifSink(Mp4Sink):
    """A spool that is converted when it is whole; an MP4 is kept when that fails."""

    form = encoding.SPOOLED

    def _deliver(self) -> None:
        """Find the palette of the whole clip, then paint with it."""
        with PartialFile(self.path) as gif:
            spool = self._draft.part
            palette = self._convert(encoding.find_palette(spool, fps=self.fps), gif)
            self._convert(encoding.paint(spool, fps=self.fps, to=gif.part), gif, feed=palette)
            self._check(gif.part)
        self._draft.discard()

    def _convert(self, arguments: Arguments, gif: PartialFile, *, feed: bytes = b"") -> bytes:
        self._start(arguments, gif)
        with suppress(OutputError):  # told better by the end
            self._ffmpeg.write(feed)
        return self._ffmpeg.end()


class PngSink(Sink):
    """One picture, exactly as it is."""

    def __init__(self, path: Path, fps: float) -> None:
        self.path, self.fps, self.frames = path, fps, 0
        self._content = b""

    def write(self, image: Image) -> None:
        """Take the picture; there is place for one."""
        if self.frames:
            raise OutputError(f"{self.path} holds one picture; use a name that ends in .mp4 or .gif for more")
        self._content = cv2.imencode(".png", image)[1].tobytes()
        self.frames = 1

    def close(self) -> None:
        """Write the file at one stroke."""
        self.require_pictures()
        write_atomically(self.path, self._content)

    def abort(self) -> None:
        """Nothing was written yet."""

    def hurry(self) -> None:
        """Nothing takes long here."""


class Ffmpeg:
    """One ffmpeg process: what it is fed, what it answers, and its last words when it fails."""

    def __init__(self, arguments: Arguments, *, inherited: tuple[int, ...] = ()) -> None:
        command = (_program(), "-hide_banner", "-loglevel", "error", "-y", *arguments)
        pipes: dict[str, Any] = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
        try:
            self._process = subprocess.Popen(command, pass_fds=inherited, **pipes, **_APART)
        except OSError as error:
            raise OutputError(f"cannot start {command[0]}: {error.strerror}") from error
        with suppress(OSError, AttributeError):  # gone already, or Windows, which was told above
            os.setpriority(os.PRIO_PGRP, self._process.pid, _NICE)
        self._input, self._answer, self._errors = (
            cast(IO[bytes], each) for each in (self._process.stdin, self._process.stdout, self._process.stderr)
        )
        self._words: deque[str] = deque(maxlen=20)
        self._listener = threading.Thread(target=self._listen, name="ffmpeg", daemon=True)
        self._listener.start()

    def write(self, content: bytes | memoryview) -> None:
        """Feed it; waits while it is busy. OutputError with its last words when it is gone."""
        try:
            self._input.write(content)
        except (OSError, ValueError):
            self.end()
            raise OutputError("ffmpeg ended too early") from None

    def end(self) -> bytes:
        """Wait until it is done; its answer, or an OutputError with its last words when it failed."""
        with suppress(OSError):
            self._input.close()
        answer = b"" if self._answer.closed else self._answer.read()
        status = self._process.wait()
        self._listener.join()
        self._answer.close()
        if status:
            words = self._words[-1] if self._words else f"exit status {status}"
            raise OutputError(f"ffmpeg stopped: {words}")
        return answer

    def kill(self) -> None:
        """End it at once; any thread may."""
        self._process.kill()

    def _listen(self) -> None:
        with self._errors as lines:
            self._words.extend(re.sub(r"^\[.*? @ \w+\] ", "", line.decode(errors="replace").strip()) for line in lines)


def _program() -> str:
    try:
        return str(imageio_ffmpeg.get_ffmpeg_exe())
    except RuntimeError as error:
        raise OutputError(f"{error}; run: pip install --force-reinstall imageio-ffmpeg") from error


def measure(path: Path) -> float | None:
    """The seconds that a video or GIF lasts, from its header; None when there is nothing to see in it."""
    command = (_program(), "-hide_banner", "-nostdin", "-i", encoding.at(path))
    words = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False, **_APART).stderr
    found = re.search(r"Duration: (\d+):(\d+):(\d+\.\d+).*Video:", words, re.DOTALL)
    if found is None:
        return None
    hours, minutes, seconds = map(float, found.groups())
    return 3600 * hours + 60 * minutes + seconds
