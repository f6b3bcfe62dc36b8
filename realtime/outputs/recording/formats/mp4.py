"""MP4 files: H.264 through a pipe to ffmpeg, with a time for each image, so that one that lasts costs nothing."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from models.errors import OutputError, is_out_of_memory
from models.files import FileState
from realtime.imaging.compositing import resize
from realtime.imaging.frame import Image
from realtime.outputs.recording import encoding, paths
from realtime.outputs.recording.drafts.draft import GONE, Draft
from realtime.outputs.recording.encoding import Wh
from realtime.outputs.recording.ffmpeg import MIN_VIDEO, Ffmpeg, duration
from realtime.outputs.recording.image_writer import ImageWriter
from realtime.outputs.recording.process import Process
from realtime.threads.signals import defer_signals

if TYPE_CHECKING:
    from realtime.outputs.recording.raw_video import RawVideo


class Mp4Writer(ImageWriter):
    """An MP4 file; images of `size_wh` are resized to `output_wh`, and `text` becomes its comment."""

    encoding = encoding.H264

    def __init__(
        self,
        path: Path,
        fps: float,
        size_wh: Wh,
        output_wh: Wh,
        *,
        replaces: FileState | None = None,
        text: str = "",
    ) -> None:
        self.path, self.fps, self.frames = path, fps, 0
        self._size_wh, self._output_wh = size_wh, output_wh
        self._open, self._interrupted, self._encoded = True, False, False
        self._check_at = 0  # the frame before which the file is looked at
        self._video = self._new_draft(replaces)
        try:
            self._raw = self._start_encoder(self._video, text)
        except BaseException:  # Ctrl-C too: the caller has no writer to abort yet
            self._video.discard()
            raise

    def write(self, image: Image) -> None:
        """Append one frame; OutputError when ffmpeg has ended or the disk is nearly full."""
        if image.shape[1::-1] != self._size_wh:
            raise ValueError(f"{self.path}: expected frames of {self._size_wh}, but got {image.shape[1::-1]}")
        if not self._open:
            raise OutputError(f"{self.path} is closed")
        try:
            self._check_file()
            self._encode(image, self.frames)
        except OutputError as error:
            self._fail(str(error))
        self.frames += 1

    def hold(self, frames: int) -> None:
        """Show the last image for so many frames more; it is encoded again only once a second."""
        try:
            self._process.check()
        except OutputError as error:
            self._fail(str(error))
        self.frames += frames
        if self.frames > self._time + self.fps:
            self.frames -= 1
            self.write(self._image)

    @property
    def size(self) -> int:
        """The bytes of the video so far."""
        try:
            return self._video.part.stat().st_size
        except OSError:
            return 0

    def close(self) -> None:
        """Finish, check and publish the file."""
        if not self._open:
            return
        self.require_frames()
        self._open = False
        try:
            if self.frames > self._time + 1:
                self._encode(self._image, self.frames - 1)  # the last image ends at the end of the film
            self._raw.end()
            self._encoded = True
            if not self._video.intact:
                raise OutputError(GONE)
            self._check(self._video.part, self.fps, self.frames)
            self._publish()
        except OutputError as error:
            self._fail(str(error))
        except KeyboardInterrupt:
            self._discard()
            raise

    def abort(self) -> None:
        """Leave no file."""
        if self._open:
            self._open = False
            self._discard()

    def give_up_encoding(self) -> None:
        """Kill the process, unless everything is encoded; what it has written is kept."""
        if not self._encoded:
            self._process.kill()

    def interrupt(self) -> None:
        """Kill the process; what it has written is kept."""
        self._interrupted = True
        self._process.kill()

    def _discard(self) -> None:
        self._process.kill()
        with suppress(OutputError):
            self._process.end()
        self._video.discard()

    def _encode(self, image: Image, time: int) -> None:
        """Encode an image; where there is no memory for it, the one before it stays."""
        try:
            self._raw.write(resize(image, self._output_wh[::-1]), time)
        except Exception as error:
            if self.frames and is_out_of_memory(error):
                return
            raise
        self._image, self._time = image, time

    def _start_encoder(self, to: Draft, text: str) -> RawVideo:
        from realtime.outputs.recording.raw_video import RawVideo  # loads PyAV

        arguments = encoding.encode(self.encoding, fps=self.fps, to=to.part, text=text)
        self._start(partial(Ffmpeg, arguments, inherited=to.handles))
        return RawVideo(self._process, self._output_wh, self.fps)

    def _start(self, process: Callable[[], Process]) -> None:
        try:
            with defer_signals():
                self._process = process()
        except KeyboardInterrupt:
            self._process.kill()
            with suppress(OutputError):
                self._process.end()
            raise
        if self._interrupted:
            self._process.kill()

    def _new_draft(self, replaces: FileState | None) -> Draft:
        return Draft(self.path, replaces=replaces)

    def _publish(self) -> None:
        self._name(self._video.publish())

    def _name(self, path: Path) -> None:
        """Note the name that the file has got."""
        if path.name != self.path.name:
            self.note = f"as another program has written {self.path.name}"
        self.path = path

    def _fail(self, reason: str) -> NoReturn:
        """Publish the video so far under a free name, and raise an OutputError that names it."""
        self._open = False
        with suppress(OutputError):
            self._process.end()
        with suppress(OutputError):
            self._video.restore()
        seconds = duration(self._video.part)
        self.frames = round((seconds or 0) * self.fps)
        if not seconds and self.size >= MIN_VIDEO:
            self._video.leave()
            raise OutputError(f"{self.path} was not finished: {reason}; what there is of it is in {self._video.part}")
        if not seconds:
            self._video.discard()
            raise OutputError(f"{self.path} was lost: {reason}")
        self._video.replaces = None  # half a film is no reason to replace a whole one
        try:
            saved = self._video.publish()
        except OutputError as error:
            self._video.leave()
            reason, saved = f"{reason}; {error}", self._video.part
        raise OutputError(f"{self.path} was not finished: {reason}; the first {seconds:.1f} s are in {saved}")

    def _check(self, path: Path, fps: float, frames: int) -> None:
        """Compare the duration of a file of `fps` with that of so many frames."""
        expected, seconds = frames / self.fps, duration(path)
        if seconds is None or abs(seconds - expected) > 0.1 + 1.5 / fps:
            raise OutputError(f"it lasts {seconds or 0:.2f} s instead of {expected:.2f} s")

    def _check_file(self) -> None:
        """Once a second: whether the file is still there, and whether there is room for more."""
        if self.frames >= self._check_at:
            self._check_at = self.frames + max(round(self.fps), 1)
            if not self._video.intact:
                raise OutputError(GONE)
            free = paths.free_bytes(self._video.part.parent)
            if free < paths.MIN_FREE:
                raise OutputError(f"only {free / 1e6:.0f} MB are free on its disk")
