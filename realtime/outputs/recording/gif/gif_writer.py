"""GIF files from a video through ffmpeg: memory stays bounded, and the palette fits the whole clip.

If the file becomes too large, the conversion stops and begins again with other parameters.
"""

from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path

from models.errors import OutputError
from models.files import FileState
from realtime.controls.settings import RECORD_DEFAULTS, RecordSettings
from realtime.outputs.recording import encoding
from realtime.outputs.recording.drafts.draft import Draft
from realtime.outputs.recording.encoding import Wh
from realtime.outputs.recording.ffmpeg import Ffmpeg, duration
from realtime.outputs.recording.gif import through_ffmpeg
from realtime.outputs.recording.gif.best.program import best_gif
from realtime.outputs.recording.gif.budget import next_fitting, steps
from realtime.outputs.recording.gif.parameters import COLOURS, GifParameters
from realtime.outputs.recording.mp4 import Mp4Writer
from realtime.outputs.recording.process import Process


class GifWriter(Mp4Writer):
    """A GIF of at most `gif_max_mb`, as far as it stays readable, that is converted from a video when that is complete.

    The video is kept when the conversion fails.
    """

    encoding = encoding.NEARLY_LOSSLESS

    def __init__(
        self,
        path: Path,
        fps: float,
        size_wh: Wh,
        output_wh: Wh,
        *,
        replaces: FileState | None = None,
        settings: RecordSettings = RECORD_DEFAULTS,
    ) -> None:
        super().__init__(path, fps, size_wh, output_wh)
        self._settings, self._replaces = settings, replaces
        self._steps = steps(fps, output_wh, quality=settings.gif_quality)

    def _video_path(self) -> Path:
        return self.path.with_suffix(".mp4")

    def _publish(self) -> None:
        gif = Draft(self.path, replaces=self._replaces)
        try:
            parameters = self._convert_within_budget(gif)
            self._check(gif.part, parameters.fps)
            size = self._describe(parameters, gif.part.stat().st_size / 1e6)
            self._name(gif.publish())
        except BaseException:
            gif.discard()
            raise
        self.note = f"{self.note}, {size}" if self.note else size
        self._video.discard()

    def _convert_within_budget(self, gif: Draft) -> GifParameters:
        """Convert the video with the first parameters that fit."""
        parameters, *rest = self._steps
        limit = round(1e6 * self._settings.gif_max_mb)
        while rest:
            self._convert(parameters, gif, stop_at=limit)
            if gif.part.stat().st_size < limit:
                return parameters
            share = (duration(gif.part) or 0.0) * self.fps / self.frames
            parameters = next(next_fitting(parameters, rest, share))
            del rest[: rest.index(parameters) + 1]
        self._convert(parameters, gif, stop_at=None)
        return parameters

    def _convert(self, parameters: GifParameters, gif: Draft, *, stop_at: int | None) -> None:
        video, loops = self._video.part, self._settings.gif_loops
        if self._settings.gif_quality == "best":
            command = best_gif(video, parameters, to=gif.part, stop_at=stop_at, loops=loops)
            self._run(partial(Process, command, name="the GIF encoder", inherited=gif.handles))
            return
        draft = self._settings.gif_quality == "draft"
        make_palette = through_ffmpeg.draft_palette if draft else through_ffmpeg.good_palette
        make_gif = through_ffmpeg.draft_gif if draft else through_ffmpeg.good_gif
        palette = self._run(partial(Ffmpeg, make_palette(video, parameters), inherited=gif.handles))
        arguments = make_gif(video, parameters, to=gif.part, stop_at=stop_at, loops=loops)
        self._run(partial(Ffmpeg, arguments, inherited=gif.handles), stdin=palette)

    def _run(self, process: Callable[[], Process], *, stdin: bytes = b"") -> bytes:
        self._start(process)
        with suppress(OutputError):  # `end` reports it in more detail
            self._process.write(stdin)
        return self._process.end()

    def _describe(self, parameters: GifParameters, megabytes: float) -> str:
        size = f"{megabytes:.1f} MB"
        if megabytes > self._settings.gif_max_mb:
            return f"{size}, as it cannot become {self._settings.gif_max_mb:g} MB and stay readable"
        if parameters.size_wh == self._output_wh and parameters.fps == self.fps and parameters.colours == COLOURS:
            return size
        colours = f", {parameters.colours} colours" if parameters.colours < COLOURS else ""
        return f"{size} at {parameters.fps:.3g} fps, {parameters.size_wh[0]}x{parameters.size_wh[1]}{colours}"
