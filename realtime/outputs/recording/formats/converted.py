"""Files that are converted from a (nearly) lossless video when that is complete; it is kept when that fails."""

from abc import abstractmethod
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import numpy as np

from models.errors import OutputError
from models.files import FileState
from realtime.controls.settings import RECORD_DEFAULTS, RecordSettings
from realtime.imaging.frame import Image
from realtime.outputs.recording import encoding
from realtime.outputs.recording.decode import decode
from realtime.outputs.recording.drafts.draft import Draft
from realtime.outputs.recording.encoding import Wh, as_fraction
from realtime.outputs.recording.formats.mp4 import Mp4Writer
from realtime.outputs.recording.loops.order import bounce, seamless
from realtime.outputs.recording.loops.seam import Seam, find_seam
from realtime.outputs.recording.process import Process

_SMALL_WH = (64, 36)  # of the frames that are compared
_CHUNK_SECONDS = 2.0  # of a film in memory while it is turned round


class ConvertedWriter(Mp4Writer):
    """A file that is made from a video; `settings` say how, and how the end joins the beginning.

    A `text` is the comment of the video, and of the file where its format has one.
    """

    encoding = encoding.NEARLY_LOSSLESS
    share = 1.0
    """The size of the file over that of the video, as measured on mosaics and dreams."""

    def __init__(  # noqa: PLR0913, what a file is
        self,
        path: Path,
        fps: float,
        size_wh: Wh,
        output_wh: Wh,
        *,
        replaces: FileState | None = None,
        settings: RecordSettings = RECORD_DEFAULTS,
        text: str = "",
    ) -> None:
        super().__init__(path, fps, size_wh, output_wh, text=text)
        self._settings, self._replaces, self._text = settings, replaces, text

    @property
    def size(self) -> int:
        """Its bytes if it were made now, estimated from that of the video."""
        return round(super().size * self.share)

    def end_conversion(self) -> None:
        """End the process of a conversion, which would go on alone."""
        if self._encoded:
            self._process.kill()

    @abstractmethod
    def _convert(self, video: Path, frames: int, to: Draft) -> str:
        """Convert a video of so many frames; what there is to know of the result."""

    def _new_draft(self, _replaces: FileState | None) -> Draft:
        """The draft of the video; an MP4 file may be recorded beside it under the same name."""
        return Draft(self.path.with_suffix(".mp4"), claim=self.path)

    def _publish(self) -> None:
        notes = list[str]()
        with ExitStack() as drafts:
            video, frames = self._video, self.frames
            if self._settings.loop != "off":
                video = Draft(self.path.with_name(f"{self.path.stem}-loop.mp4"), of=self._video)
                drafts.callback(video.discard)
                frames = self._write_loop(video, notes)
            made = Draft(self.path, replaces=self._replaces, of=self._video)
            try:
                size = self._convert(video.part, frames, made)
                self._name(made.publish())
            except BaseException:
                made.discard()
                raise
        self.note = ", ".join(each for each in (self.note, size, *notes) if each)
        self._video.discard()

    def _run(self, process: Callable[[], Process], *, stdin: bytes = b"") -> bytes:
        self._start_with(process, stdin)
        return self._process.end()

    def _run_with_progress(self, process: Callable[[], Process], frames: float, *, stdin: bytes = b"") -> None:
        """Run a process that writes a byte to standard output for each of the `frames` of the file."""
        self._start_with(process, stdin)
        for count in self._process.counts():
            self.progress = min(count / frames, 1.0)
        self._process.end()

    def _start_with(self, process: Callable[[], Process], stdin: bytes) -> None:
        self._start(process)
        with suppress(OutputError):  # `end` reports it in more detail
            self._process.write(stdin)

    def _write_loop(self, to: Draft, notes: list[str]) -> int:
        """Write the frames of the video as a loop; their number."""
        if self._settings.loop == "bounce":
            images = bounce(self._read, self.frames, chunk=round(_CHUNK_SECONDS * self.fps))
        else:
            seam = self._seam()
            notes.append(seam.describe(self.fps) if seam else "too short for a seamless loop")
            images = seamless(self._read, seam or Seam(0, self.frames))
        raw, frames = self._start_encoder(to, self._text), 0
        for image in images:
            raw.write(image, frames)
            frames += 1
        raw.end()
        return frames

    def _read(self, first: int, end: int) -> Iterator[Image]:
        """The frames of the video from `first` up to, and without, `end`."""
        filters, start = f"fps={as_fraction(self.fps)}:start_time=0", first / self.fps
        return decode(self._video.part, self._output_wh, filters=filters, start=start, count=end - first)

    def _seam(self) -> Seam | None:
        filters = f"fps={as_fraction(self.fps)},scale={_SMALL_WH[0]}:{_SMALL_WH[1]}:flags=area"
        small = [*decode(self._video.part, _SMALL_WH, "gray", filters=filters)]
        return find_seam(np.stack(small), self.fps)
