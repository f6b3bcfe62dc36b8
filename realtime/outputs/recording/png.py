"""PNG files: one image, without loss."""

from pathlib import Path

from models.errors import OutputError
from models.files import write_atomically
from realtime.imaging.frame import Image
from realtime.imaging.png import encode_png
from realtime.outputs.recording.image_writer import ImageWriter


class PngWriter(ImageWriter):
    """A PNG file, written when it is closed."""

    def __init__(self, path: Path, fps: float) -> None:
        self.path, self.fps, self.frames = path, fps, 0
        self._content = b""

    def write(self, image: Image) -> None:
        """Encode the image; OutputError for a second one."""
        if self.frames:
            raise OutputError(f"{self.path} holds one image: for more, use a name that ends in .mp4 or .gif")
        self._content = encode_png(image)
        self.frames = 1

    def close(self) -> None:
        """Write the file."""
        self.require_frames()
        write_atomically(self.path, self._content)
