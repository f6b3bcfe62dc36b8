"""`ventral dream`: DeepDream of a picture, or an endless zoom into it."""

from __future__ import annotations

import dataclasses
import logging
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated, Any, TypeAlias

import numpy as np
from cyclopts import Parameter

from models.errors import SettingError
from models.spec import CLASSES, Hw, ModelInfo
from realtime.dreams.deepdream import (
    AscentOptions,
    AscentResult,
    DeepDream,
    Octave,
    endless_zoom,
    plan_octaves,
)
from realtime.dreams.objective import (
    Objective,
    ObjectiveGradient,
    default_layer,
    guided,
)
from realtime.dreams.parse_objective import CLASS, parse_objective
from realtime.imaging.compositing import enlarge, resize
from realtime.imaging.frame import Image, hw
from realtime.imaging.png import write_png
from realtime.imaging.reading.read_picture import read_picture
from realtime.outputs.recording.open_writer import open_writer
from realtime.outputs.recording.paths import check_writable
from realtime.show.options import NetworkOptions, between
from scripts.common.expected_time import expected_time, pass_seconds
from scripts.common.open_engine import open_engine
from scripts.common.parameters import Force, Like, OutputPath, Seed
from scripts.common.progress import progress
from scripts.common.reuse_settings import reuse_settings, settings_of
from scripts.common.saved_settings import given_options

log = logging.getLogger(__name__)

ZOOM = 1.05  # from one frame of an endless zoom to the next

ZOOM_FPS = 12.5
"""The frame rate of an endless zoom: each frame is a dream of its own, and a GIF counts hundredths of a second."""

MAX_PIXELS = 80_000_000

LONG_SIDE = 1280  # pixels of the longer side of a dream, at least, where no width is given
FIRST_SIDE = 112  # about the shorter side of the first octave, in pixels: it draws what is seen from afar
MAX_OCTAVES = 20

AscendOctave: TypeAlias = Callable[[Octave, Callable[[], None]], AscentResult | None]
"""Gradient ascent at one octave, with a function to call after each piece."""

Ascend: TypeAlias = Callable[[Octave, AscendOctave], AscentResult | None]
"""Runs the gradient ascent of one octave and shows its progress."""


@Parameter(name="*")
@dataclass(frozen=True, slots=True, kw_only=True)
class DreamOptions:
    """The objective of a dream, and the settings of its gradient ascent."""

    layer: tuple[str, ...] = ()
    """a layer, one of its channels such as block4_conv2:23, or a sum such as "0.7*block4_conv2:23 + 0.3*block5_conv1";
    repeatable (default: one at about two thirds of the depth)"""
    channel: int | None = None
    """only this channel of the layer"""
    class_: Annotated[str | None, Parameter(name="--class")] = None
    """a class instead of a layer, by name or number"""
    guide: Path | None = None
    """a picture that the dream should resemble"""
    octaves: Annotated[int | None, between(1, MAX_OCTAVES)] = None
    """number of octaves: sizes of the picture, from small to large (default: 4, or more for a large picture)"""
    octave_scale: Annotated[float | None, between(1.05, 4)] = None
    """size ratio of two successive octaves (default: 1.4)"""
    steps: Annotated[int | None, between(1, 10_000)] = None
    """gradient ascent steps per octave (default: 10)"""
    step_size: Annotated[float | None, between(0.001, 255)] = None
    """mean change of a pixel value (0 to 255) per step, less in large octaves (default: 1.5)"""
    jitter: Annotated[int | None, between(0, 1024)] = None
    """maximum random shift before each step, in pixels (default: 32)"""
    seed: Seed = None
    """random seed (default: 0)"""
    width: Annotated[int | None, between(1, 32_000)] = None
    """width of the result, in pixels (default: that of the picture, at least 1280 pixels on its longer side)"""
    tile: Annotated[int | None, between(64, 4096)] = None
    """maximum side of a tile, the part of the picture that the network processes at once, in pixels (default: 512)"""

    @property
    def ascent(self) -> AscentOptions:
        """The options of the gradient ascent."""
        names = {field.name for field in dataclasses.fields(AscentOptions)}
        return AscentOptions(**{name: value for name, value in given_options(self).items() if name in names})

    def for_picture(self, size_hw: Hw) -> DreamOptions:
        """These options with enough octaves to start small, unless their number was given."""
        if self.octaves is not None:
            return self
        ascent = self.ascent
        count = math.ceil(math.log(max(min(size_hw) / FIRST_SIDE, 1)) / math.log(ascent.octave_scale)) + 1
        return dataclasses.replace(self, octaves=min(max(count, ascent.octaves), MAX_OCTAVES))

    def objective(self, info: ModelInfo) -> Objective:
        """The objective, without the guide; SettingError for options that contradict each other."""
        if self.class_ is not None:
            if self.layer or self.channel is not None or self.guide:
                raise SettingError("--class cannot be combined with --layer, --channel or --guide")
            return parse_objective(info, CLASS + self.class_)
        objective = parse_objective(info, " + ".join(self.layer or (default_layer(info),)), self.channel)
        if self.guide and CLASSES in objective.head.layers:
            raise SettingError("a class cannot be combined with --guide")
        return objective

    def complete(self, info: ModelInfo) -> dict[str, Any]:
        """Every option that applies, given or default."""
        layer = {} if self.class_ is not None else {"layer": self.layer or (default_layer(info),)}
        return given_options(self) | dataclasses.asdict(self.ascent) | {"seed": self.seed or 0} | layer


def dream(  # noqa: PLR0913, all of the command line
    picture: Path,
    *,
    output: OutputPath,
    like: Like = None,
    zoom_frames: Annotated[int | None, between(1)] = None,
    zoom: Annotated[float | None, between(1.001, 2)] = None,
    force: Force = False,
    options: DreamOptions = DreamOptions(),
    network_options: NetworkOptions = NetworkOptions(),  # noqa: B008, a frozen value
) -> None:
    """Change a picture to amplify what the network sees in it: DeepDream.

    Example: `ventral dream cat.jpg -o dream.png --octaves 4 --steps 10`

    :param picture: a picture
    :param output: a .png file, in which the settings are saved; with --zoom-frames a .gif or .mp4 file
    :param zoom_frames: number of frames of an endless zoom into the dream
    :param zoom: zoom factor from frame to frame (default: 1.05)
    """
    if zoom is not None and not zoom_frames:
        raise SettingError("--zoom needs --zoom-frames")
    check_writable(output, force=force, suffixes=(".gif", ".mp4") if zoom_frames else (".png",))
    options, network_options, network = reuse_settings(like, "dream", options, network_options)
    objective, source = (
        options.objective(network.info),
        read_source(picture, options.width, 1 if zoom_frames else LONG_SIDE),
    )
    options = options.for_picture(hw(source))
    with open_engine(network_options, network.info) as engine:
        if options.guide is not None:
            objective = guided(engine, network, objective, read_picture(options.guide))
        dreamer = Dreamer(ObjectiveGradient(engine, network, objective), options)
        complete = options.complete(network.info) | {"width": source.shape[1]}
        settings = settings_of("dream", network, network_options, **complete).to_json()
        if zoom_frames:
            with open_writer(output, fps=ZOOM_FPS, size_wh=hw(source)[::-1], force=force, text=settings) as writer:
                for each in dreamer.zoom(source, zoom_frames, zoom or ZOOM):
                    writer.write(each)
        else:
            with expected_time(f"{hw(source)[1]}x{hw(source)[0]}", dreamer.expected_seconds(source)):
                result = dreamer.dream(source)
            write_png(output, result, settings)


def read_source(path: Path, width: int | None, long_side: int) -> Image:
    """The picture at `width`, or with a longer side of at least `long_side`; SettingError for too many pixels."""
    image = read_picture(path)
    height_now, width_now = image.shape[:2]
    scale = width / width_now if width else max(long_side / max(height_now, width_now), 1.0)
    size_hw = (max(round(height_now * scale), 1), max(round(width_now * scale), 1))
    if size_hw[0] * size_hw[1] > MAX_PIXELS:
        raise SettingError(f"{path.name} would be {size_hw[1]}x{size_hw[0]} pixels; choose a smaller --width")
    return enlarge(image, size_hw) if scale > 1 else resize(image, size_hw)


class Dreamer:
    """DeepDream of pictures, octave by octave."""

    def __init__(self, gradient: ObjectiveGradient, options: DreamOptions) -> None:
        self._gradient, self._ascent = gradient, options.ascent
        self._limits = gradient.limits
        self._rng = np.random.default_rng(options.seed or 0)

    def dream(self, image: Image, ascend: Ascend | None = None) -> Image:
        """The dream of a picture; SettingError if no octave changes the objective."""
        state = DeepDream(self._gradient, image, self._ascent, self._rng)
        results = [(ascend or self._log)(octave, state.ascend) for octave in self._octaves(image)]
        if not any(result and result.before != result.after for result in results):
            raise SettingError("the objective has no gradient on this picture; choose another --layer or --channel")
        return state.image

    def expected_seconds(self, image: Image) -> float:
        """How long the dream of a picture will take."""
        octaves = [octave for octave in self._octaves(image) if octave.tiling is not None]
        first = octaves[0].tiling
        assert first is not None, "plan_octaves rejects pictures without"
        seconds = pass_seconds(self._gradient, (first.rows.tile, first.cols.tile))
        return seconds * sum(octave.pixels(self._ascent) for octave in octaves) / (first.rows.tile * first.cols.tile)

    def zoom(self, image: Image, frames: int, factor: float) -> Iterator[Image]:
        """The frames of an endless zoom: dream, zoom in, dream again."""
        pieces = sum(octave.work(self._ascent) for octave in self._octaves(image))
        with progress(f"dreaming {frames} frames", frames * pieces) as advance:
            dream = partial(self.dream, ascend=lambda octave, ascend_octave: ascend_octave(octave, advance))
            yield from endless_zoom(image, frames, factor, dream)

    def _octaves(self, image: Image) -> list[Octave]:
        return plan_octaves(hw(image), self._ascent, self._limits)

    def _log(self, octave: Octave, ascend_octave: AscendOctave) -> AscentResult | None:
        """Ascend one octave with a progress bar, and log the result."""
        name, size = f"octave {octave.number} of {octave.count}", f"{octave.size_hw[1]}x{octave.size_hw[0]}"
        with progress(name, octave.work(self._ascent)) as advance:
            result = ascend_octave(octave, advance)
        if result is None:
            log.info("%s: %s is too small for the network, skipped", name, size)
        else:
            log.info("%s: %s, objective %.4g -> %.4g", name, size, result.before, result.after)
        return result
