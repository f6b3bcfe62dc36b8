"""Sequences of PNG files, without loss: one file for each frame, named as ffmpeg names them, such as film-%05d.png."""

from pathlib import Path

from models.errors import OutputError
from models.files import write_new
from realtime.imaging.frame import Image
from realtime.imaging.png import encode_png
from realtime.outputs.recording import paths
from realtime.outputs.recording.image_writer import ImageWriter


def check_sequence(path: Path, room: int = paths.MIN_FREE_AT_START) -> Path:
    """Return `path` if a sequence can be written under this name; OutputError otherwise, also where a part is there."""
    if not paths.is_sequence(path):
        stem = path.stem.partition("%")[0].rstrip("-_") or "film"
        raise OutputError(
            f"cannot write {path}: its name must end in .mp4 or .gif or .webm or .webp, or have one number, as in "
            f"{stem}-%05d.png"
        )
    paths.check_folder(path.parent, room)
    if (there := paths.part_of_sequence(path)) is not None:
        raise OutputError(f"{there} exists already; choose another name, as a sequence replaces no file")
    return path


class PngSequenceWriter(ImageWriter):
    """One PNG file for each frame, numbered from 1, with a `text` in each; no file is ever replaced.

    Each is whole as soon as it is there. What was written stays when the sequence is aborted.
    """

    def __init__(self, path: Path, fps: float, *, text: str = "") -> None:
        self.path, self.fps, self.frames = check_sequence(path), fps, 0
        self._text, self._png, self._bytes = text, b"", 0

    def write(self, image: Image) -> None:
        """Write the next file; OutputError when it is there already, or when the disk is nearly full."""
        self._png = encode_png(image, self._text)
        self.hold(1)

    def hold(self, frames: int) -> None:
        """Write the last image again, into so many files more."""
        for _ in range(frames):
            if self.frames % max(round(self.fps), 1) == 0 and paths.free_bytes(self.path.parent) < paths.MIN_FREE:
                raise OutputError(f"{self.path} ends with number {self.frames}: the disk is nearly full")
            self._write_next()
            self.frames, self._bytes = self.frames + 1, self._bytes + len(self._png)

    def _write_next(self) -> None:
        try:
            write_new(self.path.with_name(self.path.name % (self.frames + 1)), self._png)
        except OutputError as error:
            kept = f"; it ends with number {self.frames}" if self.frames else ""
            raise OutputError(f"{error}{kept}") from error

    @property
    def size(self) -> int:
        """The bytes so far."""
        return self._bytes

    def close(self) -> None:
        """Say how many files there are."""
        self.require_frames()
        self.note = f"{self.frames} files"
