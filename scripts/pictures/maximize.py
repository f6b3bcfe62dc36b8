"""`ventral maximize`: the picture that maximizes a channel or a class."""

from __future__ import annotations

import logging
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from cyclopts import Parameter

from models.errors import SettingError
from models.spec import CLASSES, Hw, ModelInfo, Network
from realtime.dreams.maximize import Target, with_deconv_fallback
from realtime.dreams.maximize import maximize as ascend
from realtime.dreams.objective import ObjectiveGradient
from realtime.inference.channels import check_channels
from realtime.inference.classes import find_class
from realtime.inference.engine import Engine
from realtime.outputs.recording.paths import check_writable
from realtime.sheets.contact import Labelled, contact_sheet
from realtime.show.options import NetworkOptions, between
from scripts.common.open_engine import open_engine
from scripts.common.parameters import Force, Like, OutputPath, Seed, parse_channels
from scripts.common.progress import progress
from scripts.common.reuse_settings import reuse_settings, settings_of
from scripts.common.saved_settings import given_options, write_picture

log = logging.getLogger(__name__)

SIZE, STEPS = 224, 256
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
    size: Annotated[int | None, between(32, 2048)] = None
    """side of the picture, in pixels (default: 224)"""
    steps: Annotated[int | None, between(1, 10_000)] = None
    """gradient ascent steps (default: 256)"""
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

    def picture_hw(self, gradient: ObjectiveGradient) -> Hw:
        """The size of the picture; SettingError for one that the network does not take."""
        name, fixed_hw = gradient.network.info.name, gradient.fixed_hw
        if fixed_hw is not None:
            if self.size is not None and fixed_hw != (self.size, self.size):
                raise SettingError(f"{name} takes {fixed_hw[1]}x{fixed_hw[0]} pixels only; omit --size")
            return fixed_hw
        size = self.size or SIZE
        if size < gradient.smallest:
            raise SettingError(f"--size is {size}, but {name} needs at least {gradient.smallest} pixels")
        return size, size

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
    write_picture(output, result, settings_of("maximize", network, network_options, **complete))


def draw_pictures(
    engine: Engine, network: Network, targets: Sequence[Target], options: MaximizeOptions
) -> Iterator[Labelled]:
    """The picture of each target; each has a progress bar and a line in the log."""
    steps = options.steps or STEPS
    for target in targets:
        gradient = target.gradient(engine, network, at=options.position)
        rng = np.random.default_rng([options.seed or 0, target.channel])
        with progress(target.name, steps) as advance:
            image, result = ascend(with_deconv_fallback(gradient), options.picture_hw(gradient), steps, rng, advance)
        log.info("%s: objective %.4g -> %.4g", target.name, result.before, result.after)
        if result.after <= result.before:
            log.warning("%s does not respond, so its picture is empty; try another --seed or more --steps", target.name)
        yield Labelled(image, target.name)
