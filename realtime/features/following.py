"""A projection that follows, smoothly, what is found in the background."""

import math
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from typing import Protocol

from realtime.features.projection import Projection
from realtime.imaging.frame import Floats
from realtime.threads.background_result import BackgroundResult

EVERY = 0.2  # seconds between two updates
EASE = 0.12  # seconds: the time constant with which the projection follows


class Tracker(Protocol):
    """Finds a projection in the features of a moving picture."""

    def update(self, places: Floats, elapsed: float) -> Projection:
        """Add the features (C, h, w) of a picture, `elapsed` seconds after the last one."""


class FollowingProjection:
    """The projection of a tracker; times are those of the frames, in seconds."""

    def __init__(self, tracker: Tracker, places: Floats, now: float) -> None:
        self._tracker = tracker
        self._shown = self._target = tracker.update(places, 0.0)
        self._drawn = self._updated = now
        self._request = BackgroundResult[Projection]()

    def at(self, now: float) -> Projection:
        """The projection for a frame."""
        self._target = self._request.take() or self._target
        share = 1 - math.exp(-max(now - self._drawn, 0.0) / EASE)
        self._shown, self._drawn = self._shown.towards(self._target, share), now
        return self._shown

    def learn(
        self, places: Floats, now: float, start: Callable[[Callable[[], Projection]], Future[Projection]]
    ) -> None:
        """Give the tracker the features of a frame, now and then; `start` runs a job in the background."""
        if self._request.idle and now - self._updated >= EVERY:
            self._request.send(start(partial(self._tracker.update, places, now - self._updated)))
            self._updated = now
