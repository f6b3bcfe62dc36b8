"""`ventral render`: the render pipeline offline, for every frame of a video or every picture."""

import itertools
import logging
import sys
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Annotated

from rich.console import Console
from rich.progress import track

from models.errors import OutputError, SettingError, SourceError
from realtime.canvas.pipeline import Pipeline
from realtime.capture.films.constant_rate import at_constant_rate
from realtime.capture.registry import open_source, stands_still
from realtime.capture.source import EndOfSource, Source, SourceOptions
from realtime.controls.controls import Controls
from realtime.controls.settings import RecordSettings
from realtime.imaging.frame import Frame, Image
from realtime.imaging.png import write_png
from realtime.outputs.recording.image_writer import ImageWriter
from realtime.outputs.recording.open_writer import FILMS, open_writer
from realtime.outputs.recording.paths import check_writable
from realtime.show.options import RenderOptions, between
from realtime.show.setup import open_setup, record_of, settings_text
from realtime.takes.take_file import is_take
from realtime.takes.take_film import read_start
from scripts.common.open_engine import open_engine
from scripts.common.parameters import Force, OutputPath
from scripts.common.reuse_show import options_of_show, reuse_show
from scripts.show.play_take import play

log = logging.getLogger(__name__)

PATTERN = "pattern"

ENDINGS = f"{', '.join(FILMS)} or .png"

HOLD = 60  # frames of a video that show one picture: two seconds


def render(
    source: str,
    *,
    output: OutputPath,
    frames: Annotated[int | None, between(1)] = None,
    fps: Annotated[float | None, between(1, 120)] = None,
    force: Force = False,
    options: RenderOptions = RenderOptions(),  # noqa: B008, a frozen value
) -> None:
    """Render every frame of a video, a picture, a folder of pictures or a take to a file.

    Example: `ventral render clip.mp4 -o clip-block3.mp4 --layer block3_conv1`

    A take plays as the show went, with its network, its canvas and its values; options replace them.

    :param source: a video, a picture, a folder of pictures, a URL, a .take file of ventral --log, or pattern
    :param output: an .mp4, .gif, .webm or .webp file, a .png for one picture, or a folder for one PNG per frame
    :param frames: stop after this many frames; a single picture is shown for so long (default: 60)
    :param fps: frames per second of the result (default: as many as the source has)
    """
    check_output(output, force=force)
    take = read_start(Path(source)) if is_take(source) else None
    options = reuse_show(options) if take is None else options_of_show(take, options, Path(source))
    setup = open_setup(options)
    setup.controls.set("window/status", False)  # without a window its status line needs no room
    check_source(source, output, frames, setup.controls)
    source_options = SourceOptions(hold=_frames_of_a_picture(source, output, frames))
    faults: list[SourceError] = []
    with (
        closing(open_source(source, source_options) if take is None else play(source, take, setup)) as opened,
        open_engine(options, setup.network.info) as engine,
    ):
        fps = fps or opened.fps
        images = read_all(opened) if output.suffix == "" else at_constant_rate(opened, fps)
        canvases = draw_canvases(images, fps, setup.pipeline(engine, options), setup.controls, faults)
        tracked = track(
            itertools.islice(canvases, frames), "drawing", console=Console(stderr=True), disable=not sys.stderr.isatty()
        )
        text = settings_text(record_of("render", options, setup, source=opened.name, fps=fps), setup.controls)
        if output.suffix == "":
            write_stills(tracked, output, text, force=force)
        else:
            settings, size_wh = setup.controls.snapshot()[RecordSettings], options.canvas_hw[::-1]
            writer = open_writer(output, fps=fps, size_wh=size_wh, force=force, settings=settings, text=text)
            write_film(tracked, writer)
    if faults:
        raise SourceError(f"{faults[0]}; the frames before it are in {output}")


def _frames_of_a_picture(source: str, output: Path, frames: int | None) -> int:
    """How often a picture is drawn: once for stills; in a film for two seconds, or as long as `frames` says."""
    if output.suffix in ("", ".png"):
        return 1
    alone = frames is not None and stands_still(source) and Path(source).is_file()
    return frames if alone and frames else HOLD


def check_source(source: str, output: Path, frames: int | None, controls: Controls) -> None:
    """Raise SettingError for an endless source, and for a live dream of a single picture."""
    if source == PATTERN and frames is None:
        raise SettingError(f"{PATTERN} never ends; limit it with --frames")
    if output.suffix == ".png" and controls.value("show/view") == "dream":
        raise SettingError("a live dream needs many frames; for a single picture: ventral dream PICTURE -o OUT")


def check_output(output: Path, *, force: bool) -> None:
    """Raise OutputError unless `output` is a file that can be written, or a folder that exists or can be made."""
    if output.name in ("", *FILMS, ".png"):
        raise OutputError(f"cannot write '{output}': expected a name that ends in {ENDINGS}, or a new folder")
    if output.suffix:
        check_writable(output, force=force)
    elif output.is_dir():
        check_writable(output / "00001.png", force=force)
    elif output.exists():
        raise OutputError(f"{output} is a file; expected a folder, or a name that ends in {ENDINGS}")
    else:
        check_writable(output.with_name(f"{output.name}.png"), force=True)


def read_all(source: Source) -> Iterator[Image]:
    """Every image of a source once, however long it is shown."""
    try:
        while True:
            yield source.read()
    except EndOfSource:
        return


def draw_canvases(
    images: Iterator[Image], fps: float, pipeline: Pipeline, controls: Controls, faults: list[SourceError]
) -> Iterator[Image]:
    """The canvas of every image; an error of the source after the first one ends them, and is added to `faults`."""
    for index in itertools.count():
        try:
            image = next(images, None)
        except SourceError as error:
            if index == 0:
                raise
            faults.append(error)
            return
        if image is None:
            return
        now = index / fps
        yield pipeline.draw_when_ready(Frame(image, index, now), controls.snapshot(), now).frame.image


def write_film(canvases: Iterable[Image], writer: ImageWriter) -> None:
    """Write canvases at a constant frame rate to one file."""
    with writer:
        for canvas in canvases:
            writer.write(canvas)
    if writer.note:
        log.info("%s: %s", writer.path, writer.note)


def write_stills(canvases: Iterable[Image], folder: Path, text: str, *, force: bool) -> None:
    """Write each canvas to a numbered PNG file in `folder`, which is made if needed, with the settings as a text."""
    for index, canvas in enumerate(canvases, start=1):
        folder.mkdir(exist_ok=True)
        write_png(check_writable(folder / f"{index:05d}.png", force=force), canvas, text)
