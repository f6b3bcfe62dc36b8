"""GIF files: from video through ffmpeg (GifWriter), and from drawings in a given palette (encode_gif).

GifWriter first records a nearly lossless video, then converts it in two passes: memory stays bounded, and the palette
fits the whole clip. If the file becomes too large, the conversion stops and begins again with a lower quality.
"""

import io
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from PIL import Image as Pillow

from models.errors import OutputError
from models.files import FileState
from realtime.controls.settings import GIF_MAX_MB
from realtime.outputs.recording import encoding
from realtime.outputs.recording.drafts.draft import Draft
from realtime.outputs.recording.encoding import Arguments, GifQuality, Wh
from realtime.outputs.recording.ffmpeg import duration
from realtime.outputs.recording.gif_budget import next_fitting, qualities
from realtime.outputs.recording.mp4 import Mp4Writer
from realtime.saved_settings.gif_comment import add_comment, comment_block


class GifWriter(Mp4Writer):
    """A GIF of at most `max_mb`, as far as it stays readable, that is converted from a video when that is complete.

    The video is kept when the conversion fails.
    """

    encoding = encoding.NEARLY_LOSSLESS

    def __init__(  # noqa: PLR0913, what a GIF is
        self,
        path: Path,
        fps: float,
        size_wh: Wh,
        output_wh: Wh,
        *,
        replaces: FileState | None = None,
        max_mb: float = GIF_MAX_MB,
        text: str = "",
    ) -> None:
        super().__init__(path, fps, size_wh, output_wh, text=text)
        self._text = text
        self._max_mb, self._replaces = max_mb, replaces

    def _video_path(self) -> Path:
        return self.path.with_suffix(".mp4")

    def _publish(self) -> None:
        gif = Draft(self.path, replaces=self._replaces)
        try:
            quality = self._convert_within_budget(gif)
            self._check(gif.part, quality.fps)
            add_comment(gif.part, self._text)
            size = self._describe(quality, gif.part.stat().st_size / 1e6)
            self._name(gif.publish())
        except BaseException:
            gif.discard()
            raise
        self.note = f"{self.note}, {size}" if self.note else size
        self._video.discard()

    def _convert_within_budget(self, gif: Draft) -> GifQuality:
        """Convert the video with the best quality that fits."""
        quality, *rest = qualities(self.fps, self._output_wh)
        limit = round(1e6 * self._max_mb) - len(comment_block(self._text))
        while rest:
            self._convert(quality, gif, stop_at=limit)
            if gif.part.stat().st_size < limit:
                return quality
            share = (duration(gif.part) or 0.0) * self.fps / self.frames
            quality = next(next_fitting(quality, rest, share))
            del rest[: rest.index(quality) + 1]
        self._convert(quality, gif, stop_at=None)
        return quality

    def _convert(self, quality: GifQuality, gif: Draft, *, stop_at: int | None) -> None:
        palette = self._run(encoding.make_palette(self._video.part, quality), gif)
        self._run(encoding.make_gif(self._video.part, quality, to=gif.part, stop_at=stop_at), gif, stdin=palette)

    def _run(self, arguments: Arguments, gif: Draft, *, stdin: bytes = b"") -> bytes:
        self._start(arguments, gif)
        with suppress(OutputError):  # `end` reports it in more detail
            self._ffmpeg.write(stdin)
        return self._ffmpeg.end()

    def _describe(self, quality: GifQuality, megabytes: float) -> str:
        size = f"{megabytes:.1f} MB"
        if megabytes > self._max_mb:
            return f"{size}, as it cannot become {self._max_mb:g} MB and stay readable"
        if quality == qualities(self.fps, self._output_wh)[0]:
            return size
        colours = f", {quality.colours} colours" if quality.colours < encoding.GIF_COLOURS else ""
        return f"{size} at {quality.fps:.3g} fps, {quality.size_wh[0]}x{quality.size_wh[1]}{colours}"


def delays(seconds: Iterable[float]) -> Iterator[int]:
    """Frame times in milliseconds, rounded to the hundredths of a second of a GIF; rounding errors are carried over."""
    end, total = 0.0, 0
    for each in seconds:
        end += each
        hundredths = max(round(end * 100) - total, 2)
        total += hundredths
        yield 10 * hundredths


def encode_gif(images: Iterable[Pillow.Image], milliseconds: Sequence[int]) -> bytes:
    """Images in a palette as a GIF that loops endlessly."""
    first, *others = images
    content = io.BytesIO()
    timing = {"duration": list(milliseconds), "loop": 0}
    first.save(content, "GIF", save_all=True, append_images=others, optimize=False, **timing)
    return content.getvalue()
