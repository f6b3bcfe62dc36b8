"""The state of a dream on moving pictures: detail that the network draws, moved along the optical flow.

The detail lies on a small picture. In every frame it is warped along the optical flow, fades a little and drifts. When
a few steps of gradient ascent have run in the background, their detail is added.
"""

import math
from collections.abc import Callable

import cv2
import numpy as np

from models.spec import Hw
from realtime.dreams.dream_settings import DreamSettings
from realtime.dreams.optical_flow import Grey, backward_flow, drift_flow, grey, warp
from realtime.imaging.frame import Floats, Image
from realtime.inference.engine import Engine
from realtime.inference.network_input import network_input
from realtime.threads.background_result import BackgroundResult

HEADROOM = 12.0
"""Grey levels that stay free at black and at white, so that nothing clips: the enlarged detail overshoots the small."""

STILL = 0.004  # the motion, in widths of the picture per frame, that halves a dream that waits for stillness

EASE = 0.3
"""The time constant, in seconds, with which a new result is blended in: a dream that grows evenly does not flicker."""

RATE = 15.0  # results per second from which on each result is added with weight 1
MAX_BOOST = 4.0  # the largest weight of a result where results are fewer, so that the dream is as strong there
FORGET_AFTER = 10.0  # seconds without a frame after which a dream starts anew: the motion in between is not known
CALM = 1.5  # the time constant, in seconds, of the measure of stillness


class DreamState:
    """The detail of one dream; only the render thread uses it. `results` counts the results added to it."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._detail: Floats | None = None
        self._arriving: Floats | None = None
        self._grey: Grey | None = None
        self._updated = 0.0
        self._stillness = 0.0
        self._last_result = -math.inf
        self._request = BackgroundResult[Floats]()
        self._request_grey: Grey | None = None
        self.results = 0

    def update(self, image: Image, size_hw: Hw, now: float, settings: DreamSettings) -> tuple[Floats, Floats]:
        """Add a frame at `now` seconds; the small picture, float32, and the detail to show on it."""
        small = network_input(image, size_hw)
        new = grey(small)
        if self._detail is None or self._detail.shape[:2] != size_hw or now - self._updated > FORGET_AFTER:
            self._reset(size_hw)
        elif self._grey is not None:
            self._move(new, max(now - self._updated, 0.0), settings)
        self._grey, self._updated = new, now
        self._collect(settings)
        picture = small.astype(np.float32)
        return picture, self._visible(picture, settings)

    @property
    def busy(self) -> bool:
        """Whether gradient ascent is running for this dream."""
        return not self._request.idle

    def ascend(self, job: Callable[[], Floats]) -> None:
        """Run a job in the background that computes the detail to add to the current picture."""
        self._request_grey = self._grey
        self._request.send(self._engine.start(job))

    def _reset(self, size_hw: Hw) -> None:
        self._detail = np.zeros((*size_hw, 3), np.float32)
        self._arriving = np.zeros((*size_hw, 3), np.float32)
        self._grey, self._request = None, BackgroundResult()

    def _move(self, new: Grey, elapsed: float, settings: DreamSettings) -> None:
        """Warp, fade and grow the detail for `elapsed` seconds."""
        assert self._detail is not None and self._arriving is not None and self._grey is not None
        height, width = new.shape
        flow = backward_flow(new, self._grey)
        speed = float(np.abs(flow).mean()) / width
        self._stillness += (1 - math.exp(-elapsed / CALM)) * (1 / (1 + (speed / STILL) ** 2) - self._stillness)
        drift = drift_flow(
            (height, width),
            zoom=round(settings.zoom**elapsed, 5),
            turn=round(settings.turn * elapsed, 3),
            across=round(settings.across * elapsed, 5),
            down=round(settings.down * elapsed, 5),
        )
        flow = flow + drift if settings.flow else drift
        arrived = self._arriving * np.float32(1 - math.exp(-elapsed / EASE))
        self._arriving = warp(self._arriving - arrived, flow)
        self._detail = warp(self._detail * np.float32(math.exp(-elapsed / settings.fade)) + arrived, flow)
        strength = float(np.sqrt(np.mean(np.square(self._detail))))
        if strength > settings.strength:
            self._detail *= np.float32(settings.strength / strength)

    def _collect(self, settings: DreamSettings) -> None:
        """Add a result of gradient ascent, warped to the current picture."""
        detail = self._request.take()
        if detail is None or self._arriving is None:
            return
        if settings.flow and self._request_grey is not None and self._grey is not None:
            detail = warp(detail, backward_flow(self._grey, self._request_grey))
        self._arriving += detail * np.float32(min(max(RATE * (self._updated - self._last_result), 1.0), MAX_BOOST))
        self._last_result = self._updated
        self.results += 1

    def _visible(self, picture: Floats, settings: DreamSettings) -> Floats:
        assert self._detail is not None
        detail = self._detail
        if settings.colours == "camera":
            detail = np.repeat(detail.mean(axis=2, keepdims=True), 3, axis=2)
        if settings.stillness:
            detail = detail * np.float32(self._stillness)
        return soft_clip(detail, picture)


def soft_clip(detail: Floats, picture: Floats) -> Floats:
    """The detail, compressed where picture and detail together would leave the range of 0 to 255."""
    room = np.where(detail > 0, 255 - HEADROOM - picture, picture - HEADROOM)
    room = np.maximum(room, 1e-3)
    compressed: Floats = (room * np.tanh(detail / room)).astype(np.float32)
    return compressed


def add_detail(image: Image, detail: Floats) -> Image:
    """An image of any size with the detail of a small picture added.

    The detail is rounded before it is enlarged, which takes two thirds of the time and stays within a grey level of the
    exact sum.
    """
    enlarged = cv2.resize(np.rint(detail).astype(np.int16), image.shape[1::-1], interpolation=cv2.INTER_CUBIC)
    return cv2.add(image, enlarged, dtype=cv2.CV_8U)  # type: ignore[return-value]
