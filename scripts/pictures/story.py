"""`ventral story`: a camera's way through the network, layer by layer, as an MP4 or a GIF."""

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
from cyclopts import Parameter

from models.errors import OutputError, SettingError, SourceError
from models.files import write_atomically
from models.spec import Hw, LayerInfo
from realtime.controls.settings import GIF_MAX_MB
from realtime.imaging.frame import Image
from realtime.imaging.reading.folder import list_pictures
from realtime.imaging.reading.read_picture import read_picture
from realtime.inference.channels import check_channels
from realtime.inference.predictions import classify
from realtime.outputs.recording.gif.drawings import delays, encode_gif
from realtime.outputs.recording.gif.palette import COLOURS, Palette, image_colours
from realtime.outputs.recording.open_writer import open_writer
from realtime.outputs.recording.paths import check_writable
from realtime.saved_settings.gif_comment import with_comment
from realtime.sheets.picture_activations import PictureActivations
from realtime.sheets.storyboard import Card, Shot, Storyboard, story_colours
from realtime.show.options import NetworkOptions, between
from realtime.views.tiles import best_tile_count, fill_panel
from scripts.common.open_engine import open_engine
from scripts.common.parameters import Force, Like, OutputPath, StillOptions, parse_channels
from scripts.common.progress import progress
from scripts.common.reuse_settings import reuse_settings, settings_of
from scripts.common.saved_settings import given_options

log = logging.getLogger(__name__)

GIF_WIDTH, FILM_WIDTH = 480, 1280
LARGEST_GIF = 1920
FILM_FPS = 25.0

GIF_STEPS = (0.08, 0.12, 0.16, 0.24)
"""Seconds per frame of a GIF while the camera moves: the first one with which it keeps to its size."""

TILES = (8, 12, 18, 24, 32)
"""The least number of tiles for a layer of each block: deeper layers have more and coarser channels."""

SECONDS = 2.4  # per layer
LONGEST = 300.0  # seconds per layer: the ending lasts twice as long, and a GIF frame at most 655 seconds

PREDICTIONS = 3
SUFFIXES = (".mp4", ".gif")


@Parameter(name="*")
@dataclass(frozen=True, slots=True, kw_only=True)
class StoryOptions(StillOptions):
    """The channels, the pace and the size of a story."""

    channels: str | None = None
    """the channels to show, such as 3,17 (default: the most active)"""
    seconds: Annotated[float | None, between(0.1, LONGEST)] = None
    """how long to show each layer, with the way to it (default: 2.4)"""
    width: Annotated[int | None, between(240, 3840)] = None
    """width of the video, in pixels (default: 480 for a GIF, 1280 for an MP4)"""

    @property
    def pace(self) -> float:
        """Seconds for each layer."""
        return SECONDS if self.seconds is None else self.seconds

    @property
    def chosen_channels(self) -> tuple[int, ...]:
        """The channels named, or none; SettingError for text that is not a list of numbers."""
        return parse_channels("--channels", self.channels)

    def canvas_hw(self, suffix: str) -> Hw:
        """A canvas of 16:9 with even sides, as video needs; SettingError for a GIF too large to play."""
        if suffix == ".gif" and (self.width or 0) > LARGEST_GIF:
            raise SettingError(f"--width of a GIF takes 240 to {LARGEST_GIF}, but got {self.width}; choose an .mp4")
        width = self.width or (GIF_WIDTH if suffix == ".gif" else FILM_WIDTH)
        return round(width * 9 / 32) * 2, width - width % 2


def story(
    *pictures: Path,
    output: OutputPath,
    like: Like = None,
    force: Force = False,
    options: StoryOptions = StoryOptions(),
    network_options: NetworkOptions = NetworkOptions(),  # noqa: B008, a frozen value
) -> None:
    """Move through the network: what each layer computes from a picture, one layer after another.

    Example: `ventral story cat.jpg -o cat.mp4`

    :param pictures: one or more pictures, or a folder of pictures
    :param output: an .mp4 file, or a .gif of at most 8 MB; for several pictures a folder, with one .mp4 per picture
    """
    outputs = plan_outputs(pictures, output, force=force)
    options, network_options, network = reuse_settings(like, "story", options, network_options)
    for _, path in outputs:
        options.canvas_hw(path.suffix.lower())
    channels = options.chosen_channels
    layers = options.chosen_layers(network.info) or network.info.key_layers
    for layer in layers:
        check_channels(layer, channels)
    text = settings_of("story", network, network_options, **given_options(options)).to_json()
    with open_engine(network_options, network.info) as engine:
        for image, path in read_pictures(outputs):
            with progress(f"drawing {path.name}", len(layers) + 1) as advance:
                still = PictureActivations(image, network, engine, options.short_side)
                write_story(still, layers, path, options, text, advance)


def plan_outputs(given: Sequence[Path], output: Path, *, force: bool) -> list[tuple[Path, Path]]:
    """Every picture, also of a folder, with the file for its story; SourceError or OutputError if there is none."""
    pictures = [path for each in given for path in (list_pictures(each) if each.is_dir() else [each])]
    if not pictures:
        raise SourceError("no picture given; expected one or more, or a folder of pictures")
    single = len(pictures) == 1 and not given[0].is_dir()
    if output.suffix.lower() in SUFFIXES and single:
        return [(pictures[0], check_writable(output, force=force, suffixes=SUFFIXES))]
    if output.suffix:
        expected = f"a name that ends in {' or '.join(SUFFIXES)}" if single else "a folder for all stories"
        raise OutputError(f"cannot write {output}: expected {expected}")
    if output.exists() and not output.is_dir():
        raise OutputError(f"{output} is a file; expected a folder for the stories")
    if not output.is_dir():
        check_writable(output.with_name(f"{output.name}.mp4"), force=True)
        return [(path, output / name) for path, name in story_names(pictures)]
    return [
        (path, check_writable(output / name, force=force, suffixes=SUFFIXES)) for path, name in story_names(pictures)
    ]


def story_names(pictures: Sequence[Path]) -> Iterator[tuple[Path, str]]:
    """Every picture with a unique file name for its story: cat.jpg cat.mp4, then cat.png cat.png.mp4."""
    used: set[str] = set()
    for path in pictures:
        names = [f"{path.stem}.mp4", f"{path.name}.mp4", *(f"{path.stem}-{number}.mp4" for number in range(2, 9999))]
        name = next(each for each in names if each not in used)
        used.add(name)
        yield path, name


def read_pictures(outputs: Sequence[tuple[Path, Path]]) -> Iterator[tuple[Image, Path]]:
    """Read the pictures; of several, an unreadable one is skipped with a warning. SourceError when all are."""
    count = 0
    for path, output in outputs:
        try:
            image = read_picture(path)
        except SourceError as error:
            if len(outputs) == 1:
                raise
            log.warning("skipped: %s", error)
            continue
        count += 1
        yield image, output
    if not count:
        raise SourceError(f"none of the {len(outputs)} pictures can be read; nothing was written")


def write_story(
    still: PictureActivations,
    layers: Sequence[LayerInfo],
    path: Path,
    options: StoryOptions,
    text: str,
    advance: Callable[[], None],
) -> None:
    """Draw the story of one picture and write it to `path`, with the settings as a text."""
    size_hw = options.canvas_hw(path.suffix.lower())
    board = Storyboard(size_hw, still.image, still.network.info, layers)
    cards = [*draw_cards(still, board, layers, options, advance)]
    path.parent.mkdir(exist_ok=True)
    if path.suffix.lower() == ".gif":
        write_story_gif(path, board, cards, still.image, text)
    else:
        write_film(path, board.play(cards, step=1 / FILM_FPS), size_hw, text)
    advance()


def draw_cards(
    still: PictureActivations,
    board: Storyboard,
    layers: Sequence[LayerInfo],
    options: StoryOptions,
    advance: Callable[[], None],
) -> Iterator[Card]:
    """The picture, every layer, and the predictions if there is a classifier."""
    yield board.opening(options.pace)
    channels, panel_hw = options.chosen_channels, board.panel.hw
    for layer in layers:
        count = len(channels) or tile_count(layer, panel_hw, still.aspect)
        grid = fill_panel(count, panel_hw, aspect=still.aspect)
        yield board.layer(still.tiles(layer, grid, count, channels), options.pace)
        advance()
    if still.network.info.classifier is not None:
        yield board.ending(classify(still.engine, still.network, still.image, PREDICTIONS), 2 * options.pace)


def tile_count(layer: LayerInfo, panel_hw: Hw, aspect: float) -> int:
    """The number of tiles of a layer: at least that of its block, and up to half as many again to fill the panel."""
    least = TILES[min(layer.block, len(TILES)) - 1]
    return best_tile_count(3 * least // 2, layer.channels, panel_hw, aspect=aspect)


def write_story_gif(path: Path, board: Storyboard, cards: Sequence[Card], image: Image, text: str) -> None:
    """Write a GIF with one frame per shot, as long as the shot; with fewer shots where it would become too large."""
    shared = story_colours()
    palette = Palette(np.concatenate([shared, image_colours(image, COLOURS - len(shared))]))
    for step in GIF_STEPS:
        painted = [(palette.paint(shot.image), shot.seconds) for shot in board.play(cards, step=step)]
        content = encode_gif((picture for picture, _ in painted), [*delays(seconds for _, seconds in painted)])
        content = with_comment(content, text)
        if len(content) <= 1e6 * GIF_MAX_MB:
            break
    else:
        log.warning("%s has %.0f MB; --width 360 or an .mp4 is smaller", path, len(content) / 1e6)
    write_atomically(path, content)


def write_film(path: Path, shots: Iterable[Shot], size_hw: Hw, text: str) -> None:
    """Write a video at a constant frame rate; rounding errors of a shot's length are carried over to the next."""
    end, written = 0.0, 0
    with open_writer(path, fps=FILM_FPS, size_wh=size_hw[::-1], force=True, text=text) as writer:
        for shot in shots:
            end += shot.seconds
            for _ in range(round(end * FILM_FPS) - written):
                writer.write(shot.image)
                written += 1
