"""What a show gives up to hold its rate, step by step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from realtime.pace.governor import TOO_MUCH, Rung

SIZES = (0.86, 0.71, 0.57)  # of the short side of the input: 192, 160 and 128 pixels of 224
DRAWING = 0.3  # of the time of a view: what does not depend on its network
STEP = 16  # pixels: the sides of a smaller input are multiples of it
EFFORTS = (0.75, 0.5)  # of the steps of a dream; an octave goes with the second
FLUENT = 25.0  # fps of the network that look fluent: above twice of it, every second canvas is given up first
SLOW = 1.35  # load with which a network at its own pace still is better than one that draws every second canvas
SLOWEST = 5.0  # fps of the network below which it does not go


@dataclass(frozen=True, slots=True)
class Level:
    """The shares of the input's short side and of a dream's steps, the precision, and how many canvases share a result.

    The first level gives up nothing.
    """

    size: float = 1.0
    int8: bool = False
    effort: float = 1.0
    every: int = 1

    def short_side(self, full: int, smallest: int) -> int:
        """The short side of the input in pixels."""
        return full if self.size == 1.0 else max(round(full * self.size / STEP) * STEP, min(smallest, full))


FULL = Level()


@dataclass(frozen=True, slots=True)
class Allowed:
    """What may be given up: nothing that a person has chosen, and nothing that would not help.

    `int8` is the time of int8 relative to fp32, 1 where it is not allowed; `sizes` and `efforts` are shares.
    """

    sizes: tuple[float, ...] = ()
    int8: float = 1.0
    efforts: tuple[float, ...] = ()


def ladder(rate: float, allowed: Allowed) -> tuple[Level, ...]:
    """The levels of a show of `rate` fps, from all that the network can do to the least work."""
    levels = [FULL, *([Level(int8=True)] if allowed.int8 < 1 else [])]
    base = levels[-1]
    if rate >= 2 * FLUENT:
        base = replace(base, every=2)
        levels.append(base)
    levels += [replace(base, size=size) for size in allowed.sizes]
    levels += [replace(levels[-1], effort=effort) for effort in allowed.efforts]
    while rate / (levels[-1].every + 1) >= SLOWEST and levels[-1].every < 4:
        levels.append(replace(levels[-1], every=levels[-1].every + 1))
    return tuple(levels)


def cost(level: Level, allowed: Allowed) -> float:
    """The work of a level by that of the first one, as far as it is known."""
    network = level.size**2 * (allowed.int8 if level.int8 else 1.0)
    return (DRAWING + (1 - DRAWING) * network) * (0.5 + 0.5 * level.effort) / level.every


def rungs(levels: Sequence[Level], allowed: Allowed) -> tuple[Rung, ...]:
    """The levels as the governor sees them; what would lower the rate of the network comes when it is low anyway."""
    limits = [SLOW if after.every > level.every else TOO_MUCH for level, after in pairwise(levels)]
    costs = [cost(level, allowed) for level in levels]
    return tuple(Rung(*each) for each in zip(costs, [*limits, TOO_MUCH], strict=True))


def words(level: Level, short_side: int) -> str:
    """What a level gives up, for people; empty for the first one. `short_side` is that of the smaller input."""
    parts = [
        "int8" if level.int8 else "",
        f"input {short_side} px" if level.size < 1 else "",
        "shorter dreams" if level.effort < 1 else "",
        f"network in one of {level.every} canvases" if level.every > 1 else "",
    ]
    return ", ".join(part for part in parts if part)
