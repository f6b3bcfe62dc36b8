"""WebM files: VP9, which is written into a crash-safe MP4 and moved into a WebM at the end, without a loss."""

from functools import partial
from pathlib import Path

from realtime.outputs.recording import encoding
from realtime.outputs.recording.drafts.draft import Draft
from realtime.outputs.recording.encoding import file_url
from realtime.outputs.recording.ffmpeg import Ffmpeg
from realtime.outputs.recording.formats.converted import ConvertedWriter


class WebmWriter(ConvertedWriter):
    """A WebM file of the size of the images, which become even numbers of pixels."""

    encoding = encoding.VP9
    share = 1.0

    def _convert(self, video: Path, frames: int, to: Draft) -> str:
        arguments = ("-i", file_url(video), "-c", "copy", "-f", "webm", file_url(to.part))
        self._run(partial(Ffmpeg, arguments, inherited=to.handles))
        self._check(to.part, self.fps, frames)
        return ""
