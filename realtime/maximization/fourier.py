"""A picture as a Fourier spectrum in decorrelated colours, so that gradient ascent draws shapes instead of noise.

Olah, Mordvintsev and Schubert 2017, Feature Visualization: all frequencies and all colour axes have the same weight.
"""

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from models.spec import Hw
from realtime.imaging.colour_axes import AXES
from realtime.imaging.frame import Floats

Spectrum: TypeAlias = NDArray[np.complex64]
"""The spectrum of a real picture: complex64 (3, H, W // 2 + 1)."""

START = 0.01  # the standard deviation of the first spectrum
CONTRAST = 0.25  # the scale of the lightness axis, which keeps the picture within the soft limits of the sigmoid


STRENGTHS = (1.0, 0.28, 0.13)  # how much the colours of photographs vary along each axis, relative to lightness


class FourierImage:
    """Pictures of one size, their spectra, and gradients from the one to the other."""

    def __init__(self, size_hw: Hw) -> None:
        height, width = size_hw
        self._hw = size_hw
        frequencies = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width))
        amplitudes = np.sqrt(height * width) / np.maximum(frequencies, 1 / max(size_hw))
        self._scale = (CONTRAST * amplitudes).astype(np.float32)
        self._colours = (AXES * np.array(STRENGTHS)[:, None]).astype(np.float32)
        self._multiplicity = np.full(width // 2 + 1, 2, np.float32)  # a coefficient stands for its conjugate too,
        self._multiplicity[0] = 1  # except for those that are their own
        if width % 2 == 0:
            self._multiplicity[-1] = 1

    def random_spectrum(self, rng: np.random.Generator) -> Spectrum:
        """The spectrum of a random picture that is nearly grey."""
        shape = (2, 3, self._hw[0], self._hw[1] // 2 + 1)
        real, imaginary = rng.normal(0, START, shape).astype(np.float32)
        return np.asarray(real + 1j * imaginary, np.complex64)

    def picture(self, spectrum: Spectrum) -> Floats:
        """The picture of a spectrum: float32 BGR (H, W, 3), 0..255."""
        planes = np.fft.irfft2(spectrum * self._scale, self._hw).astype(np.float32)
        light = np.tensordot(planes, self._colours, (0, 0))
        return np.asarray(255 / (1 + np.exp(-light)), np.float32)

    def backward(self, picture: Floats, gradient: Floats) -> Spectrum:
        """The gradient with respect to the spectrum, from the one with respect to its `picture`."""
        inner = gradient * picture * (1 - picture / 255)
        planes = np.tensordot(self._colours, inner, (1, 2))
        height, width = self._hw
        return np.asarray(np.fft.rfft2(planes) * (self._multiplicity * self._scale / (height * width)), np.complex64)
