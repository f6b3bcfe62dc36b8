"""`ventral features`: what the network finds alike in a picture or a film has one colour."""

from __future__ import annotations

import dataclasses
import itertools
import logging
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from cyclopts import Parameter

from models.errors import SettingError, SourceError
from models.spec import Hw, LayerInfo, ModelInfo
from realtime.capture.films.constant_rate import at_constant_rate
from realtime.capture.registry import open_source, stands_still
from realtime.capture.source import SourceOptions
from realtime.features.drawing import CLUSTERS, default_layer
from realtime.features.likeness import MAX_POINTS, Point, parse_points
from realtime.features.painter import FeatureLook, FeaturePainter
from realtime.imaging.compositing import enlarge, resize
from realtime.imaging.frame import Image, hw
from realtime.imaging.png import write_png
from realtime.imaging.reading.read_picture import read_picture
from realtime.outputs.recording.open_writer import open_writer
from realtime.outputs.recording.paths import check_writable
from realtime.sheets.contact import Labelled, columns, contact_sheet
from realtime.show.options import InputSize, NetworkOptions, between
from scripts.common.open_engine import open_engine
from scripts.common.parameters import Force, Like, OutputPath
from scripts.common.progress import progress
from scripts.common.reuse_settings import reuse_settings, settings_of
from scripts.common.saved_settings import given_options

log = logging.getLogger(__name__)

SIZE, FILM_SIZE = 448, 320  # pixels of the short side of the input, for a picture and for a film
LONG_SIDE, LARGEST, LARGEST_FILM = 1280, 3840, 1920  # pixels of the longer side of a picture, and of a film
CELL = 480  # pixels of the longer side of a picture on a sheet, at least
ALL = "all"
SAMPLED = 60  # frames of a film from which its colours are found


@Parameter(name="*")
@dataclass(frozen=True, slots=True, kw_only=True)
class FeatureOptions:
    """The layer, and what is shown of its features."""

    layer: Annotated[tuple[str, ...], Parameter(name=("--layer", "--layers"))] = ()
    """a layer; repeatable for a sheet, and "all" for every key layer (default: the deepest that tells places apart)"""
    mode: Literal["picture", "colour", "clusters", "similar"] | None = None
    """the picture in colours of features, the colours alone, clusters, or all that is similar to some places (default:
    picture)"""
    clusters: Annotated[int | None, between(2, 16)] = None
    """number of clusters (default: 6)"""
    similar: tuple[str, ...] = ()
    """a place to be similar to, as fractions of width and height, such as 0.4,0.3; repeatable"""
    not_similar: tuple[str, ...] = ()
    """an example of what is not meant, such as 0.7,0.2; repeatable"""
    size: InputSize | None = None
    """the shorter side of the network's input, in pixels (default: 448, for a video 320)"""

    @property
    def look(self) -> FeatureLook:
        """What is shown; SettingError for options that contradict each other."""
        points = parse_places("--similar", self.similar, wanted=True)
        points += parse_places("--not-similar", self.not_similar, wanted=False)
        mode = self.mode or ("similar" if points else "clusters" if self.clusters else "picture")
        if (mode == "similar") != bool(self.similar):
            raise SettingError("--mode similar needs a place, such as --similar 0.4,0.3, and --similar needs that mode")
        if points and mode != "similar":
            raise SettingError("--not-similar needs --similar")
        if self.clusters and mode != "clusters":
            raise SettingError(f"--clusters needs --mode clusters, but the mode is {mode}")
        if len(points) > MAX_POINTS:
            raise SettingError(f"expected at most {MAX_POINTS} places, but got {len(points)}")
        return FeatureLook(mode, self.clusters or CLUSTERS, points)

    def chosen_layers(self, info: ModelInfo) -> tuple[LayerInfo, ...]:
        """The layers to draw; ModelError for an unknown one."""
        if ALL in self.layer:
            return info.key_layers
        return tuple(info.layer(name) for name in self.layer) or (default_layer(info) or info.key_layers[-1],)

    def complete(self, info: ModelInfo, size: int) -> dict[str, Any]:
        """Every option that applies, given or default."""
        look = self.look
        layers = tuple(layer.name for layer in self.chosen_layers(info))
        defaults = {"size": size, "mode": look.mode} | ({"clusters": CLUSTERS} if look.mode == "clusters" else {})
        return defaults | given_options(self) | {"layer": layers}


def features(  # noqa: PLR0913, all of the command line
    source: Path,
    *,
    output: OutputPath,
    like: Like = None,
    frames: Annotated[int | None, between(1)] = None,
    force: Force = False,
    options: FeatureOptions = FeatureOptions(),
    network_options: NetworkOptions = NetworkOptions(),  # noqa: B008, a frozen value
) -> None:
    """Give what the network finds alike in a picture or a video one colour.

    Example: `ventral features cat.jpg -o cat.png --similar 0.4,0.3`

    :param source: a picture or a video
    :param output: a .png file, in which the settings are saved; for a video an .mp4 or .gif file
    :param frames: stop after this many frames of a video
    """
    if not source.exists():
        raise SourceError(f"there is no file '{source}'; check its name")
    is_picture = stands_still(str(source))
    check_writable(output, force=force, suffixes=(".png",) if is_picture else (".mp4", ".gif"))
    options, network_options, network = reuse_settings(like, "features", options, network_options)
    layers, look = options.chosen_layers(network.info), options.look
    if not is_picture and len(layers) > 1:
        raise SettingError(f"a video takes one --layer, but got {len(layers)}")
    image = read_still(source) if is_picture else None
    with open_engine(network_options, network.info) as engine:
        size = options.size or (SIZE if image is not None else FILM_SIZE)
        painters = [FeaturePainter(engine, network, layer, size, look) for layer in layers]
        settings = settings_of("features", network, network_options, **options.complete(network.info, size))
        if image is None:
            write_film(source, painters[0], output, settings.to_json(), frames=frames, force=force)
            return
        result = draw_picture(image, painters, layers, f"{network.info.name}, {source.name}")
    write_png(output, result, settings.to_json())


def parse_places(option: str, texts: tuple[str, ...], *, wanted: bool) -> tuple[Point, ...]:
    """Places from texts such as "0.4,0.3"; SettingError for anything else."""
    places: list[Point] = []
    for text in texts:
        try:
            (place,) = parse_points(text)
        except ValueError:
            place = Point(0, 0, wanted=False)
        if not place.wanted:
            raise SettingError(f"{option} takes two numbers from 0 to 1, such as 0.4,0.3, but got '{text}'")
        places.append(dataclasses.replace(place, wanted=wanted))
    return tuple(places)


def read_still(path: Path) -> Image:
    """The picture with a longer side of LONG_SIDE to LARGEST pixels."""
    image = read_picture(path)
    return scaled(image, min(max(LONG_SIDE, max(hw(image))), LARGEST))


def scaled(image: Image, long_side: int) -> Image:
    """An image whose longer side has that many pixels."""
    size_hw = _scaled_hw(hw(image), long_side)
    return enlarge(image, size_hw) if long_side > max(hw(image)) else resize(image, size_hw)


def _scaled_hw(size_hw: Hw, long_side: int) -> Hw:
    scale = long_side / max(size_hw)
    return max(round(size_hw[0] * scale), 1), max(round(size_hw[1] * scale), 1)


def draw_picture(image: Image, painters: list[FeaturePainter], layers: tuple[LayerInfo, ...], title: str) -> Image:
    """The features of one layer, or a sheet of several, which begins with the picture."""
    if len(painters) > 1:
        image = scaled(image, min(max(LARGEST // columns(len(painters) + 1) // 2, CELL), max(hw(image))))
    drawn = []
    with progress("drawing", len(painters)) as advance:
        for layer, painter in zip(layers, painters, strict=True):
            drawn.append(Labelled(painter.learn_and_paint(image), layer.name))
            advance()
    return drawn[0].image if len(drawn) == 1 else contact_sheet([Labelled(image, "the picture"), *drawn], title)


def write_film(
    source: Path, painter: FeaturePainter, output: Path, text: str, *, frames: int | None, force: bool
) -> None:
    """Read the film once for its colours, and once more to paint every frame with them."""
    count = sum(1 for _ in read_frames(source, frames))
    every = max(count // SAMPLED, 1)
    with progress("finding the colours", -(-count // every)) as advance:
        painter.learn(_counted(itertools.islice(read_frames(source, frames), 0, None, every), advance))
    with closing(open_source(str(source), SourceOptions())) as opened:
        fps = opened.fps
    first = next(read_frames(source, 1))
    with (
        open_writer(output, fps=fps, size_wh=hw(first)[::-1], force=force, text=text) as writer,
        progress("drawing", count) as advance,
    ):
        for image in _counted(read_frames(source, frames), advance):
            writer.write(painter.paint(image))
    if writer.note:
        log.info("%s: %s", output, writer.note)


def read_frames(source: Path, frames: int | None) -> Iterator[Image]:
    """The frames of a film, at its constant rate and at most LARGEST_FILM pixels wide or high."""
    with closing(open_source(str(source), SourceOptions())) as opened:
        for image in itertools.islice(at_constant_rate(opened), frames):
            yield scaled(image, min(max(hw(image)), LARGEST_FILM))


def _counted(images: Iterator[Image], advance: Any) -> Iterator[Image]:
    for image in images:
        yield image
        advance()
