"""`ventral maximize`: the picture that a channel or a class wants to see."""

from __future__ import annotations

import logging
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
from cyclopts import Parameter

from models.errors import SettingError
from models.spec import CLASSES, Hw, ModelInfo, Network
from realtime.dreams.maximize import maximize as climb
from realtime.dreams.maximize import reviving
from realtime.dreams.objective import ObjectiveGradient, channel_objective
from realtime.inference.channels import check_channels
from realtime.inference.classes import find_class
from realtime.inference.engine import Engine
from realtime.inference.providers import choose
from realtime.outputs.recording.paths import claim
from realtime.sheets.contact import Labelled, contact_sheet
from realtime.show.config import NetworkOptions
from realtime.show.look import announce
from scripts.common.progress import progress
from scripts.common.reuse_settings import reuse_settings, settings_of
from scripts.common.saved_settings import said, write_picture

log = logging.getLogger(__name__)

SIZE, STEPS = 224, 256
DEFAULTS = {"steps": STEPS, "seed": 0}
MOST = 64
"""Channels of a sheet."""

RANGES = {"size": (32, 2048), "steps": (1, 10_000), "seed": (0, 2**63 - 1)}


@dataclass(frozen=True, slots=True, kw_only=True)
class MaximizeOptions:
    """What is looked for, and how long."""

    layer: str | None = None
    """the layer whose channels are asked (see: ventral layers)"""
    channel: str | None = None
    """the channel, or several for a sheet, such as 3,17,40"""
    unit: str | None = None
    """of the channel only the unit at this place, 0 to 1 across and down, such as 0.5,0.5: as much as one unit sees"""
    class_: Annotated[str | None, Parameter(name="--class")] = None
    """instead of a layer and a channel, a class by name or number, for networks that name what they see"""
    size: int | None = None
    """pixels each way of the picture (default: 224)"""
    steps: int | None = None
    """of the climb (default: 256)"""
    seed: int | None = None
    """of all that is random (default: 0)"""

    def check(self) -> None:
        """Raise SettingError for what makes no sense."""
        for name, (low, high) in RANGES.items():
            value = getattr(self, name)
            if value is not None and not low <= value <= high:
                raise SettingError(f"--{name} takes {low} to {high}, but got {value}")
        given = (self.layer is not None, self.channel is not None, self.class_ is not None)
        if given not in ((True, True, False), (False, False, True)):
            raise SettingError("expected --layer and --channel, or --class alone, to say what to look for")
        if self.class_ is not None and self.unit is not None:
            raise SettingError("--unit takes one unit of a --layer; a class has no place in the picture")
        _ = self.place

    def subjects(self, info: ModelInfo) -> list[Subject]:
        """What is looked for; SettingError or ModelError for what the network does not have."""
        if self.class_ is not None:
            place = find_class(info, self.class_)
            return [Subject(CLASSES, place, info.scores.labels[place])]
        layer = info.layer(self.layer or "")
        check_channels(layer, self._channels)
        return [Subject(layer.name, channel, f"channel {channel}") for channel in self._channels]

    def picture_hw(self, slopes: ObjectiveGradient) -> Hw:
        """The size of a picture; SettingError for one that the network does not take."""
        name = slopes.network.info.name
        if slopes.fixed_hw is not None:
            if self.size is not None and slopes.fixed_hw != (self.size, self.size):
                raise SettingError(f"{name} takes {slopes.fixed_hw[1]}x{slopes.fixed_hw[0]} pixels alone; omit --size")
            return slopes.fixed_hw
        size = self.size or SIZE
        if size < slopes.smallest:
            raise SettingError(f"--size is {size}, but {name} needs at least {slopes.smallest} pixels")
        return size, size

    @property
    def place(self) -> tuple[float, float] | None:
        """Where the unit lies; None for the whole channel, SettingError for what is no place."""
        if self.unit is None:
            return None
        try:
            across, down = (float(part) for part in self.unit.split(","))
        except ValueError:
            across = down = math.nan
        if not (0 <= across <= 1 and 0 <= down <= 1):
            raise SettingError(f"--unit takes two numbers from 0 to 1, such as 0.5,0.5, but got '{self.unit}'")
        return across, down

    @property
    def _channels(self) -> list[int]:
        try:
            channels = [int(each) for each in (self.channel or "").split(",")]
        except ValueError:
            raise SettingError(f"--channel takes numbers such as 3,17,40, but got '{self.channel}'") from None
        if len(channels) > MOST:
            raise SettingError(f"--channel takes up to {MOST} channels, but got {len(channels)}")
        return channels


@dataclass(frozen=True, slots=True)
class Subject:
    """One thing to look for: a channel of a layer or of CLASSES, and its name."""

    layer: str
    channel: int
    name: str


def maximize(
    *,
    output: Annotated[Path, Parameter(alias="-o")],
    like: Path | None = None,
    force: bool = False,
    options: Annotated[MaximizeOptions, Parameter(name="*")] = MaximizeOptions(),
    choice: Annotated[NetworkOptions, Parameter(name="*")] = NetworkOptions(),  # noqa: B008, a frozen value
) -> None:
    """Draw the picture that a channel, or a class, answers to most; for several channels a sheet of them.

    Example: `ventral maximize --layer block4_conv2 --channel 3,17,40 -o wanted.png`

    :param output: a .png file, which keeps the settings
    :param like: a .png file made before, whose settings count where no others are given
    :param force: replace a file that is already there
    """
    claim(output, force=force, suffixes=(".png",))
    options, choice, network = reuse_settings(like, "maximize", options, choice)
    options.check()
    subjects = options.subjects(network.info)
    with Engine(choose(choice.provider)) as engine:
        announce(network.info, engine.provider)
        found = [*pictures(engine, network, subjects, options)]
    result = found[0].image if len(found) == 1 else contact_sheet(found, f"{options.layer}   {network.info.name}")
    settled = said(options) | {name: getattr(options, name) or value for name, value in DEFAULTS.items()}
    write_picture(output, result, settings_of("maximize", network, choice, **settled))


def pictures(
    engine: Engine, network: Network, subjects: Sequence[Subject], options: MaximizeOptions
) -> Iterator[Labelled]:
    """The picture of each subject, told as it is done."""
    steps = options.steps or STEPS
    for subject in subjects:
        goal = channel_objective(network.info, subject.layer, subject.channel, options.place)
        plain = ObjectiveGradient(engine, network, goal)
        answering = reviving(plain, ObjectiveGradient(engine, network, goal.through("deconv")))
        rng = np.random.default_rng([options.seed or 0, subject.channel])
        with progress(subject.name, steps) as advance:
            image, ascent = climb(answering, options.picture_hw(plain), steps, rng, advance)
        log.info("%s: answer %.4g -> %.4g", subject.name, ascent.before, ascent.after)
        if ascent.after <= ascent.before:
            log.warning("%s stays silent: its picture shows nothing; try another --seed or more --steps", subject.name)
        yield Labelled(image, subject.name)
