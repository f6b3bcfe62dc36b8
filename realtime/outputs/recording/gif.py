"""GIF files: from video through ffmpeg (GifWriter), and from drawings in a given palette (write_gif).

GifWriter first records a nearly lossless video, then converts it in two passes: memory stays bounded, and the palette
fits the whole clip.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from PIL import Image as Pillow

from models.errors import OutputError
from models.files import output_errors
from realtime.outputs.recording import encoding
from realtime.outputs.recording.encoding import Arguments
from realtime.outputs.recording.mp4 import Mp4Writer
from realtime.outputs.recording.paths import PartialFile


class GifWriter(Mp4Writer):
    """A GIF that is converted from a video when that is complete; the video is kept when the conversion fails."""

    encoding = encoding.NEARLY_LOSSLESS

    def _publish(self) -> None:
        with PartialFile(self.path) as gif:
            video = self._video.part
            palette = self._convert(encoding.make_palette(video, fps=self.fps), gif)
            self._convert(encoding.make_gif(video, fps=self.fps, to=gif.part), gif, stdin=palette)
            self._check(gif.part)
        self._video.discard()

    def _convert(self, arguments: Arguments, gif: PartialFile, *, stdin: bytes = b"") -> bytes:
        self._start(arguments, gif)
        with suppress(OutputError):  # `end` reports it in more detail
            self._ffmpeg.write(stdin)
        return self._ffmpeg.end()


def delays(seconds: Iterable[float]) -> Iterator[int]:
    """Frame times in milliseconds, rounded to the hundredths of a second of a GIF; rounding errors are carried over."""
    end, total = 0.0, 0
    for each in seconds:
        end += each
        hundredths = max(round(end * 100) - total, 2)
        total += hundredths
        yield 10 * hundredths


def write_gif(path: Path, images: Iterable[Pillow.Image], milliseconds: Sequence[int]) -> None:
    """Write images in a palette to a GIF that loops endlessly; OutputError, and no file, when that fails."""
    first, *others = images
    timing = {"duration": list(milliseconds), "loop": 0}
    with PartialFile(path) as file, output_errors(path):
        first.save(file.part, "GIF", save_all=True, append_images=others, optimize=False, **timing)
