"""What is known of a show at one moment, and whether it is well."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from realtime.pace.level import Level

STALE = 5.0  # seconds without a canvas, or without a turn of the main loop, after which a show is not well
STUCK = 60.0  # seconds without a result of the network
PERIODS = 10.0  # the first of these limits in periods of the source; the longer one applies


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures of a show; ages and `uptime` are in seconds, and an age is infinite before the first time.

    `rates` and `totals` are by stage, `dropped` by part, and `faults` by output; `result_age` is that of the newest
    result of the network. `view_fault` is what has failed in the newest canvas, `lost` why no frame comes, `waiting`
    what a show waits for that shows moving pictures meanwhile, and `fallback` why the network does not run on a GPU.
    """

    version: str
    model: str
    provider: str
    fallback: str
    precision: str
    source: str
    source_rate: float
    lost: str
    waiting: str
    resting: bool
    uptime: float
    rates: Mapping[str, float]
    totals: Mapping[str, int]
    frame_age: float
    canvas_age: float
    result_age: float
    turn_age: float
    dropped: Mapping[str, int]
    faults: Mapping[str, str]
    view_fault: str
    failed: int
    reconnects: int
    flashing: bool
    level: Level
    given_up: str
    resident_bytes: int

    @property
    def problem(self) -> str:
        """Why the show is not well; empty where it is."""
        if self.turn_age > STALE:
            return f"the main loop has not run for {self.turn_age:.0f} s"
        if self.resting:
            return ""
        if self.lost or self.waiting:
            return self.lost or self.waiting
        if self.canvas_age == math.inf:
            return "no picture yet"
        if self.canvas_age > max(STALE, PERIODS / self.source_rate):
            return f"no picture for {self.canvas_age:.0f} s"
        if self.result_age > STUCK:
            return f"no result from the network for {self.result_age:.0f} s"
        return self.view_fault or next((fault for fault in self.faults.values() if fault), "")
