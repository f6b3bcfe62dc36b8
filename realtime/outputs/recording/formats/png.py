"""PNG files: one image, without loss."""

from pathlib import Path

from models.errors import OutputError
from models.files import FileState, output_errors
from realtime.imaging.frame import Image
from realtime.imaging.png import encode_png
from realtime.outputs.recording.drafts.draft import Draft
from realtime.outputs.recording.image_writer import ImageWriter


class PngWriter(ImageWriter):
    """A PNG file, written when it is closed; it replaces what `path` was in the state `replaces`."""

    def __init__(self, path: Path, fps: float, *, replaces: FileState | None = None, text: str = "") -> None:
        self._text = text
        self.path, self.fps, self.frames = path, fps, 0
        self._draft = Draft(path, replaces=replaces)

    def write(self, image: Image) -> None:
        """Encode the image; OutputError for a second one."""
        if self.frames:
            raise OutputError(f"{self.path} holds one image: for more, use a name that ends in .mp4 or .gif")
        with output_errors(self.path):
            self._draft.part.write_bytes(encode_png(image, self._text))
        self.frames = 1

    def close(self) -> None:
        """Publish the file."""
        self.require_frames()
        self.path = self._draft.publish()

    def abort(self) -> None:
        """Leave no file."""
        self._draft.discard()
