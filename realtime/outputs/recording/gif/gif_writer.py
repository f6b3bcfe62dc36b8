"""GIF files from a video through ffmpeg: memory stays bounded, and the palette fits the whole clip.

If the file becomes too large, the conversion stops and begins again with other parameters.
"""

from functools import partial
from pathlib import Path

from realtime.outputs.recording import encoding
from realtime.outputs.recording.drafts.draft import Draft
from realtime.outputs.recording.ffmpeg import Ffmpeg, duration
from realtime.outputs.recording.formats.converted import ConvertedWriter
from realtime.outputs.recording.gif import through_ffmpeg
from realtime.outputs.recording.gif.best.program import best_gif
from realtime.outputs.recording.gif.budget import next_fitting, steps
from realtime.outputs.recording.gif.parameters import COLOURS, GifParameters
from realtime.outputs.recording.process import Process
from realtime.saved_settings.gif_comment import add_comment, comment_block


class GifWriter(ConvertedWriter):
    """A GIF of draft or good quality, of at most `gif_max_mb`, as far as it stays readable."""

    share = 1.1

    @property
    def size(self) -> int:
        """As estimated from the video, and no more than may be."""
        return min(super().size, round(1e6 * self._settings.gif_max_mb))

    def _convert(self, video: Path, frames: int, to: Draft) -> str:
        parameters = self._convert_within_budget(video, frames, to)
        self._check(to.part, parameters.fps, frames)
        add_comment(to.part, self._text)
        return self._describe(parameters, to.part.stat().st_size / 1e6)

    def _convert_within_budget(self, video: Path, frames: int, gif: Draft) -> GifParameters:
        """Convert the video with the first parameters that fit."""
        parameters, *rest = steps(self.fps, self._output_wh, quality=self._settings.gif_quality)
        limit = round(1e6 * self._settings.gif_max_mb) - len(comment_block(self._text))
        while rest:
            self._make(video, parameters, frames, gif, stop_at=limit)
            if gif.part.stat().st_size < limit:
                return parameters
            share = (duration(gif.part) or 0.0) * self.fps / frames
            parameters = next(next_fitting(parameters, rest, share))
            del rest[: rest.index(parameters) + 1]
        self._make(video, parameters, frames, gif, stop_at=None)
        return parameters

    def _make(self, video: Path, parameters: GifParameters, frames: int, gif: Draft, *, stop_at: int | None) -> None:
        draft = self._settings.gif_quality == "draft"
        make_palette = through_ffmpeg.draft_palette if draft else through_ffmpeg.good_palette
        make_gif = through_ffmpeg.draft_gif if draft else through_ffmpeg.good_gif
        palette = self._run(partial(Ffmpeg, make_palette(video, parameters), inherited=gif.handles))
        arguments = make_gif(video, parameters, to=gif.part, stop_at=stop_at, loops=self._settings.gif_loops)
        encoder = partial(Ffmpeg, arguments, inherited=gif.handles)
        self._run_with_progress(encoder, frames * parameters.written_fps / self.fps, stdin=palette)

    def _describe(self, parameters: GifParameters, megabytes: float) -> str:
        size = f"{megabytes:.1f} MB"
        if megabytes > self._settings.gif_max_mb:
            return f"{size}, as it would not be readable at {self._settings.gif_max_mb:g} MB"
        if parameters.size_wh == self._output_wh and parameters.fps == self.fps and parameters.colours == COLOURS:
            return size
        colours = f", {parameters.colours} colours" if parameters.colours < COLOURS else ""
        return f"{size} at {parameters.fps:.3g} fps, {parameters.size_wh[0]}x{parameters.size_wh[1]}{colours}"


class BestGifWriter(GifWriter):
    """A GIF of the best quality, from a lossless video."""

    encoding = encoding.LOSSLESS
    share = 0.5

    def _make(self, video: Path, parameters: GifParameters, frames: int, gif: Draft, *, stop_at: int | None) -> None:
        command = best_gif(video, parameters, to=gif.part, stop_at=stop_at, loops=self._settings.gif_loops)
        encoder = partial(Process, command, name="the GIF encoder", inherited=gif.handles)
        self._run_with_progress(encoder, frames * parameters.written_fps / self.fps)
