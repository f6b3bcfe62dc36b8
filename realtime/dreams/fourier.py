"""A picture as waves in colours that are independent in nature, so that climbing makes forms and not noise.

Olah, Mordvintsev and Schubert 2017, Feature Visualization: every frequency gets the same say, instead of the highest
most of it, and so does every axis of colour.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from models.spec import Hw
from realtime.imaging.frame import Floats

Waves: TypeAlias = NDArray[np.complex64]
"""The spectrum of a real picture: complex64 (3, H, W // 2 + 1)."""

FAINT = 0.01
"""How far the first waves stray from grey."""

CONTRAST = 0.25
"""Of the axis of light: the picture keeps within the soft limits of the sigmoid."""

AXES = np.array([(1, 1, 1), (1, 0, -1), (1, -2, 1)]) / np.sqrt([[3], [2], [6]])
"""Light, blue against yellow, green against purple, in BGR: nearly the principal axes of the colours of natural scenes
(Ruderman, Cronin and Chiao 1998)."""

STRENGTHS = (1.0, 0.28, 0.13)
"""How much colours vary along each axis in photographs, compared with light."""


class FourierImage:
    """Pictures of one size and their waves, and the way back of a gradient from the one to the other."""

    def __init__(self, size_hw: Hw) -> None:
        height, width = size_hw
        self._hw = size_hw
        frequencies = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width))
        strongest = np.sqrt(height * width) / np.maximum(frequencies, 1 / max(size_hw))
        self._scale = (CONTRAST * strongest).astype(np.float32)
        self._colours = (AXES * np.array(STRENGTHS)[:, None]).astype(np.float32)
        self._twice = np.full(width // 2 + 1, 2, np.float32)  # each wave stands for its mirror image too,
        self._twice[0] = 1  # but for those that are their own
        if width % 2 == 0:
            self._twice[-1] = 1

    def waves(self, rng: np.random.Generator) -> Waves:
        """The waves of a picture that is nearly grey, at random."""
        shape = (2, 3, self._hw[0], self._hw[1] // 2 + 1)
        real, imaginary = rng.normal(0, FAINT, shape).astype(np.float32)
        return np.asarray(real + 1j * imaginary, np.complex64)

    def picture(self, waves: Waves) -> Floats:
        """The picture that waves make: float32 BGR (H, W, 3), 0..255."""
        planes = np.fft.irfft2(waves * self._scale, self._hw).astype(np.float32)
        light = np.tensordot(planes, self._colours, (0, 0))
        return np.asarray(255 / (1 + np.exp(-light)), np.float32)

    def back(self, picture: Floats, slope: Floats) -> Waves:
        """The gradient to the waves, the one to `picture`, which they made, being `slope`."""
        inner = slope * picture * (1 - picture / 255)
        planes = np.tensordot(self._colours, inner, (1, 2))
        height, width = self._hw
        return np.asarray(np.fft.rfft2(planes) * (self._twice * self._scale / (height * width)), np.complex64)
