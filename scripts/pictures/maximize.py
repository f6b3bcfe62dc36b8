"""`ventral maximize`: the picture that maximizes a channel or a class."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from cyclopts import Parameter

from models.errors import SettingError
from models.spec import CLASSES, Hw, ModelInfo, Network
from realtime.dreams.deepdream import AscentResult
from realtime.dreams.enlarge import DETAIL, detail_octaves, enlarge_with_detail
from realtime.dreams.objective import ObjectiveGradient
from realtime.imaging.frame import Image
from realtime.imaging.png import write_png
from realtime.inference.channels import check_channels
from realtime.inference.classes import find_class
from realtime.inference.engine import Engine
from realtime.maximization.maximize import Target, with_deconv_fallback
from realtime.maximization.maximize import maximize as ascend
from realtime.outputs.recording.paths import check_writable
from realtime.sheets.contact import Labelled, columns, contact_sheet
from realtime.show.options import NetworkOptions, between
from scripts.common.expected_time import expected_time, pass_seconds
from scripts.common.open_engine import open_engine
from scripts.common.parameters import Force, Like, OutputPath, Seed, parse_channels
from scripts.common.progress import progress
from scripts.common.reuse_settings import reuse_settings, settings_of
from scripts.common.saved_settings import given_options

log = logging.getLogger(__name__)

SIZE = 1280  # pixels of the side of the picture, or of all pictures of a sheet together
FIRST_SIDE, STEPS = 224, 256  # the size at which a picture is composed; then it is enlarged, and drawn more finely
MAX_CHANNELS = 64


@Parameter(name="*")
@dataclass(frozen=True, slots=True, kw_only=True)
class MaximizeOptions:
    """What to maximize, and the settings of the gradient ascent."""

    layer: str | None = None
    """the layer of the channels (see: ventral layers)"""
    channel: str | None = None
    """a channel, or several for a sheet, such as 3,17,40"""
    unit: str | None = None
    """one position of the channel instead of its mean, as fractions of width and height, such as 0.5,0.5"""
    class_: Annotated[str | None, Parameter(name="--class")] = None
    """a class instead of a layer and a channel, by name or number"""
    size: Annotated[int | None, between(32, 4096)] = None
    """longer side of each picture, in pixels (default: 1280; less in a sheet)"""
    steps: Annotated[int | None, between(1, 10_000)] = None
    """gradient ascent steps for the composition, at 224 pixels (default: 256)"""
    seed: Seed = None
    """random seed (default: 0)"""

    def targets(self, info: ModelInfo) -> list[Target]:
        """What to maximize; SettingError or ModelError for options that contradict each other or the network."""
        given = (self.layer is not None, self.channel is not None, self.class_ is not None)
        if given not in ((True, True, False), (False, False, True)):
            raise SettingError("expected either --layer and --channel, or --class alone")
        if self.class_ is not None:
            if self.unit is not None:
                raise SettingError("--unit needs --layer and --channel: a class has no position in the picture")
            index = find_class(info, self.class_)
            return [Target(CLASSES, index, info.scores.labels[index])]
        layer, channels = info.layer(self.layer or ""), parse_channels("--channel", self.channel)
        if not 1 <= len(channels) <= MAX_CHANNELS:
            raise SettingError(f"--channel takes 1 to {MAX_CHANNELS} channels, but got {len(channels)}")
        check_channels(layer, channels)
        return [Target(layer.name, channel, f"channel {channel}") for channel in channels]

    def sizes(self, gradient: ObjectiveGradient, pictures: int) -> tuple[Hw, Hw]:
        """The sizes of the composition and of the result; SettingError for one that the network does not take."""
        name, limits = gradient.network.info.name, gradient.limits
        size = self.size or max(SIZE // columns(pictures), FIRST_SIDE)
        least = max(limits.fixed_hw or (limits.smallest,))
        if size < least:
            raise SettingError(f"--size is {size}, but {name} needs at least {least} pixels")
        first_hw = limits.fit((min(size, FIRST_SIDE),) * 2)
        return first_hw, (round(size * first_hw[0] / max(first_hw)), round(size * first_hw[1] / max(first_hw)))

    @property
    def position(self) -> tuple[float, float] | None:
        """The position of the unit; None for the whole channel, SettingError for an invalid position."""
        if self.unit is None:
            return None
        try:
            across, down = (float(part) for part in self.unit.split(","))
        except ValueError:
            across = down = math.nan
        if not (0 <= across <= 1 and 0 <= down <= 1):
            raise SettingError(f"--unit takes two numbers from 0 to 1, such as 0.5,0.5, but got '{self.unit}'")
        return across, down


def maximize(
    *,
    output: OutputPath,
    like: Like = None,
    force: Force = False,
    options: MaximizeOptions = MaximizeOptions(),
    network_options: NetworkOptions = NetworkOptions(),  # noqa: B008, a frozen value
) -> None:
    """Draw the picture that maximizes a channel or a class, or a sheet of pictures for several channels.

    Example: `ventral maximize --layer block4_conv2 --channel 3,17,40 -o channels.png`

    :param output: a .png file, in which the settings are saved
    """
    check_writable(output, force=force, suffixes=(".png",))
    options, network_options, network = reuse_settings(like, "maximize", options, network_options)
    targets, _ = options.targets(network.info), options.position
    with open_engine(network_options, network.info) as engine:
        pictures = [*draw_pictures(engine, network, targets, options)]
    title = f"{options.layer}   {network.info.name}"
    result = pictures[0].image if len(pictures) == 1 else contact_sheet(pictures, title)
    complete = {"steps": STEPS, "seed": 0} | given_options(options)
    write_png(output, result, settings_of("maximize", network, network_options, **complete).to_json())


def draw_pictures(
    engine: Engine, network: Network, targets: Sequence[Target], options: MaximizeOptions
) -> Iterator[Labelled]:
    """The picture of each target; each has a progress bar and a line in the log."""
    for target in targets:
        drawer = Drawer(target.gradient(engine, network, at=options.position), options, len(targets))
        rng = np.random.default_rng([options.seed or 0, target.channel])
        with (
            expected_time(target.name, drawer.expected_seconds()),
            progress(target.name, drawer.work) as advance,
        ):
            image, result = drawer.draw(rng, advance)
        log.info("%s: objective %.4g -> %.4g", target.name, result.before, result.after)
        if result.after <= result.before:
            log.warning("%s does not respond, so its picture is empty; try another --seed or more --steps", target.name)
        yield Labelled(image, target.name)


class Drawer:
    """Draws one picture: first its composition, then octave by octave its detail.

    A unit has no detail of its own at a larger size: its picture is only enlarged.
    """

    def __init__(self, gradient: ObjectiveGradient, options: MaximizeOptions, pictures: int) -> None:
        self._gradient, self._steps = gradient, options.steps or STEPS
        self._first_hw, self._size_hw = options.sizes(gradient, pictures)
        limits = gradient.limits
        alone = options.position is not None
        self._octaves = () if alone else detail_octaves(self._first_hw, self._size_hw, limits)

    @property
    def work(self) -> int:
        """The number of passes through the network."""
        return self._steps + sum(octave.work(DETAIL) for octave in self._octaves)

    def expected_seconds(self) -> float:
        """How long it will take."""
        first = self._first_hw[0] * self._first_hw[1]
        pixels = self._steps * first + sum(octave.pixels(DETAIL) for octave in self._octaves)
        return pass_seconds(self._gradient, self._first_hw) * pixels / first

    def draw(self, rng: np.random.Generator, advance: Callable[[], None]) -> tuple[Image, AscentResult]:
        """The picture, and the values of the objective before and after its composition."""
        objective = with_deconv_fallback(self._gradient)
        image, result = ascend(objective, self._first_hw, self._steps, rng, advance)
        return enlarge_with_detail(objective, image, self._size_hw, self._octaves, rng, advance), result
