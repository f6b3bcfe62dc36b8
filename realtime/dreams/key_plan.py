"""The octaves of a key picture: shapes grow in small pictures, and fine lines in the last and largest."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from models.spec import Hw, InputLimits
from realtime.dreams.dream_settings import DreamSettings

FINISH = 1.43  # the size of the last octave, which draws fine lines, by that of the one before
FINE = 2  # its scales
HALF = 0.5  # share of the work from which on there is an octave less
STEP = 8  # pixels: octaves have sides that this divides


class KeyOctave(NamedTuple):
    """The size of an octave, its steps, and the scales of the gradient that get the same strength there."""

    size_hw: Hw
    steps: int = 8
    scales: int = 4


@dataclass(frozen=True, slots=True)
class KeyPlan:
    """The octaves, the smallest first; a step changes a pixel by `step_size`, 0..255, on average."""

    octaves: tuple[KeyOctave, ...]
    step_size: float = 2.0
    jitter: int = 32

    @property
    def size_hw(self) -> Hw:
        """The size of the finished key picture."""
        return self.octaves[-1].size_hw


def plan_octaves(frame_hw: Hw, settings: DreamSettings, limits: InputLimits) -> tuple[KeyOctave, ...]:
    """The octaves for a frame, the smallest first, for a network that accepts the sizes within `limits`."""
    if limits.fixed_hw is not None:
        return (KeyOctave(limits.fixed_hw, settings.steps + settings.finish, settings.scales),)
    step = math.lcm(STEP, limits.step)
    largest = [max(settings.size * side / max(frame_hw), limits.smallest) for side in frame_hw]
    scales = [settings.octave_scale**power for power in range(settings.octaves - 1, -1, -1)]
    sizes = [size for size in (_divided(largest, scale, step) for scale in scales) if limits.accepts(size)]
    sizes = list(dict.fromkeys(sizes or [limits.fit((math.ceil(largest[0]), math.ceil(largest[1])))]))
    octaves = [KeyOctave(size_hw, settings.steps, settings.scales) for size_hw in sizes]
    if settings.finish:
        size_hw = _divided([side * FINISH for side in largest], 1.0, step)
        octaves.append(KeyOctave(size_hw, settings.finish, min(settings.scales, FINE)))
    return tuple(octaves)


def eased(settings: DreamSettings, effort: float) -> DreamSettings:
    """The settings of a dream with a share of its work: fewer steps, and with half of it an octave less."""
    if effort >= 1:
        return settings
    octaves = max(settings.octaves - (effort <= HALF), 1)
    return replace(settings, steps=max(round(settings.steps * effort), 1), octaves=octaves)


def _divided(size: Sequence[float], by: float, step: int) -> Hw:
    """A size in whole steps."""
    height, width = (max(round(side / by / step), 1) * step for side in size)
    return height, width
