"""Activation maximization: the picture that a channel or a class wants to see, climbed to from grey.

The picture is shifted, turned and scaled at random before each look, so that what emerges holds from every side.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from models.spec import Hw
from realtime.dreams.deepdream import AscentResult
from realtime.dreams.fourier import FourierImage, Waves
from realtime.dreams.tiling import ValueAndGradient
from realtime.imaging.frame import Floats, Image

RATE = 0.05
"""Of Adam (Kingma and Ba 2015), in the units of the waves."""

MARGIN = 16
"""Pixels of the canvas around what is kept, so that a picture that is shifted has no empty edge."""

SHIFT, TURN, GROWTH = 8.0, 10.0, 0.1
"""The most that the picture is shifted (pixels), turned (degrees) and scaled (a share), either way."""


@dataclass(frozen=True, slots=True)
class RandomTransform:
    """How the canvas is looked at: the affine map (2, 3) from its pixels to those of the picture that is given."""

    matrix: NDArray[np.float64]
    size_hw: Hw

    def see(self, canvas: Floats) -> Floats:
        """What the network is given of the canvas."""
        return cv2.warpAffine(canvas, self.matrix, self.size_hw[::-1], borderMode=cv2.BORDER_REFLECT_101)  # type: ignore[return-value]

    def back(self, slope: Floats, canvas_hw: Hw) -> Floats:
        """The gradient to the canvas: the adjoint of `see`, up to how the pixels between pixels are weighed."""
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        back = cv2.warpAffine(slope, self.matrix, canvas_hw[::-1], flags=flags, borderMode=cv2.BORDER_CONSTANT)
        return np.asarray(back * np.float32(abs(np.linalg.det(self.matrix[:, :2]))), np.float32)


def random_transform(size_hw: Hw, rng: np.random.Generator) -> RandomTransform:
    """A canvas MARGIN larger all round, shifted, turned and scaled at random."""
    across, down = rng.uniform(-SHIFT, SHIFT, 2)
    middle = ((size_hw[1] - 1) / 2 + MARGIN, (size_hw[0] - 1) / 2 + MARGIN)
    matrix = cv2.getRotationMatrix2D(middle, rng.uniform(-TURN, TURN), 1 + rng.uniform(-GROWTH, GROWTH))
    matrix[:, 2] += (across - MARGIN, down - MARGIN)
    return RandomTransform(np.asarray(matrix, np.float64), size_hw)


class Adam:
    """Steps of one size wherever the gradient keeps its direction."""

    def __init__(self, rate: float = RATE, decay: float = 0.9, decay_of_squares: float = 0.999) -> None:
        self._rate, self._decays = rate, (decay, decay_of_squares)
        self._mean: Floats = np.zeros(1, np.float32)
        self._square: Floats = np.zeros(1, np.float32)
        self._steps = 0

    def climb(self, values: Floats, slope: Floats) -> None:
        """Move `values` up in place."""
        first, second = self._decays
        self._steps += 1
        self._mean = first * self._mean + (1 - first) * slope
        self._square = second * self._square + (1 - second) * slope * slope
        mean = self._mean / (1 - first**self._steps)
        spread = np.sqrt(self._square / (1 - second**self._steps))
        values += self._rate * mean / np.maximum(spread, np.finfo(np.float32).tiny)


def maximize(
    answering: ValueAndGradient, size_hw: Hw, steps: int, rng: np.random.Generator, advance: Callable[[], None]
) -> tuple[Image, AscentResult]:
    """The picture that is answered to most, and the answers to the first and the last; `advance` after each step."""
    canvas_hw = (size_hw[0] + 2 * MARGIN, size_hw[1] + 2 * MARGIN)
    canvas = FourierImage(canvas_hw)
    waves, adam = canvas.waves(rng), Adam()
    before = answering(_kept(canvas.picture(waves)))[0]
    for _ in range(steps):
        picture, view = canvas.picture(waves), random_transform(size_hw, rng)
        slope = view.back(answering(view.see(picture))[1], canvas_hw)
        adam.climb(_numbers(waves), _numbers(_scaled(canvas.back(picture, slope))))
        advance()
    result = _kept(canvas.picture(waves))
    return np.rint(result).astype(np.uint8), AscentResult(before, answering(result)[0])


def reviving(plain: ValueAndGradient, blind: ValueAndGradient) -> ValueAndGradient:
    """An answering that takes the slope of `blind`, which no ReLU stops, where a silent channel has none."""

    def answering(picture: Floats) -> tuple[float, Floats]:
        answer, slope = plain(picture)
        return (answer, slope) if slope.any() else (answer, blind(picture)[1])

    return answering


def _kept(picture: Floats) -> Floats:
    return np.ascontiguousarray(picture[MARGIN:-MARGIN, MARGIN:-MARGIN])


def _numbers(waves: Waves) -> Floats:
    """The same memory as real numbers."""
    return waves.view(np.float32)


def _scaled(waves: Waves) -> Waves:
    """A gradient as long as one; Adam squares it, and squares of small numbers vanish."""
    length = np.linalg.norm(waves)
    return waves / np.float32(length) if length > 0 else waves
