"""A dream on moving pictures: detail that a network wants to see, carried along by what moves.

The detail lies on a small picture of a size of its own. Every frame it is carried along the optical flow, fades a
little and drifts; whenever the network has climbed a few steps beside the show, what it found is added.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from models.spec import Hw
from realtime.dreams.optical_flow import Grey, backward, carried, drift, grey
from realtime.imaging.frame import Floats, Image
from realtime.inference.engine import Engine
from realtime.inference.network_input import network_input
from realtime.threads.request import Request

HEADROOM = 12.0
"""Grey levels that a dream leaves free at black and at white, so that nothing burns out: the large picture goes further
up and down than the small one that dreams."""

STILL = 0.004
"""Motion, in widths of the picture per frame, at which a dream that waits for stillness is halved."""

EASE = 0.3
"""Seconds within which what the network has found comes in: a dream that grows evenly does not flicker."""

RATE = 15.0
"""Results per second from which on each counts as it is."""

BOOST = 4.0
"""How many times as much a result counts, at most, where they come more slowly: a dream is as strong there."""

LEFT = 10.0
"""Seconds after which a dream that was left is forgotten: what moved meanwhile cannot be followed."""

CALM = 1.5
"""Seconds within which stillness is felt."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DreamMotion:
    """What happens to the detail between frames; all of it per second, `fade` in seconds."""

    fade: float
    zoom: float
    turn: float
    across: float
    down: float
    flow: bool
    limit: float
    keep_colours: bool
    wait_for_stillness: bool

    def ways(self, size_hw: Hw, elapsed: float) -> Floats:
        """The flow of the drift in `elapsed` seconds."""
        return drift(
            size_hw,
            zoom=round(self.zoom**elapsed, 5),
            turn=round(self.turn * elapsed, 3),
            across=round(self.across * elapsed, 5),
            down=round(self.down * elapsed, 5),
        )


class DreamState:
    """The detail of one dream; only the render thread touches it."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._detail: Floats | None = None
        self._coming: Floats | None = None
        self._grey: Grey | None = None
        self._then = 0.0
        self._still = 0.0
        self._fed = -math.inf
        self._climb = Request[Floats]()
        self._climbed_from: Grey | None = None
        self.results = 0

    def see(self, image: Image, size_hw: Hw, now: float, currents: DreamMotion) -> tuple[Floats, Floats]:
        """A new frame at `now` seconds: the small picture as the network sees it, and the detail to be added."""
        small = network_input(image, size_hw)
        seen = grey(small)
        if self._detail is None or self._detail.shape[:2] != size_hw or now - self._then > LEFT:
            self.forget(size_hw)
        elif self._grey is not None:
            self._carry(seen, max(now - self._then, 0.0), currents)
        self._grey, self._then = seen, now
        self._gather(currents)
        picture = small.astype(np.float32)
        return picture, self._shown(picture, currents)

    def forget(self, size_hw: Hw) -> None:
        """Begin anew with pictures of a size."""
        self._detail = np.zeros((*size_hw, 3), np.float32)
        self._coming = np.zeros((*size_hw, 3), np.float32)
        self._grey, self._climb = None, Request()

    @property
    def climbing(self) -> bool:
        """Whether the network is at work on this dream."""
        return not self._climb.idle

    def climb(self, climb: Callable[[], Floats]) -> None:
        """Have `climb`, which gives the detail to add, done beside the show."""
        self._climbed_from = self._grey
        self._climb.send(self._engine.start(climb))

    def _carry(self, seen: Grey, elapsed: float, currents: DreamMotion) -> None:
        """Move, fade and grow the detail as `elapsed` seconds do."""
        assert self._detail is not None and self._coming is not None and self._grey is not None
        height, width = seen.shape
        flow = backward(seen, self._grey)
        motion = float(np.abs(flow).mean()) / width
        self._still += (1 - math.exp(-elapsed / CALM)) * (1 / (1 + (motion / STILL) ** 2) - self._still)
        ways = currents.ways((height, width), elapsed)
        ways = flow + ways if currents.flow else ways
        arriving = self._coming * np.float32(1 - math.exp(-elapsed / EASE))
        self._coming = carried(self._coming - arriving, ways)
        self._detail = carried(self._detail * np.float32(math.exp(-elapsed / currents.fade)) + arriving, ways)
        strength = float(np.sqrt(np.mean(np.square(self._detail))))
        if strength > currents.limit:
            self._detail *= np.float32(currents.limit / strength)

    def _gather(self, currents: DreamMotion) -> None:
        """Take in what the network has found meanwhile, carried to where it lies now."""
        found = self._climb.take()
        if found is None or self._coming is None:
            return
        if currents.flow and self._climbed_from is not None and self._grey is not None:
            found = carried(found, backward(self._grey, self._climbed_from))
        self._coming += found * np.float32(min(max(RATE * (self._then - self._fed), 1.0), BOOST))
        self._fed = self._then
        self.results += 1

    def _shown(self, picture: Floats, currents: DreamMotion) -> Floats:
        assert self._detail is not None
        detail = self._detail
        if currents.keep_colours:
            detail = np.repeat(detail.mean(axis=2, keepdims=True), 3, axis=2)
        if currents.wait_for_stillness:
            detail = detail * np.float32(self._still)
        return softened(detail, picture)


def softened(detail: Floats, picture: Floats) -> Floats:
    """The detail, bent where picture and detail together would leave the range of 0 to 255."""
    room = np.where(detail > 0, 255 - HEADROOM - picture, picture - HEADROOM)
    room = np.maximum(room, 1e-3)
    bent: Floats = (room * np.tanh(detail / room)).astype(np.float32)
    return bent


def laid_on(image: Image, detail: Floats) -> Image:
    """A picture of any size with the detail of a small one added.

    Rounded before it grows, the detail takes two thirds of the time, and stays within a grey level of the exact sum.
    """
    grown = cv2.resize(np.rint(detail).astype(np.int16), image.shape[1::-1], interpolation=cv2.INTER_CUBIC)
    return cv2.add(image, grown, dtype=cv2.CV_8U)  # type: ignore[return-value]
