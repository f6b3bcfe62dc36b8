"""Ways that take turns, so that their ratio holds on a machine that is busy with other things."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

WARM_UP = 2

PAUSE = 0.01
"""Seconds before each way: the threads of some runtimes turn on for a while, and would slow the next."""


@dataclass(frozen=True, slots=True)
class Timing:
    """Medians in milliseconds: by the clock, and of all cores together, which a busy machine shifts less."""

    wall_ms: float
    cpu_ms: float


def interleaved(ways: Sequence[Callable[[], Any]], runs: int) -> list[Timing]:
    """How long each way takes, run in turns after a warm-up."""
    times: list[list[tuple[float, float]]] = [[] for _ in ways]
    for turn in range(WARM_UP + runs):
        for way, kept in zip(ways, times, strict=True):
            time.sleep(PAUSE)
            cpu, start = time.process_time(), time.perf_counter()
            way()
            if turn >= WARM_UP:
                kept.append((time.perf_counter() - start, time.process_time() - cpu))
    return [Timing(*(round(float(each) * 1e3, 2) for each in np.median(kept, axis=0))) for kept in times]
