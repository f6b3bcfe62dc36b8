"""The places of the last minute that excited a channel most."""

from dataclasses import dataclass

import numpy as np

from realtime.imaging.compositing import resize
from realtime.imaging.frame import Floats, Image, hw

COUNT = 4
LASTS = 60.0  # seconds
APART = 1.5  # seconds between two places
WINDOW = 0.3  # side of a crop, as a share of the picture's shorter side
SIDE = 96  # pixels of a crop


@dataclass(frozen=True, slots=True)
class Crop:
    """A square of a frame, how strongly the channel responded to its middle, and when, in seconds."""

    image: Image
    response: float
    time: float


class Excited:
    """The crops of one channel, the strongest first."""

    def __init__(self) -> None:
        self._crops: list[Crop] = []

    def update(self, activations: Floats, image: Image, now: float) -> list[Image]:
        """Add a frame and the activations (h, w) of the channel; the crops now."""
        self._crops = [crop for crop in self._crops if now - crop.time < LASTS]
        response = float(activations.max())
        near = next((crop for crop in self._crops if now - crop.time < APART), None)
        weakest = self._crops[-1].response if len(self._crops) == COUNT else 0.0
        if response > (near.response if near else weakest):
            others = [crop for crop in self._crops if crop is not near]
            found = Crop(_crop(activations, image), response, near.time if near else now)
            self._crops = sorted([*others, found], key=lambda crop: -crop.response)[:COUNT]
        return [crop.image for crop in self._crops]


def _crop(activations: Floats, image: Image) -> Image:
    """The square of the image around the strongest activation."""
    row, column = np.unravel_index(int(activations.argmax()), activations.shape)
    height, width = hw(image)
    side = max(round(WINDOW * min(height, width)), 8)
    y = round((row + 0.5) / activations.shape[0] * height - side / 2)
    x = round((column + 0.5) / activations.shape[1] * width - side / 2)
    y, x = min(max(y, 0), height - side), min(max(x, 0), width - side)
    return resize(np.ascontiguousarray(image[y : y + side, x : x + side]), (SIDE, SIDE))
