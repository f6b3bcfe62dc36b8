"""Drips that run down a picture: each one hangs from an edge, takes what lies above it along, and grows longer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from realtime.imaging.frame import Floats, Image, hw
from realtime.motion.fields import Grey

COUNT = 26  # drips at a time
WIDTH = 0.006, 0.017  # half the width of a drip, in widths of the picture
LENGTH = 0.18, 0.55  # how far a drip runs, in heights of the picture
LIFE = 8.0, 14.0  # seconds from the beginning of a drip to its end
FIRST = 3.0  # seconds in which the first drips begin
TAKEN = 0.16  # what is drawn out into a drip, in lengths of the drip
LETS_GO = 0.75  # the share of its life after which a drip leaves its edge
HIGHEST, LOWEST = 0.04, 0.75  # where drips begin, in heights of the picture
NECK, FOOT = 0.62, 1.5  # the width of a drip above its head, and at the edge from which it hangs
FAINT = 3.0  # the change of grey levels at an edge that is as good as none


@dataclass(frozen=True, slots=True)
class Drip:
    """Middle and half width in widths of the picture, top and length in heights; start and life in seconds."""

    middle: float
    half: float
    top: float
    length: float
    start: float
    life: float

    def draw(self, drawn: Image, image: Image, now: float) -> None:
        """Draw the drip over the picture, out of the picture without drips."""
        height, width = hw(image)
        share = (now - self.start) / self.life
        length = self.length * height * _eased(share / LETS_GO)
        half, edge = self.half * width, self.top * height
        tip = edge + length
        tail = edge + length * _eased((share - LETS_GO) / (1 - LETS_GO))
        reach = half * FOOT + 1
        left, right = max(int(self.middle * width - reach), 0), min(int(self.middle * width + reach + 1), width)
        top, bottom = max(int(tail), 0), min(int(tip + 1), height)
        if bottom - top < 2 or right - left < 2:
            return
        rows, columns = np.arange(top, bottom, dtype=np.float32), np.arange(left, right, dtype=np.float32)
        halves = _profile(rows - np.float32(tail), np.float32(tip) - rows, half)[:, None]
        across = columns - np.float32(self.middle * width)
        light = np.clip(halves - np.abs(across) + np.float32(0.5), 0, 1)
        light *= np.clip((rows - np.float32(tail)) / np.float32(1.5 * half), 0, 1)[:, None]
        matrix = np.array([[1, 0, left], [0, TAKEN, edge - TAKEN * (tip - top)]], np.float32)
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        run = cv2.warpAffine(image, matrix, (right - left, bottom - top), flags=flags, borderMode=cv2.BORDER_REFLECT)
        run = cv2.multiply(run, cv2.merge([_gloss(across / np.maximum(halves, 1))] * 3), dtype=cv2.CV_8U)
        below = drawn[top:bottom, left:right]
        drawn[top:bottom, left:right] = cv2.blendLinear(run, below, light, 1 - light)


class Drips:
    """The drips of one picture, from its first frame on."""

    def __init__(self) -> None:
        self._rng = np.random.default_rng(0)
        self._drips: list[Drip] = []

    def draw(self, image: Image, grey: Grey, now: float) -> Image:
        """The picture (height, width, 3) with its drips at `now` seconds; `grey` is the same picture, smaller."""
        ended = [place for place, drip in enumerate(self._drips) if now >= drip.start + drip.life]
        if ended or not self._drips:
            edges = np.abs(cv2.Sobel(cv2.GaussianBlur(grey, (0, 0), 1.5), cv2.CV_32F, 0, 1))
            if not self._drips:
                starts = now + self._rng.uniform(0, FIRST, COUNT)
                self._drips = [self._begun(edges, place, float(start)) for place, start in enumerate(starts)]
            for place in ended:
                self._drips[place] = self._begun(edges, place, now)
        drawn = image.copy()
        for drip in self._drips:
            drip.draw(drawn, image, now)
        return drawn

    def _begun(self, edges: Floats, place: int, start: float) -> Drip:
        """A new drip in the part `place` of the width, most likely at a strong edge."""
        middle = (place + self._rng.uniform()) / COUNT
        column = edges[:, int(middle * edges.shape[1])]
        first, last = int(HIGHEST * len(column)), int(LOWEST * len(column))
        chances = (column[first:last] + FAINT) * self._rng.uniform(0.3, 1, last - first)
        top = (first + int(chances.argmax())) / len(column)
        half, length, life = (float(self._rng.uniform(*limits)) for limits in (WIDTH, LENGTH, LIFE))
        return Drip(middle, half, top, length, start, life)


def _profile(from_tail: NDArray[np.float32], to_tip: NDArray[np.float32], half: float) -> Floats:
    """Half the width of a drip in each row, in pixels: a wide foot, a neck, and a round head."""
    neck = NECK + (1 - NECK) * np.exp(-to_tip / np.float32(3 * half))
    foot = (FOOT - NECK) * np.exp(-from_tail / np.float32(1.2 * half))
    head = np.sqrt(np.clip(1 - (1 - np.minimum(to_tip / np.float32(half), 1)) ** 2, 0, 1))
    return np.asarray((neck + foot) * head * half, np.float32)


def _gloss(side: NDArray[Any]) -> Floats:
    """The light on a drip, from -1 at its left to 1 at its right, as a factor."""
    return np.asarray(1.06 - 0.3 * side * side + 0.22 * np.exp(-((side + 0.4) ** 2) / 0.05), np.float32)


def _eased(share: float) -> float:
    """A smooth way from 0 to 1."""
    share = min(max(share, 0.0), 1.0)
    return share * share * (3 - 2 * share)
