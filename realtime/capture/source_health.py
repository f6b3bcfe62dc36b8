"""Whether a source lives: how fast its pictures come, how long none came, and how long none differed."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from realtime.imaging.frame import Image

SPAN = 30
"""Pictures over which the rate is measured."""

SAMPLES = 64
"""Pixels per row and column that are compared from picture to picture: the noise of a sensor changes some."""


@dataclass(frozen=True, slots=True)
class HealthLimits:
    """How long a live source may misbehave, in seconds, and when a lost one is opened again."""

    silence: float = 2.0
    """Without a picture, until it counts as lost; a slow source has `periods` of its own."""
    periods: float = 10.0
    unchanged: float = 5.0
    """With the same picture again and again, until that is said."""
    frozen: float = 15.0
    """The same, until the source is opened again: some drivers repeat the last picture for ever."""
    opening: float = 20.0
    pauses: tuple[float, ...] = (0.5, 1, 2, 5, 10, 30)
    """Before each attempt to open it again; the last one for ever."""
    stuck: int = 4
    """Threads that may hang in a driver before no new attempt is made."""
    look: float = 0.1
    """Between two looks at the source."""


class SourceHealth:
    """What the pictures of one source, opened once, tell about its health; one thread beats, any may ask.

    `before` is the sample of the last picture before it was opened again: a source that then shows the
    same has a still scene before it, and opening it once more would help nothing.
    """

    def __init__(self, nominal_fps: float, now: float, before: NDArray[np.uint8] | None = None) -> None:
        self.fps = 0.0
        self.sample = before
        self._nominal_fps = nominal_fps
        self._times: deque[float] = deque(maxlen=SPAN)
        self._heard = self._changed = now
        self._still = before is not None

    @property
    def steady(self) -> bool:
        """Whether the source has truly come back: one that gives a few pictures and goes is asked less and less."""
        return len(self._times) == self._times.maxlen

    def beat(self, image: Image, now: float) -> None:
        """Note that `image` came at the time `now`."""
        self._times.append(now)
        span = now - self._times[0]
        self.fps = (len(self._times) - 1) / span if span > 0 else 0.0
        self._heard = now
        sample = image[:: image.shape[0] // SAMPLES + 1, :: image.shape[1] // SAMPLES + 1].copy()
        if self.sample is None or not np.array_equal(sample, self.sample):
            self._changed, self._still = now, False
        self.sample = sample

    def trouble(self, patience: HealthLimits, now: float) -> str | None:
        """Tell why the source counts as lost, if it does."""
        period = 1 / min(self._nominal_fps, self.fps or self._nominal_fps)
        limit = max(patience.silence, patience.periods * period)
        if now - self._heard > limit:
            return f"no picture for {limit:.2g} s"
        if self._heard - self._changed > patience.frozen and not self._still:
            return f"the same picture for {patience.frozen:.2g} s"
        return None

    def murmur(self, patience: HealthLimits) -> str | None:
        """Tell what is odd about the source and may yet be right, if anything."""
        same = self._heard - self._changed
        return f"the same picture for {same:.0f} s" if same > patience.unchanged else None
