"""`ventral render`: the same pipeline offline, every frame of a video or every picture."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from rich.console import Console
from rich.progress import track

from models.errors import OutputError, SettingError, SourceError
from models.spec import Hw
from realtime.capture.opening import open_source
from realtime.capture.source import EndOfSource, Source
from realtime.controls.controls import Controls
from realtime.imaging.frame import Frame, Image
from realtime.inference.engine import Engine
from realtime.inference.providers import choose
from realtime.outputs.recording.paths import claim
from realtime.outputs.recording.sinks import open_sink
from realtime.show.config import RenderOptions, positive
from realtime.show.look import announce, open_setup
from realtime.show.pipeline import Pipeline

PATTERN = "pattern"

HOLD = 60
"""Frames that a picture of a folder stays in a video: two seconds."""


def render(
    source: str,
    *,
    output: Annotated[Path, Parameter(alias="-o")],
    frames: int | None = None,
    force: bool = False,
    look: Annotated[RenderOptions, Parameter(name="*")] = RenderOptions(),  # noqa: B008, a frozen value
) -> None:
    """Draw a video, a picture or a folder of pictures to a file, with no frame left out.

    Example: `ventral render clip.mp4 -o clip-block3.mp4 --layer block3_conv1`

    :param source: a video, a picture, a folder of pictures, a URL, or pattern
    :param output: an .mp4 or .gif file, a .png for one picture, or a folder for a PNG of every frame
    :param frames: end after so many frames
    :param force: replace a file that is already there
    """
    look.check()
    positive("--frames", frames)
    claim_place(output, force=force)
    opened = open_setup(look)
    check_ends(source, output, frames, opened.controls)
    hold = 1 if output.suffix in ("", ".png") else HOLD
    with closing(open_source(source, hold=hold)) as pictures, Engine(choose(look.provider)) as engine:
        announce(opened.network.info, engine.provider)
        film = Drawing(pictures, opened.pipeline(engine, look), opened.controls)
        canvases = track(
            itertools.islice(film, frames), "drawing", console=Console(stderr=True), disable=not sys.stderr.isatty()
        )
        if output.suffix == "":
            write_stills(canvases, output, force=force)
        else:
            write_film(canvases, output, fps=pictures.fps, size_hw=look.canvas_hw, force=force)
    if film.broken is not None:
        raise SourceError(f"{film.broken}; what came before is in {output}")


def check_ends(source: str, output: Path, frames: int | None, controls: Controls) -> None:
    """Raise SettingError for what would never end, and for a dream that would never begin."""
    if source == PATTERN and frames is None:
        raise SettingError(f"{PATTERN} never ends; say how many --frames")
    if output.suffix == ".png" and controls.value("show/view") == "dream":
        raise SettingError("a live dream grows from picture to picture; for a single one: ventral dream PICTURE -o OUT")


def claim_place(output: Path, *, force: bool) -> None:
    """Check that a file, or a folder that may not be there yet, can be written; OutputError when it cannot."""
    if output.name in ("", ".mp4", ".gif", ".png"):
        raise OutputError(f"cannot write '{output}': expected a name that ends in .mp4, .gif or .png, or a new folder")
    if output.suffix:
        claim(output, force=force)
    elif output.is_dir():
        claim(output / "00001.png", force=force)
    elif output.exists():
        raise OutputError(f"{output} is a file; expected a folder, or a name that ends in .mp4, .gif or .png")
    else:
        claim(output.with_name(f"{output.name}.png"), force=True)


class Drawing:
    """The canvas of every picture of a source, in order; a source that breaks off ends it, and `broken` says why."""

    def __init__(self, source: Source, pipeline: Pipeline, controls: Controls) -> None:
        self.broken: SourceError | None = None
        self._source = source
        self._pipeline = pipeline
        self._controls = controls

    def __iter__(self) -> Iterator[Image]:
        for index in itertools.count():
            try:
                image = self._source.read()
            except EndOfSource:
                return
            except SourceError as error:
                if index == 0:
                    raise
                self.broken = error
                return
            now = index / self._source.fps
            yield self._pipeline.draw_patiently(Frame(image, index, now), self._controls.snapshot(), now).frame.image


def write_film(canvases: Iterable[Image], output: Path, *, fps: float, size_hw: Hw, force: bool) -> None:
    """Write canvases that come at `fps` to one file."""
    with open_sink(output, fps=fps, size_wh=size_hw[::-1], force=force) as sink:
        for canvas in canvases:
            sink.write(canvas)


def write_stills(canvases: Iterable[Image], folder: Path, *, force: bool) -> None:
    """Write each canvas to a numbered PNG file in a folder, made when it is not there."""
    for index, canvas in enumerate(canvases, start=1):
        folder.mkdir(exist_ok=True)
        with open_sink(folder / f"{index:05d}.png", fps=1.0, size_wh=canvas.shape[1::-1], force=force) as sink:
            sink.write(canvas)
