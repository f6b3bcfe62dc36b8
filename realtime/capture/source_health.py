"""The health of a source: its frame rate, how long no frame came, and how long no frame differed."""

from collections import deque
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from realtime.imaging.frame import Image

WINDOW = 30  # frames over which the rate is measured
MOST_DOUBLED = 5  # how often the time doubles after which a frozen source is reopened: eight minutes at most
SAMPLES = 64  # pixels per row and column that are compared between frames: enough to see the noise of a sensor


@dataclass(frozen=True, slots=True)
class HealthLimits:
    """Time limits for a live source, in seconds, and when a lost one is reopened."""

    silence: float = 2.0
    """without a frame, until the source is lost"""
    periods: float = 10.0
    """the same limit in frame periods; the longer one applies"""
    unchanged: float = 5.0
    """with identical frames, until the warning"""
    frozen: float = 15.0
    """with identical frames, until the source is reopened: some drivers repeat the last frame endlessly"""
    opening: float = 20.0
    pauses: tuple[float, ...] = (0.5, 1, 2, 5, 10, 30)
    """before each attempt to reopen; the last one repeats"""
    stuck: int = 4
    """threads that may hang in a driver before attempts stop"""
    interval: float = 0.1
    """between two checks"""


@dataclass(frozen=True, slots=True)
class Frozen:
    """A source that was reopened because it gave the same frame: a sample of it, since when, and how often already."""

    sample: NDArray[np.uint8]
    since: float
    times: int = 1


class SourceHealth:
    """Measures the health of one source since it was opened; one thread records, any thread reads.

    Where it still gives the frame for which it was reopened, it is reopened again, more and more rarely.
    """

    def __init__(self, nominal_fps: float, now: float, frozen: Frozen | None = None) -> None:
        self.fps = 0.0
        self._nominal_fps = nominal_fps
        self._times: deque[float] = deque(maxlen=WINDOW)
        self._opened = self._received = now
        self._frozen = frozen
        self._sample = frozen.sample if frozen else None
        self._changed = frozen.since if frozen else now

    @property
    def steady(self) -> bool:
        """Whether enough frames came to call the source restored; until then the pauses between attempts grow."""
        return len(self._times) == self._times.maxlen

    @property
    def is_frozen(self) -> bool:
        """Whether no frame has differed yet from the one for which the source was reopened."""
        return self._frozen is not None

    @property
    def frozen(self) -> Frozen | None:
        """What is to be known of this source when it is reopened now."""
        if self._sample is None:
            return None
        return Frozen(self._sample, self._changed, self._frozen.times + 1 if self._frozen else 1)

    def record(self, image: Image, now: float) -> None:
        """Record that `image` came at time `now`."""
        self._times.append(now)
        span = now - self._times[0]
        self.fps = (len(self._times) - 1) / span if span > 0 else 0.0
        self._received = now
        sample = image[:: image.shape[0] // SAMPLES + 1, :: image.shape[1] // SAMPLES + 1].copy()
        if self._sample is None or not np.array_equal(sample, self._sample):
            self._changed, self._frozen = now, None
        self._sample = sample

    def fault(self, limits: HealthLimits, now: float) -> str | None:
        """Why the source is lost, or None."""
        period = 1 / min(self._nominal_fps, self.fps or self._nominal_fps)
        limit = max(limits.silence, limits.periods * period)
        if now - self._received > limit:
            return f"no frame for {limit:.2g} s"
        times = min(self._frozen.times if self._frozen else 0, MOST_DOUBLED)
        if self._received - max(self._changed, self._opened) > limits.frozen * 2**times:
            return f"the same frame for {self._received - self._changed:.0f} s"
        return None

    def warning(self, limits: HealthLimits) -> str | None:
        """What may be wrong with the source, or None."""
        same = self._received - self._changed
        return f"the same frame for {same:.0f} s" if same > limits.unchanged else None
