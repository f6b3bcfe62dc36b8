"""Activation maximization: gradient ascent from grey to the picture that a channel or a class responds to most.

The picture is shifted, rotated and scaled at random before each step, so that the result does not depend on its place.
"""

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from models.spec import Hw, Network
from realtime.dreams.deepdream import AscentResult
from realtime.dreams.objective import ObjectiveGradient, channel_objective
from realtime.dreams.tiling import ValueAndGradient
from realtime.imaging.frame import Floats, Image
from realtime.inference.engine import Engine
from realtime.maximization.fourier import FourierImage, Spectrum

RATE = 0.05  # the learning rate of Adam (Kingma and Ba 2015), in units of the spectrum
DECAY, DECAY_OF_SQUARES = 0.9, 0.999  # of the running means of Adam
MARGIN = 16  # pixels of the canvas around the result, so that a shifted picture has no empty edge

SHIFT, TURN, GROWTH = 8.0, 10.0, 0.1
"""The largest random shift (pixels), rotation (degrees) and change of scale, in either direction."""


@dataclass(frozen=True, slots=True)
class Target:
    """A channel of a layer, or of CLASSES, to maximize, and its captions."""

    layer: str
    channel: int
    name: str
    note: str = ""

    def gradient(self, engine: Engine, network: Network, *, at: tuple[float, float] | None = None) -> ObjectiveGradient:
        """The gradient of the channel, or of its unit `at` a place, 0 to 1 across and down."""
        return ObjectiveGradient(engine, network, channel_objective(network.info, self.layer, self.channel, at))


@dataclass(frozen=True, slots=True)
class RandomTransform:
    """An affine map (2, 3) from the pixels of the canvas to those of the picture."""

    matrix: NDArray[np.float64]
    size_hw: Hw

    def apply(self, canvas: Floats) -> Floats:
        """The picture that the network gets of the canvas."""
        return cv2.warpAffine(canvas, self.matrix, self.size_hw[::-1], borderMode=cv2.BORDER_REFLECT_101)  # type: ignore[return-value]

    def backward(self, gradient: Floats, canvas_hw: Hw) -> Floats:
        """The gradient with respect to the canvas: the adjoint of `apply`, up to the interpolation weights."""
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        back = cv2.warpAffine(gradient, self.matrix, canvas_hw[::-1], flags=flags, borderMode=cv2.BORDER_CONSTANT)
        return np.asarray(back * np.float32(abs(np.linalg.det(self.matrix[:, :2]))), np.float32)


def random_transform(size_hw: Hw, rng: np.random.Generator) -> RandomTransform:
    """A random shift, rotation and scale of a canvas that is MARGIN larger on each side."""
    across, down = rng.uniform(-SHIFT, SHIFT, 2)
    middle = ((size_hw[1] - 1) / 2 + MARGIN, (size_hw[0] - 1) / 2 + MARGIN)
    matrix = cv2.getRotationMatrix2D(middle, rng.uniform(-TURN, TURN), 1 + rng.uniform(-GROWTH, GROWTH))
    matrix[:, 2] += (across - MARGIN, down - MARGIN)
    return RandomTransform(np.asarray(matrix, np.float64), size_hw)


class Adam:
    """Gradient ascent with Adam."""

    def __init__(self) -> None:
        self._mean: Floats = np.zeros(1, np.float32)
        self._square: Floats = np.zeros(1, np.float32)
        self._steps = 0

    def step(self, parameters: Floats, gradient: Floats) -> None:
        """Move `parameters` up in place."""
        self._steps += 1
        self._mean = DECAY * self._mean + (1 - DECAY) * gradient
        self._square = DECAY_OF_SQUARES * self._square + (1 - DECAY_OF_SQUARES) * gradient * gradient
        mean = self._mean / (1 - DECAY**self._steps)
        deviation = np.sqrt(self._square / (1 - DECAY_OF_SQUARES**self._steps))
        parameters += RATE * mean / np.maximum(deviation, np.finfo(np.float32).tiny)


def maximize(
    objective: ValueAndGradient, size_hw: Hw, steps: int, rng: np.random.Generator, advance: Callable[[], None]
) -> tuple[Image, AscentResult]:
    """The picture with the largest value, and the values of the first and the last picture.

    `advance` is called after each step.
    """
    canvas_hw = (size_hw[0] + 2 * MARGIN, size_hw[1] + 2 * MARGIN)
    canvas = FourierImage(canvas_hw)
    spectrum, adam = canvas.random_spectrum(rng), Adam()
    before = objective(_cropped(canvas.picture(spectrum)))[0]
    for _ in range(steps):
        picture, transform = canvas.picture(spectrum), random_transform(size_hw, rng)
        gradient = transform.backward(objective(transform.apply(picture))[1], canvas_hw)
        adam.step(_as_floats(spectrum), _as_floats(_normalized(canvas.backward(picture, gradient))))
        advance()
    result = _cropped(canvas.picture(spectrum))
    return np.rint(result).astype(np.uint8), AscentResult(before, objective(result)[0])


def with_deconv_fallback(gradient: ObjectiveGradient) -> ValueAndGradient:
    """An objective with the gradient of the deconv rule where its own is zero everywhere."""
    deconv = gradient.objective.with_rule("deconv")
    return with_fallback(gradient, ObjectiveGradient(gradient.engine, gradient.network, deconv))


def with_fallback(objective: ValueAndGradient, fallback: ValueAndGradient) -> ValueAndGradient:
    """An objective with the gradient of `fallback` where its own is zero everywhere, as for a channel that is off."""

    def value_and_gradient(picture: Floats) -> tuple[float, Floats]:
        value, gradient = objective(picture)
        return (value, gradient) if gradient.any() else (value, fallback(picture)[1])

    return value_and_gradient


def _cropped(picture: Floats) -> Floats:
    return np.ascontiguousarray(picture[MARGIN:-MARGIN, MARGIN:-MARGIN])


def _as_floats(spectrum: Spectrum) -> Floats:
    """The same memory as real numbers."""
    return spectrum.view(np.float32)


def _normalized(gradient: Spectrum) -> Spectrum:
    """A gradient of length 1: Adam squares it, and the squares of small numbers vanish."""
    length = np.linalg.norm(gradient)
    return gradient / np.float32(length) if length > 0 else gradient
