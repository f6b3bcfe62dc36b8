"""`ventral dream`: DeepDream of a picture, or an endless zoom into it."""

from __future__ import annotations

import dataclasses
import logging
import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, TypeAlias

import numpy as np
from cyclopts import Parameter

from models.errors import SettingError
from models.spec import Hw, ModelInfo
from realtime.capture.pictures import read_picture
from realtime.dreams.deepdream import AscentOptions, AscentResult, DeepDream, InputLimits, Octave, endless_zoom, octaves
from realtime.dreams.objective import (
    Objective,
    ObjectiveGradient,
    class_objective,
    default_layer,
    guided,
    layers_objective,
)
from realtime.imaging.compositing import resize
from realtime.imaging.frame import Image, hw
from realtime.inference.engine import Engine
from realtime.inference.providers import choose
from realtime.outputs.recording.paths import claim
from realtime.outputs.recording.sinks import open_sink
from realtime.show.config import NetworkOptions, positive
from realtime.show.look import announce
from scripts.common.progress import progress
from scripts.common.reuse_settings import reuse_settings, settings_of
from scripts.common.saved_settings import said, write_picture

log = logging.getLogger(__name__)

ZOOM = 1.05
"""From one picture of an endless zoom to the next."""

ZOOM_FPS = 12.5
"""Pictures of an endless zoom in a second: each is a dream of its own, and a GIF counts hundredths."""

PIXELS = 80_000_000
"""Of the largest picture."""

FIRST_SIDE = 160
"""Pixels of the short side of the first octave, about: what it draws is what is seen from afar."""

LARGE = 4_000_000
"""Pixels from which a dream takes minutes."""

Climbing: TypeAlias = Callable[[Octave, Callable[[], None]], AscentResult | None]
"""What climbs at one octave, and calls back after each piece."""

RANGES = {
    "octaves": (1, 20),
    "octave_scale": (1.05, 4),
    "steps": (1, 10_000),
    "step_size": (0.001, 255),
    "jitter": (0, 1024),
    "seed": (0, 2**63 - 1),
    "width": (1, 32_000),
    "tile": (64, 4096),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class DreamOptions:
    """What is dreamed of, and how."""

    layer: Annotated[tuple[str, ...], Parameter(show_default=False)] = ()
    """a layer to dream of, and its weight if wanted, such as conv5:0.5; may be given several times (default: one
    about two thirds of the way through)"""
    channel: int | None = None
    """only this channel of the layer"""
    class_: Annotated[str | None, Parameter(name="--class")] = None
    """instead of a layer, a class by name or number, for networks that name what they see"""
    guide: Path | None = None
    """a picture that the dream becomes like"""
    octaves: int | None = None
    """how many sizes the picture is dreamed at, the smallest first (default: 4, or more for a large picture)"""
    octave_scale: float | None = None
    """how much larger each octave is than the one before (default: 1.4)"""
    steps: int | None = None
    """at each octave (default: 10)"""
    step_size: float | None = None
    """how much a pixel, 0 to 255, changes in a step on average (default: 1.5)"""
    jitter: int | None = None
    """pixels by which the picture is shifted at random before each step (default: 32)"""
    seed: int | None = None
    """of all that is random (default: 0)"""
    width: int | None = None
    """of the dream, in pixels (default: as wide as the picture)"""
    tile: int | None = None
    """pixels each way of the largest piece that goes through the network at once (default: 512)"""

    def check(self) -> None:
        """Raise SettingError for what makes no sense."""
        for name, (low, high) in RANGES.items():
            value = getattr(self, name)
            if value is not None and not low <= value <= high:
                option = name.replace("_", "-")
                raise SettingError(f"--{option} takes {low:g} to {high:g}, but got {value}")
        if self.class_ is not None and (self.layer or self.channel is not None or self.guide):
            raise SettingError("--class stands alone; leave out --layer, --channel and --guide")

    @property
    def climb(self) -> AscentOptions:
        """How the picture climbs."""
        names = {field.name for field in dataclasses.fields(AscentOptions)}
        return AscentOptions(**{name: value for name, value in said(self).items() if name in names})

    def for_picture(self, size_hw: Hw) -> DreamOptions:
        """These options with as many octaves as it takes to begin small, where nobody said how many."""
        if self.octaves is not None:
            return self
        climb, (low, high) = self.climb, RANGES["octaves"]
        count = math.ceil(math.log(max(min(size_hw) / FIRST_SIDE, 1)) / math.log(climb.octave_scale)) + 1
        return dataclasses.replace(self, octaves=int(min(max(count, climb.octaves, low), high)))

    def goal(self, info: ModelInfo) -> Objective:
        """What is dreamed of, as yet without the guide."""
        if self.class_ is not None:
            return class_objective(info, self.class_)
        weights = [weighted(info, text) for text in self.layer or (default_layer(info),)]
        return layers_objective(info, weights, self.channel)

    def settled(self, info: ModelInfo) -> dict[str, Any]:
        """Every option as it counted, given or not."""
        layer = () if self.class_ is not None else self.layer or (default_layer(info),)
        return (
            said(self) | dataclasses.asdict(self.climb) | {"seed": self.seed or 0} | ({"layer": layer} if layer else {})
        )


def dream(  # noqa: PLR0913, all of the command line
    image: Path,
    *,
    output: Annotated[Path, Parameter(alias="-o")],
    like: Path | None = None,
    zoom_frames: int | None = None,
    zoom: float | None = None,
    force: bool = False,
    options: Annotated[DreamOptions, Parameter(name="*")] = DreamOptions(),
    choice: Annotated[NetworkOptions, Parameter(name="*")] = NetworkOptions(),  # noqa: B008, a frozen value
) -> None:
    """Let the network see in a picture what it looks for, again and again: DeepDream.

    Example: `ventral dream cat.jpg -o dream.png --octaves 4 --steps 10`

    :param image: a picture
    :param output: a .png file, which keeps the settings; with --zoom-frames a .gif or .mp4 file
    :param like: a .png file made before, whose settings count where no others are given
    :param zoom_frames: zoom into the dream for so many pictures, each dreamed on
    :param zoom: how much larger each picture of the zoom is (default: 1.05)
    :param force: replace a file that is already there
    """
    positive("--zoom-frames", zoom_frames)
    if zoom is not None and (not zoom_frames or not 1 < zoom <= 2):
        raise SettingError(f"--zoom takes more than 1, up to 2, and --zoom-frames with it, but got {zoom:g}")
    claim(output, force=force, suffixes=(".gif", ".mp4") if zoom_frames else (".png",))
    options, choice, network = reuse_settings(like, "dream", options, choice)
    options.check()
    goal, source = options.goal(network.info), read_source(image, options.width)
    options = options.for_picture(hw(source))
    with Engine(choose(choice.provider)) as engine:
        announce(network.info, engine.provider)
        if options.guide is not None:
            goal = guided(engine, network, goal, read_picture(options.guide))
        if source.size > 3 * LARGE:
            log.info("%.0f megapixels take long, and their patterns are fine; --width 1200 is quick", source.size / 3e6)
        dreamer = Dreamer(ObjectiveGradient(engine, network, goal), options)
        if zoom_frames:
            write_zoom(dreamer, source, zoom_frames, zoom or ZOOM, output, force=force)
        else:
            result = dreamer.dream(source)
            write_picture(output, result, settings_of("dream", network, choice, **options.settled(network.info)))


def weighted(info: ModelInfo, text: str) -> tuple[str, float]:
    """Turn "conv3:0.5" into a layer and its weight; SettingError for a weight that is none."""
    name, colon, weight = text.rpartition(":")
    if not colon or any(layer.name == text for layer in info.layers):
        return info.layer(text).name, 1.0
    try:
        value = float(weight)
    except ValueError:
        value = math.nan
    if not 1e-6 <= abs(value) <= 1e6:
        raise SettingError(f"--layer takes NAME or NAME:weight, such as {info.layers[0].name}:0.5, but got '{text}'")
    return info.layer(name).name, value


def read_source(path: Path, width: int | None) -> Image:
    """The picture to dream on, at the width asked for; SettingError when it would be larger than memory likes."""
    image = read_picture(path)
    height_now, width_now = image.shape[:2]
    wanted = width or width_now
    size_hw = (max(round(height_now * wanted / width_now), 1), wanted)
    if size_hw[0] * size_hw[1] > PIXELS:
        raise SettingError(f"{path.name} would be {size_hw[1]}x{size_hw[0]} pixels; make it smaller with --width")
    return resize(image, size_hw)


class Dreamer:
    """Dreams on pictures, saying how each octave went."""

    def __init__(self, slopes: ObjectiveGradient, options: DreamOptions) -> None:
        self._slopes, self._climb = slopes, options.climb
        self._fit = InputLimits(slopes.smallest, slopes.fixed_hw)
        self._rng = np.random.default_rng(options.seed or 0)

    def plan(self, image: Image) -> list[Octave]:
        """The octaves of a picture."""
        return octaves(hw(image), self._climb, self._fit)

    def dream(self, image: Image) -> Image:
        """The dream of a picture, told octave by octave."""

        def told(octave: Octave, climb: Climbing) -> AscentResult | None:
            name, size = f"octave {octave.number} of {octave.count}", f"{octave.size_hw[1]}x{octave.size_hw[0]}"
            with progress(name, octave.work(self._climb)) as advance:
                ascent = climb(octave, advance)
            if ascent is None:
                log.info("%s: %s is too small for the network, skipped", name, size)
            else:
                log.info("%s: %s, answer %.4g -> %.4g", name, size, ascent.before, ascent.after)
            return ascent

        return self._dream(image, told)

    def dream_quietly(self, image: Image, advance: Callable[[], None]) -> Image:
        """The same without words."""
        return self._dream(image, lambda octave, climb: climb(octave, advance))

    def _dream(self, image: Image, turn: Callable[[Octave, Climbing], AscentResult | None]) -> Image:
        """Take every octave in turn; SettingError when the network answers to none."""
        state = DeepDream(self._slopes, image, self._climb, self._rng)
        ascents = [turn(octave, state.climb) for octave in self.plan(image)]
        if not any(ascent and ascent.before != ascent.after for ascent in ascents):
            raise SettingError("what was asked for is silent on this picture; choose another --layer or --channel")
        return state.image

    def work(self, image: Image) -> int:
        """How many pieces a dream of `image` takes."""
        return sum(octave.work(self._climb) for octave in self.plan(image))


def write_zoom(dreamer: Dreamer, image: Image, frames: int, factor: float, output: Path, *, force: bool) -> None:
    """Dream, zoom in, dream, and so on, to a film."""
    with (
        progress(f"dreaming {frames} pictures", frames * dreamer.work(image)) as advance,
        open_sink(output, fps=ZOOM_FPS, size_wh=hw(image)[::-1], force=force) as sink,
    ):
        for each in endless_zoom(image, frames, factor, lambda picture: dreamer.dream_quietly(picture, advance)):
            sink.write(each)
