"""Where a moving picture has gone since a moment, and whether it still is the same picture."""

from __future__ import annotations

from functools import lru_cache
from typing import TypeVar

import cv2
import numpy as np

from models.spec import Hw
from realtime.imaging.frame import Floats, Image, hw
from realtime.motion.fields import Grey, coordinates

Field = TypeVar("Field", Image, Floats)
"""Detail, as floats or as an image."""

NOISE = 25.0  # the variance, in squared grey levels, of a picture without anything in it


class Motion:
    """From each pixel of the present picture to its place in an earlier one, the sum of all flows in between.

    What is kept is the displacement and not a warped picture: a picture that is warped again in every frame blurs.
    """

    def __init__(self, grey: Grey) -> None:
        self._start = grey
        self._displacement: Floats = np.zeros((*grey.shape, 2), np.float32)

    def copy(self) -> Motion:
        """The same motion, which goes on by itself."""
        other = Motion(self._start)
        other._displacement = self._displacement
        return other

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

    def difference(self, grey: Grey) -> float:
        """How much the present picture differs from the earlier one, motion undone, from 0 to about 1."""
        places = coordinates(grey.shape) + self._displacement
        start = cv2.remap(self._start, places, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101)  # type: ignore[call-overload]
        return difference(grey, start)


def difference(new: Grey, old: Grey) -> float:
    """How much two pictures differ, 0 for the same and about 1 for two that have nothing in common.

    It is the variance of their difference, by their own variances: a change of brightness is none.
    """
    ours, theirs = (cv2.GaussianBlur(each, (0, 0), 2).astype(np.float32) for each in (new, old))
    return float(np.var(ours - theirs) / (np.var(ours) + np.var(theirs) + 2 * NOISE))


@lru_cache(maxsize=8)
def _places(size_hw: Hw, in_hw: Hw) -> Floats:
    """The place in a picture of the size `in_hw` of every pixel of one of another size, (height, width, 2)."""
    scale = np.array(in_hw[::-1]) / np.array(size_hw[::-1])
    return np.asarray((coordinates(size_hw) + 0.5) * scale - 0.5, np.float32)


def _sampled(field: Floats, places: Floats, border: int) -> Floats:
    return np.asarray(cv2.remap(field, places, None, cv2.INTER_LINEAR, borderMode=border), np.float32)  # type: ignore[call-overload]
