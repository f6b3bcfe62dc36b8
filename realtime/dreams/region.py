"""The region that dreams: where the picture is like the chosen places."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from functools import partial

import cv2
import numpy as np

from models.spec import Hw
from realtime.features.likeness import Likeness, Point, likeness
from realtime.features.projection import Projection
from realtime.imaging.frame import Floats, Image, hw
from realtime.imaging.guided_filter import enlarge_along_guide
from realtime.motion.fields import Grey, grey, warp
from realtime.motion.motion import Motion
from realtime.threads.background_result import BackgroundResult

EVERY = 0.4  # seconds between two searches
EASE = 0.15  # seconds: the time constant with which the region follows what was found
EDGE = (0.1, 0.5)  # likeness where the dream begins and where it is complete


class Region:
    """The region is searched for in the background, and moves along with the picture until it has been found anew."""

    def __init__(self) -> None:
        self._identity: object = None
        self._likeness = Likeness()
        self._points: tuple[Point, ...] = ()
        self._job = BackgroundResult[Floats]()
        self._begun: Motion | None = None
        self._found: tuple[Floats, Motion] | None = None
        self._light: Floats | None = None
        self._searched = -math.inf

    def clear(self) -> None:
        """Forget where it was: the picture is another one."""
        self._begun = self._found = self._light = None
        self._searched = -math.inf

    def follow(self, flow: Floats, elapsed: float) -> None:
        """Go on to the next frame; `flow` leads back from it, in pixels."""
        for motion in (self._begun, self._found[1] if self._found else None):
            if motion is not None:
                motion.add(flow)
        if self._light is not None and self._found is not None:
            moved, share = warp(self._light, flow), 1 - math.exp(-elapsed / EASE)
            self._light = moved + np.float32(share) * (self._moved(flow.shape[:2]) - moved)

    def search(  # noqa: PLR0913, what a search depends on
        self,
        identity: object,
        points: tuple[Point, ...],
        picture: Grey,
        now: float,
        channels: int,
        run: Callable[[Projection], Mapping[str, Floats]],
        start: Callable[[Callable[[], Floats]], Future[Floats]],
    ) -> None:
        """Take what was found, and search again now and then; `identity` is that of what features are compared."""
        found = self._job.take()
        if found is not None and self._begun is not None:
            self._found = found, self._begun
            if self._light is None:
                self._light = self._moved(picture.shape)
        if (identity, points) != (self._identity, self._points):
            if identity != self._identity:
                self._likeness = Likeness()
            self._identity, self._points, self._searched = identity, points, -math.inf
        if self._job.idle and now - self._searched >= EVERY:
            self._begun, self._searched = Motion(picture), now
            self._job.send(start(partial(_search, self._likeness, points, channels, run)))

    def apply(self, dreamed: Image, image: Image, part: Callable[[Hw], tuple[slice, slice]]) -> Image:
        """The dream where the region is, and the image elsewhere: the `part` of a frame of any size that is seen."""
        if self._light is None:
            return image
        low, high = EDGE
        seen = self._light[part(hw(self._light))]
        light = enlarge_along_guide(np.clip((seen - low) / (high - low), 0, 1), grey(image))
        share = light * np.float32(1 / 255)
        return cv2.blendLinear(dreamed, image, share, 1 - share)  # type: ignore[return-value]

    def _moved(self, size_hw: tuple[int, ...]) -> Floats:
        """What was found, where it is now."""
        assert self._found is not None
        light, motion = self._found
        return motion.warp(light, (size_hw[0], size_hw[1]), np.zeros((*size_hw, 2), np.float32))


def _search(
    likenesses: Likeness,
    points: tuple[Point, ...],
    channels: int,
    run: Callable[[Projection], Mapping[str, Floats]],
) -> Floats:
    return likeness(likenesses.maps(points, channels, run), points)
