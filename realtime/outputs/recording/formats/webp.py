"""Animated WebP files: smaller than a GIF, with all colours."""

import struct
from functools import partial
from pathlib import Path

from models.errors import OutputError
from realtime.outputs.recording.drafts.draft import Draft
from realtime.outputs.recording.encoding import COUNT_BEFORE, as_fraction, file_url
from realtime.outputs.recording.ffmpeg import Ffmpeg
from realtime.outputs.recording.formats.converted import ConvertedWriter
from realtime.saved_settings.webp_description import add_description

_LIBWEBP = ("-c:v", "libwebp_anim", "-pix_fmt", "bgra", "-quality", "80", "-compression_level", "2")


class WebpWriter(ConvertedWriter):
    """An animated WebP."""

    share = 0.35

    def _convert(self, video: Path, frames: int, to: Draft) -> str:
        loop = ("-loop", f"{self._settings.gif_loops}", "-f", "webp")
        source, rate = ("-i", file_url(video)), ("-vf", f"fps={as_fraction(self.fps)}")
        arguments = (*source, *rate, *_LIBWEBP, *COUNT_BEFORE, *loop, file_url(to.part))
        self._run_with_progress(partial(Ffmpeg, arguments, inherited=to.handles), frames)
        if abs(seconds(to.part) - frames / self.fps) > 0.1 + 1.5 / self.fps:
            raise OutputError(f"it lasts {seconds(to.part):.2f} s instead of {frames / self.fps:.2f} s")
        add_description(to.part, self._text)
        return f"{to.part.stat().st_size / 1e6:.1f} MB"


def seconds(path: Path) -> float:
    """The length of an animated WebP: the sum of the times of its frames (the RIFF chunks ANMF)."""
    total = 0
    with path.open("rb") as file:
        file.seek(12)
        while len(chunk := file.read(8)) == 8:
            kind, size = struct.unpack("<4sI", chunk)
            content = file.read(16) if kind == b"ANMF" else b""
            total += int.from_bytes(content[12:15], "little")
            file.seek(size + size % 2 - len(content), 1)
    return total / 1000
