"""Where a moving picture has gone since a moment, and whether it still is the same picture."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeVar

import cv2
import numpy as np

from models.spec import Hw
from realtime.imaging.frame import Floats, Image, hw
from realtime.motion.fields import Grey, coordinates

Field = TypeVar("Field", Image, Floats)
"""Detail, as floats or as an image."""

NORMAL = 1.4826  # the standard deviation of normal noise, by the median of its size
NOISE = 25.0  # the variance, in squared grey levels, of a picture without anything in it


class Motion:
    """From each pixel of the present picture to its place in an earlier one, the sum of all flows in between.

    What is kept is the displacement and not a warped picture: a picture that is warped again in every frame blurs.
    """

    def __init__(self, grey: Grey) -> None:
        self._start = _halved(grey)
        self._displacement: Floats = np.zeros((*grey.shape, 2), np.float32)

    def copy(self) -> Motion:
        """The same motion, which goes on by itself."""
        return copy.copy(self)  # `add` replaces what is kept

    def add(self, flow: Floats) -> None:
        """Go on to the next picture; `flow` leads from it to the present one, in pixels."""
        places = coordinates(flow.shape[:2]) + flow
        self._displacement = flow + _sampled(self._displacement, places, cv2.BORDER_REPLICATE)

    def warp(self, picture: Field, size_hw: Hw, drift: Floats) -> Field:
        """What belongs to the earlier picture where it is now, at another size; from outside comes its mirror image.

        `drift` is a further displacement, in pixels of the flow.
        """
        places = coordinates(drift.shape[:2]) + drift
        moved = drift + _sampled(self._displacement, places, cv2.BORDER_REPLICATE)
        moved *= np.array((picture.shape[1] / drift.shape[1], picture.shape[0] / drift.shape[0]), np.float32)
        target = cv2.add(_places(size_hw, hw(picture)), cv2.resize(moved, size_hw[::-1]))
        return cv2.remap(picture, target, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101)  # type: ignore[call-overload, no-any-return]

    def difference(self, grey: Grey) -> Difference:
        """How much the present picture differs from the earlier one, motion undone."""
        places = (coordinates(grey.shape) + self._displacement)[::2, ::2] * np.float32(0.5)
        return Difference.between(_halved(grey), _sampled(self._start, places, cv2.BORDER_REFLECT_101))


@dataclass(frozen=True, slots=True, eq=False)
class Difference:
    """The difference of two pictures, and their own variance; a change of brightness is none."""

    field: Floats
    variance: float

    @classmethod
    def between(cls, one: Floats, other: Floats) -> Difference:
        """That of two grey pictures."""
        return cls(one - other, float(np.var(one) + np.var(other) + 2 * NOISE))

    @property
    def whole(self) -> float:
        """From 0 for the same picture to about 1 for two that have nothing in common."""
        return float(np.var(self.field)) / self.variance

    @property
    def typical(self) -> float:
        """The same for the typical pixel: something small that moves by itself adds nothing."""
        size = np.abs(self.field - np.median(self.field))
        return (NORMAL * float(np.median(size))) ** 2 / self.variance


def _halved(grey: Grey) -> Floats:
    """Half the size, without noise."""
    return np.asarray(cv2.GaussianBlur(grey[::2, ::2].astype(np.float32), (0, 0), 1), np.float32)


@lru_cache(maxsize=8)
def _places(size_hw: Hw, in_hw: Hw) -> Floats:
    """The place in a picture of the size `in_hw` of every pixel of one of another size, (height, width, 2)."""
    scale = np.array(in_hw[::-1]) / np.array(size_hw[::-1])
    return np.asarray((coordinates(size_hw) + 0.5) * scale - 0.5, np.float32)


def _sampled(field: Floats, places: Floats, border: int) -> Floats:
    return np.asarray(cv2.remap(field, places, None, cv2.INTER_LINEAR, borderMode=border), np.float32)  # type: ignore[call-overload]
