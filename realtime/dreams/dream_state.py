"""The state of a dream on moving pictures: key pictures that follow the picture and replace one another.

In the background, gradient ascent makes a key picture of the newest frame, step by step. Its detail is shown on the
frames that come, moved along the optical flow, until the next key picture dissolves into its place. The first one after
a cut is shown while it grows; nothing of the old dream is left.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import numpy as np

from models.spec import Hw
from realtime.dreams.colours import INKS, calm_lights, sharpened, treat_detail
from realtime.dreams.dream_settings import DreamSettings
from realtime.dreams.key_ascent import KeyAscent
from realtime.dreams.key_picture import Key, KeyImage, Layer, Shown, blended, in_colours, in_grey
from realtime.dreams.key_plan import KeyOctave, KeyPlan
from realtime.dreams.laplacian import root_mean_square
from realtime.dreams.objective import ObjectiveGradient
from realtime.dreams.region import Region
from realtime.dreams.tiling import ValueAndGradient
from realtime.imaging.add_detail import MIDDLE, UNIT, as_image
from realtime.imaging.compositing import resize
from realtime.imaging.frame import Floats, Image, hw
from realtime.inference.engine import Engine
from realtime.inference.network_input import proportional
from realtime.motion.fields import Grey, drift_flow, grey, sway_flow
from realtime.motion.motion import Motion
from realtime.motion.optical_flow import backward_flow
from realtime.threads.background_result import BackgroundResult

FLOW_SIDE = 144  # pixels of the short side of the pictures between which optical flow is found
CUT = 0.25  # a difference, motion undone, that two frames of one take do not reach: they stay below 0.1
UNSURE = 0.0015  # the difference at which flow counts as much as that before: two pictures in a dissolve have none
OTHER = 0.35  # the difference from which on a frame no longer is the picture that a dream was made of
FORGET_AFTER = 10.0  # seconds without a frame after which a dream starts anew: the motion in between is not known
MAX_GAIN = 3.0  # the largest factor by which a weak key picture is strengthened
STILL = 0.004  # the motion, in widths of the picture per frame, that halves a dream that waits for stillness
SOFTER = 0.6  # how much of the fine lines is left out while the picture moves
SAMPLE = 4  # pixels: the distance of those that tell the contrast of what is shown
SHARP = 0.0007  # the motion that halves the sharpness of fine lines: in motion they flicker, and the eye blurs them
CALM = 1.5  # the time constant, in seconds, of the measures of stillness


@dataclass(slots=True)
class Running:
    """The ascent of the next key picture, and the motion since its frame; one that `grows` is shown meanwhile."""

    ascent: KeyAscent
    motion: Motion
    frame_time: float
    grows: bool
    key: Key | None = None


class Step(NamedTuple):
    """The result of a step of gradient ascent: whether it was the last one, and the detail to show, if any."""

    finished: bool
    picture: KeyImage | None = None


class DreamState:
    """The key pictures of one dream; only the view thread uses it.

    `results` counts the jobs of gradient ascent, `cuts` how often the picture has become another one.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._keys: list[Key] = []
        self._running: Running | None = None
        self._job = BackgroundResult[Step]()
        self._job_of: Running | None = None
        self._subject: object = None
        self._grey: Grey | None = None
        self._flow: Floats | None = None  # the one before
        self.now = -math.inf
        self._last_start = -math.inf
        self._stillness = self._sharpness = 0.0
        self._count = 0
        self.results = self.cuts = 0
        self.region = Region()

    @property
    def grey(self) -> Grey:
        """The present frame, small and grey."""
        assert self._grey is not None
        return self._grey

    def update(self, image: Image, subject: object, now: float, settings: DreamSettings) -> None:
        """Add a frame at `now` seconds; `subject` is what is dreamed of, and a new one replaces the dream at once."""
        new = resize(grey(image), proportional(hw(image), FLOW_SIDE))
        if self._grey is None or self._grey.shape != new.shape or now - self.now > FORGET_AFTER:
            self._clear()
        elif now != self.now:  # a frame that waited for a graph comes again
            self._follow(new, max(now - self.now, 0.0), settings)
        if subject != self._subject:
            self._subject, self._running, self._last_start = subject, None, -math.inf
        self._grey, self.now = new, now
        self._collect()
        self._drop_old(settings)

    def detail(self, size_hw: Hw, settings: DreamSettings) -> Shown:
        """What to add to the frame: grey detail for inks."""
        shown, presence = self._blended(size_hw, settings)
        contrast = root_mean_square(shown.image[::SAMPLE, ::SAMPLE].astype(np.float32) - MIDDLE) / UNIT
        strength = min(settings.strength * presence / max(contrast, 0.1), MAX_GAIN * shown.strength)
        return Shown(shown.image, strength * self._stillness if settings.stillness else strength)

    def advance(
        self,
        image: Image,
        plan: KeyPlan,
        settings: DreamSettings,
        prepare: Callable[[KeyOctave], ValueAndGradient | None],
    ) -> None:
        """Do one step of gradient ascent in the background; `prepare` gives the objective once its graph is open.

        On a provider with memory of its own it is all steps of an octave, unless the dream is shown while it grows.
        """
        if not self._job.idle:
            return
        if self._running is None:
            if self.now - self._last_start < settings.every:
                return
            self._running = self._begin(image, plan, settings)
        objective = prepare(self._running.ascent.octave)
        if objective is not None:
            self._job_of = self._running
            self._job.send(self._engine.start(partial(_step, self._running, objective, settings)))

    def _begin(self, image: Image, plan: KeyPlan, settings: DreamSettings) -> Running:
        """Begin a key picture of the present frame, with an echo of a dream of the same subject."""
        assert self._grey is not None
        key = self._keys[-1] if self._keys and self._last_start > -math.inf else None
        self._last_start, before = self.now, None
        if key is not None:
            before = key.motion.warp(key.picture.detail, plan.size_hw, self._drift(key, settings))
            before = before * np.float32(settings.echo)
        ascent = KeyAscent(image, before, plan, (settings.seed, self._count))
        self._count += 1
        return Running(ascent, Motion(self._grey), self.now, key is None)

    def _clear(self) -> None:
        """Forget the dream: the picture is another one."""
        self._keys, self._running, self._last_start, self._flow = [], None, -math.inf, None
        self._stillness = self._sharpness = 0.0
        self.cuts += 1
        self.region.clear()

    def _follow(self, new: Grey, elapsed: float, settings: DreamSettings) -> None:
        """Move everything along the optical flow to the new frame, unless it follows a cut."""
        assert self._grey is not None
        flow = backward_flow(new, self._grey)
        step = Motion(self._grey)
        step.add(flow)
        difference = step.difference(new)
        if difference.whole > CUT:
            self._clear()
            return
        if self._flow is not None:
            flow += (self._flow - flow) * np.float32(1 - 1 / (1 + (difference.typical / UNSURE) ** 2))
        self._flow = flow
        self.region.follow(flow, elapsed)
        speed = float(np.abs(flow).mean()) / new.shape[1]
        share = 1 - math.exp(-elapsed / CALM)
        self._stillness += share * (1 / (1 + (speed / STILL) ** 2) - self._stillness)
        self._sharpness += share * (1 / (1 + (speed / SHARP) ** 2) - self._sharpness)
        if settings.flow:
            self._move(flow, new, self.now + elapsed)

    def _move(self, flow: Floats, new: Grey, now: float) -> None:
        """Move everything along the flow; what was made of another picture leaves."""
        for key in self._keys:
            key.motion.add(flow)
            if key.left_at == math.inf and key.motion.difference(new).whole > OTHER:
                key.left_at, self._last_start = now, -math.inf
        if self._running is not None:
            self._running.motion.add(flow)
            if self._running.motion.difference(new).whole > OTHER:
                self._running, self._last_start = None, -math.inf

    def _collect(self) -> None:
        """Take the result of a step, and show it if the key picture is finished or grows."""
        step = self._job.take()
        if step is None:
            return
        self.results += 1
        running = self._running
        if running is None or running is not self._job_of:
            return
        if step.picture is not None:
            self._show(running, step.picture)
        if step.finished:
            self._running = None

    def _show(self, running: Running, picture: KeyImage) -> None:
        if running.key is not None:
            running.key.grow(picture, self.now, self._sharpness)
            return
        running.key = Key(picture, running.motion.copy(), running.frame_time, self.now, running.grows)
        self._keys.append(running.key)

    def _drop_old(self, settings: DreamSettings) -> None:
        """Drop the keys that a newer one covers, and those that have left."""
        covering = [place for place, key in enumerate(self._keys) if key.weight(self.now, settings.dissolve) >= 1]
        self._keys = self._keys[max(covering, default=0) :]
        self._keys = [key for key in self._keys if key.presence(self.now) > 0]

    def _blended(self, size_hw: Hw, settings: DreamSettings) -> tuple[Shown, float]:
        """The details of all keys, and how much of a dream there is, from 0 to 1."""
        layers = [self._layer(key, size_hw, settings) for key in self._keys]
        return blended(layers) if layers else (Shown(np.full((*size_hw, 3), MIDDLE, np.uint8), 0.0), 0.0)

    def _layer(self, key: Key, size_hw: Hw, settings: DreamSettings) -> Layer:
        """What a key picture adds now, with lines as sharp as the motion allows."""
        image = key.shown(self.now, self._sharpness)
        image = in_grey(image) if settings.colours in INKS else in_colours(image)
        image = key.motion.warp(image, size_hw, self._drift(key, settings))
        return Layer(
            Shown(image, key.picture.strength), key.weight(self.now, settings.dissolve), key.presence(self.now)
        )

    def _drift(self, key: Key, settings: DreamSettings) -> Floats:
        """The drift of a key since its frame, in pixels of the flow."""
        assert self._grey is not None
        elapsed = self.now - key.frame_time
        height, width = self._grey.shape
        drift = drift_flow(
            (height, width),
            zoom=settings.zoom**elapsed,
            turn=settings.turn * elapsed,
            across=settings.across * elapsed,
            down=settings.down * elapsed,
        )
        if not settings.sway:
            return drift
        swayed = sway_flow((height, width), self.now) - sway_flow((height, width), key.frame_time)
        return drift + swayed * np.float32(settings.sway)


def _step(running: Running, objective: ValueAndGradient, settings: DreamSettings) -> Step:
    if isinstance(objective, ObjectiveGradient) and objective.on_device:
        finished = running.ascent.climb(objective.ascend, 1 if running.grows else None)
    else:
        finished = running.ascent.step(objective)
    detail = running.ascent.detail
    if detail is None or not (finished or running.grows):
        return Step(finished)
    treated = treat_detail(detail, settings.colours)
    if settings.colours not in INKS:
        treated = calm_lights(treated, running.ascent.image)
    strength = root_mean_square(treated)
    image, crisp = (as_image(sharpened(treated, each), strength) for each in (-SOFTER, settings.sharpen))
    if settings.colours in INKS:
        image, crisp = in_grey(image), in_grey(crisp)
    return Step(finished, KeyImage(detail, image, crisp, strength))
