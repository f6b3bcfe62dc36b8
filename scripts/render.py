"""`ventral render`: the same pipeline offline, every frame of a video or every picture."""

from __future__ import annotations

import itertools
import logging
import sys
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from rich.console import Console
from rich.progress import track

from models.errors import OutputError
from models.network import open_network
from models.spec import Hw
from realtime.capture.opening import open_source
from realtime.capture.source import EndOfSource, Source
from realtime.config import Look
from realtime.controls import Controls
from realtime.engine import Engine
from realtime.frame import Frame, Image
from realtime.pipeline import Pipeline
from realtime.providers import choose
from realtime.recording.output import claim
from realtime.recording.sinks import open_sink
from realtime.table import configure, make_controls
from realtime.views import ALL

log = logging.getLogger(__name__)

HOLD = 60
"""Frames that a picture of a folder stays in a video: two seconds."""


def render(
    source: str,
    *,
    output: Annotated[Path, Parameter(alias="-o")],
    frames: int | None = None,
    force: bool = False,
    look: Annotated[Look, Parameter(name="*")] = Look(),  # noqa: B008, a frozen value
) -> None:
    """Draw a video, a picture or a folder of pictures to a file, with no frame left out.

    Example: `ventral render clip.mp4 -o clip-block3.mp4 --layer block3_conv1`

    :param source: a video, a picture, a folder of pictures, a URL, or pattern
    :param output: an .mp4 or .gif file, a .png for one picture, or a folder for a PNG of every frame
    :param frames: end after so many frames
    :param force: replace a file that is already there
    """
    look.check()
    stills = output.suffix in ("", ".png")
    claim_place(output, force=force)
    network = open_network(look.model)
    views = [view() for view in ALL]
    controls = make_controls(network.info, views)
    configure(controls, look, network.info)
    with (
        closing(open_source(source, hold=1 if stills else HOLD)) as pictures,
        Engine(choose(look.provider)) as engine,
    ):
        if not network.info.trained:
            log.warning("%s is UNTRAINED (random weights)", network.info.name)
        pipeline = Pipeline(network, engine, views, canvas_hw=look.canvas_hw, short_side=look.size)
        drawn = draw_all(pictures, pipeline, controls)
        quiet = not sys.stderr.isatty()
        shown = track(itertools.islice(drawn, frames), "drawing", console=Console(stderr=True), disable=quiet)
        if output.suffix == "":
            write_stills(shown, output, force=force)
        else:
            write_film(shown, output, fps=pictures.fps, size_hw=look.canvas_hw, force=force)


def claim_place(output: Path, *, force: bool) -> None:
    """Check that a file, or a folder that may not be there yet, can be written; OutputError when it cannot."""
    if output.suffix:
        claim(output, force=force)
    elif output.is_dir():
        claim(output / "00001.png", force=force)
    elif output.exists():
        raise OutputError(f"{output} is a file; expected a folder, or a name that ends in .mp4, .gif or .png")
    else:
        claim(output.with_name(f"{output.name}.png"), force=True)


def draw_all(source: Source, pipeline: Pipeline, controls: Controls) -> Iterator[Image]:
    """The canvas of every picture of a source, in order."""
    for index in itertools.count():
        try:
            image = source.read()
        except EndOfSource:
            return
        now = index / source.fps
        yield pipeline.draw_patiently(Frame(image, index, now), controls.snapshot(), now).frame.image


def write_film(canvases: Iterable[Image], output: Path, *, fps: float, size_hw: Hw, force: bool) -> None:
    """Write canvases that come at `fps` to one file; a video repeats or leaves out, so that it lasts as long."""
    with open_sink(output, fps=fps, size_wh=size_hw[::-1], force=force) as sink:
        for index, canvas in enumerate(canvases, start=1):
            while sink.frames < round(index * sink.fps / fps):
                sink.write(canvas)


def write_stills(canvases: Iterable[Image], folder: Path, *, force: bool) -> None:
    """Write each canvas to a numbered PNG file in a folder, made when it is not there."""
    for index, canvas in enumerate(canvases, start=1):
        folder.mkdir(exist_ok=True)
        with open_sink(folder / f"{index:05d}.png", fps=1.0, size_wh=canvas.shape[1::-1], force=force) as sink:
            sink.write(canvas)
