"""The gradient ascent of a key picture, from the smallest octave to the largest, in short steps.

A key picture is a frame with all the detail that the ascent adds to it; a dream on moving pictures shows that detail
until the next key picture is finished.
"""

from collections.abc import Callable
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from models.spec import Hw
from realtime.dreams.deepdream import ascent_step
from realtime.dreams.key_plan import KeyOctave, KeyPlan
from realtime.dreams.laplacian import normalize_scales
from realtime.dreams.tiling import ValueAndGradient
from realtime.imaging.compositing import resize
from realtime.imaging.frame import Floats, Image
from realtime.motion.fields import shift

Ascend: TypeAlias = Callable[[Floats, NDArray[np.int64], KeyOctave, float], Floats]
"""From a picture, the shifts of some steps, the octave and the step size to the picture after those steps."""


class KeyAscent:
    """The ascent of one key picture, which begins with the detail of the dream before. One thread at a time uses it."""

    def __init__(self, image: Image, before: Floats | None, plan: KeyPlan, seed: tuple[int, ...]) -> None:
        self.image, self._plan = image, plan
        self._rng = np.random.default_rng(seed)
        self._detail = before  # each octave begins with that of the one before
        self._base: Floats | None = None
        self._picture: Floats | None = None
        self._octave = self._step = 0

    @property
    def detail(self) -> Floats | None:
        """The detail so far, (height, width, 3), at the size of the octave; None before the first step."""
        return self._detail

    @property
    def finished(self) -> bool:
        """Whether all octaves are done."""
        return self._octave == len(self._plan.octaves)

    @property
    def size_hw(self) -> Hw:
        """The size of the octave that the next step belongs to, or of the last one."""
        return self.octave.size_hw

    @property
    def octave(self) -> KeyOctave:
        """That octave."""
        return self._plan.octaves[min(self._octave, len(self._plan.octaves) - 1)]

    def step(self, objective: ValueAndGradient) -> bool:
        """Do one step; whether the key picture is finished."""
        picture = self._begun()
        gradient = self._jittered(objective, picture)
        ascent_step(picture, normalize_scales(gradient, self.octave.scales), self._plan.step_size)
        return self._stepped(picture, 1)

    def climb(self, ascend: Ascend, steps: int | None = None) -> bool:
        """Do so many steps at once, at most all that are left of the octave; whether the key picture is finished."""
        picture, left = self._begun(), self.octave.steps - self._step
        count = left if steps is None else min(steps, left)
        shifts = np.array([self._random_shift() for _ in range(count)], np.int64)
        return self._stepped(ascend(picture, shifts, self.octave, self._plan.step_size), count)

    def _begun(self) -> Floats:
        """The picture of the octave, which begins with its first step."""
        if self._picture is None:
            self._begin_octave()
        assert self._picture is not None
        return self._picture

    def _stepped(self, picture: Floats, count: int) -> bool:
        assert self._base is not None
        self._picture, self._detail = picture, picture - self._base
        self._step += count
        if self._step == self.octave.steps:
            self._picture, self._step = None, 0
            self._octave += 1
        return self.finished

    def _begin_octave(self) -> None:
        self._base = resize(self.image, self.size_hw).astype(np.float32)
        self._picture = self._base.copy()
        if self._detail is not None:
            shrinks = self._detail.shape[0] > self.size_hw[0]
            interpolation = cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC
            self._picture += cv2.resize(self._detail, self.size_hw[::-1], interpolation=interpolation)
            self._picture.clip(0, 255, out=self._picture)

    def _jittered(self, objective: ValueAndGradient, picture: Floats) -> Floats:
        """The gradient of the picture moved by a random shift, moved back."""
        down, across = self._random_shift()
        gradient = objective(shift(picture, down, across, mirrored=True))[1]  # wrapped around, it would have a seam
        return shift(gradient, -down, -across, mirrored=False)

    def _random_shift(self) -> tuple[int, int]:
        reach = self._plan.jitter
        down, across = (int(each) for each in self._rng.integers(-reach, reach + 1, 2))
        return down, across
