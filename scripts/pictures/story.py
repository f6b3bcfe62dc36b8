"""`ventral story`: a picture's way through the network, layer by layer, as a GIF or a film."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
from cyclopts import Parameter

from models.errors import OutputError, SettingError, SourceError
from models.spec import Hw, LayerInfo
from realtime.capture.pictures import list_pictures, read_picture
from realtime.imaging.frame import Image
from realtime.inference.channels import check_channels
from realtime.inference.engine import Engine
from realtime.inference.predictions import classify
from realtime.inference.providers import choose
from realtime.outputs.recording.gif import COLOURS, Palette, delays, picture_colours, write_gif
from realtime.outputs.recording.paths import claim
from realtime.outputs.recording.sinks import open_sink
from realtime.sheets.still import Still, StillOptions
from realtime.sheets.storyboard import Card, Shot, Storyboard, story_colours
from realtime.show.config import NetworkOptions
from realtime.show.look import announce
from realtime.views.tiles import fill_panel, fullest
from scripts.common.progress import progress

log = logging.getLogger(__name__)

GIF_WIDTH, FILM_WIDTH = 480, 1280
LARGEST_GIF = 1920
GIF_STEP, FILM_FPS = 0.08, 25.0
"""Seconds of a picture of a GIF's fade, and the rate of a film."""

TILES = (8, 12, 18, 24, 32)
"""How many channels are shown, at least, of a layer of each block: deeper ones are more, and coarser."""

LONGEST = 300.0
"""Seconds of a layer: the end stays twice as long, and a GIF holds no picture for more than 655."""

PREDICTIONS = 3
KINDS = (".gif", ".mp4")


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryOptions(StillOptions):
    """How a story is told."""

    channels: str | None = None
    """the channels to show, such as 3,17; without them the most active"""
    seconds: float = 1.6
    """how long each layer is shown"""
    width: int | None = None
    """of the film, in pixels; 480 for a GIF and 1280 for an MP4"""

    def check(self) -> None:
        """Raise SettingError for a number that makes no sense."""
        StillOptions.check(self)
        if not 0.1 <= self.seconds <= LONGEST:
            raise SettingError(f"--seconds takes 0.1 to {LONGEST:g}, but got {self.seconds:g}")
        if self.width is not None and not 240 <= self.width <= 3840:
            raise SettingError(f"--width takes 240 to 3840 pixels, but got {self.width}")
        _ = self.chosen_channels

    @property
    def chosen_channels(self) -> tuple[int, ...]:
        """The channels named, as numbers; SettingError for what is none."""
        try:
            return tuple(int(each) for each in self.channels.split(",")) if self.channels else ()
        except ValueError:
            raise SettingError(f"--channels takes numbers such as 3,17, but got '{self.channels}'") from None

    def canvas_hw(self, suffix: str) -> Hw:
        """A canvas of 16:9, both sides even as video wants them; SettingError for a GIF too large to play."""
        if suffix == ".gif" and (self.width or 0) > LARGEST_GIF:
            raise SettingError(
                f"--width of a GIF is at most {LARGEST_GIF} pixels, but got {self.width}; make it an .mp4"
            )
        width = self.width or (GIF_WIDTH if suffix == ".gif" else FILM_WIDTH)
        return round(width * 9 / 32) * 2, width - width % 2


def story(
    *images: Path,
    output: Annotated[Path, Parameter(alias="-o")],
    force: bool = False,
    telling: Annotated[StoryOptions, Parameter(name="*")] = StoryOptions(),
    choice: Annotated[NetworkOptions, Parameter(name="*")] = NetworkOptions(),  # noqa: B008, a frozen value
) -> None:
    """Tell the way of a picture through the network: the picture, then every layer, first to last, with captions.

    Example: `ventral story cat.jpg -o cat.gif`

    :param images: one picture, or several, or a folder of them
    :param output: a .gif or .mp4 file; for several pictures a folder, which gets a .gif named after each
    :param force: replace a file that is already there
    """
    telling.check()
    places = claim_places(images, output, force=force)
    for _, place in places:
        telling.canvas_hw(place.suffix.lower())
    network = choice.open()
    layers = telling.chosen_layers(network.info) or network.info.landmarks
    for layer in layers:
        check_channels(layer, telling.chosen_channels)
    with Engine(choose(choice.provider)) as engine:
        announce(network.info, engine.provider)
        for image, place in good_pictures(places):
            with progress(f"telling {place.name}", len(layers) + 1) as advance:
                tell(Still(image, network, engine, telling.size), layers, place, telling, advance)


def gather(images: Sequence[Path]) -> list[Path]:
    """Every picture named, and those of every folder named; SourceError when there is none."""
    found = [path for each in images for path in (list_pictures(each) if each.is_dir() else [each])]
    if not found:
        raise SourceError("no picture was named; expected one or more, or a folder of them")
    return found


def claim_places(images: Sequence[Path], output: Path, *, force: bool) -> list[tuple[Path, Path]]:
    """Every picture with the file that its story becomes; OutputError when one cannot be written."""
    pictures = gather(images)
    alone = len(pictures) == 1 and not images[0].is_dir()
    if output.suffix.lower() in KINDS and alone:
        return [(pictures[0], claim(output, force=force, suffixes=KINDS))]
    if output.suffix:
        expected = (
            f"expected a name that ends in {' or '.join(KINDS)}" if alone else "expected a folder for all stories"
        )
        raise OutputError(f"cannot write {output}: {expected}")
    if output.exists() and not output.is_dir():
        raise OutputError(f"{output} is a file; expected a folder for the stories")
    if not output.is_dir():
        claim(output.with_name(f"{output.name}.gif"), force=True)
        return [(path, output / name) for path, name in named(pictures)]
    return [(path, claim(output / name, force=force, suffixes=KINDS)) for path, name in named(pictures)]


def named(pictures: Sequence[Path]) -> Iterator[tuple[Path, str]]:
    """Every picture with the name of its story, cat.jpg cat.gif; of two called alike the second keeps its suffix."""
    taken: set[str] = set()
    for path in pictures:
        names = [f"{path.stem}.gif", f"{path.name}.gif", *(f"{path.stem}-{number}.gif" for number in range(2, 9999))]
        name = next(each for each in names if each not in taken)
        taken.add(name)
        yield path, name


def good_pictures(places: Sequence[tuple[Path, Path]]) -> Iterator[tuple[Image, Path]]:
    """Read the pictures; of several a broken one is passed over and named. SourceError when none is good."""
    good = 0
    for path, place in places:
        try:
            image = read_picture(path)
        except SourceError as error:
            if len(places) == 1:
                raise
            log.warning("passed over: %s", error)
            continue
        good += 1
        yield image, place
    if not good:
        raise SourceError(f"none of the {len(places)} pictures is good; nothing was written")


def tell(
    still: Still, layers: Sequence[LayerInfo], place: Path, telling: StoryOptions, advance: Callable[[], None]
) -> None:
    """Draw the story of one picture and write it to `place`."""
    size_hw = telling.canvas_hw(place.suffix.lower())
    board = Storyboard(size_hw, still.image, still.network.info, layers)
    cards = [*draw_cards(still, board, layers, telling, advance)]
    place.parent.mkdir(exist_ok=True)
    if place.suffix.lower() == ".gif":
        write_story(place, board.play(cards, step=GIF_STEP), still.image)
    else:
        write_film(place, board.play(cards, step=1 / FILM_FPS), size_hw)
    advance()


def draw_cards(
    still: Still, board: Storyboard, layers: Sequence[LayerInfo], telling: StoryOptions, advance: Callable[[], None]
) -> Iterator[Card]:
    """The picture, every layer, and what the classifier says, where there is one."""
    yield board.opening(telling.seconds)
    for layer in layers:
        channels, panel_hw = telling.chosen_channels, board.panel.hw
        count = len(channels) or tile_count(layer, panel_hw, still.aspect)
        grid = fill_panel(count, panel_hw, aspect=still.aspect)
        yield board.layer(still.tiles(layer, grid, count, channels), telling.seconds)
        advance()
    if still.network.info.classifier is not None:
        said = classify(still.engine, still.network, still.image, PREDICTIONS)
        yield board.ending(said, 2 * telling.seconds)


def tile_count(layer: LayerInfo, panel_hw: Hw, aspect: float) -> int:
    """How many tiles of a layer are shown: as few as suit its block, and more where they fill the panel better."""
    least = TILES[min(layer.block, len(TILES)) - 1]
    counts = (fullest(each, layer.channels, panel_hw, aspect=aspect) for each in (least, 3 * least // 2))
    return max(counts, key=lambda count: count * np.prod(fill_panel(count, panel_hw, aspect=aspect).cell_hw))


def write_story(place: Path, shots: Iterable[Shot], image: Image) -> None:
    """Write a GIF, each shot one picture that lasts as long as it should."""
    shared = story_colours()
    palette = Palette(np.concatenate([shared, picture_colours(image, COLOURS - len(shared))]))
    painted = [(palette.paint(shot.image), shot.seconds) for shot in shots]
    write_gif(place, (picture for picture, _ in painted), [*delays(seconds for _, seconds in painted)])


def write_film(place: Path, shots: Iterable[Shot], size_hw: Hw) -> None:
    """Write a video at a constant rate; what a shot is too long or too short is carried over."""
    end, given = 0.0, 0
    with open_sink(place, fps=FILM_FPS, size_wh=size_hw[::-1], force=True) as sink:
        for shot in shots:
            end += shot.seconds
            for _ in range(round(end * FILM_FPS) - given):
                sink.write(shot.image)
                given += 1
