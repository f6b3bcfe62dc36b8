"""A new kind of source for a test, as a contributor would write it: one class and one row."""

from __future__ import annotations

import numpy as np

from realtime.capture.source import SourceKind
from realtime.imaging.frame import Image


class Noise:
    """Random pixels."""

    live, fps = False, 30.0

    def __init__(self, name: str) -> None:
        self.name = name
        self.frames = 0
        self._rng = np.random.default_rng(0)

    def read(self) -> Image:
        self.frames += 1
        return self._rng.integers(0, 256, (120, 160, 3), np.uint8)

    def skip(self) -> None:
        self.frames += 1

    def close(self) -> None:
        """Nothing to release."""


NOISE = SourceKind(
    expected="noise://NAME",
    matches=lambda text: text.startswith("noise://"),
    open=lambda text, _options: Noise(text),
)
