"""Timing of alternatives in turns, so that their ratio holds on a machine that is busy with other things."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

WARM_UP = 2

PAUSE = 0.01
"""Seconds before each run: the threads of some runtimes keep spinning for a while and would slow the next run."""


@dataclass(frozen=True, slots=True)
class Timing:
    """Medians in milliseconds: wall time, and CPU time of all cores, which depends less on the load."""

    wall_ms: float
    cpu_ms: float


def interleaved(functions: Sequence[Callable[[], Any]], runs: int) -> list[Timing]:
    """The time of each function, run in turns after a warm-up."""
    times: list[list[tuple[float, float]]] = [[] for _ in functions]
    for turn in range(WARM_UP + runs):
        for function, measured in zip(functions, times, strict=True):
            time.sleep(PAUSE)
            cpu, start = time.process_time(), time.perf_counter()
            function()
            if turn >= WARM_UP:
                measured.append((time.perf_counter() - start, time.process_time() - cpu))
    return [Timing(*(round(float(each) * 1e3, 2) for each in np.median(measured, axis=0))) for measured in times]
