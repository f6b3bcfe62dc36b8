"""The places of the last minute that excited a channel most, no two of which look alike."""

from dataclasses import dataclass

import cv2
import numpy as np

from realtime.channels.peak import shrunk, square_around
from realtime.imaging.compositing import resize
from realtime.imaging.frame import Floats, Image, hw

COUNT = 4
LASTS = 60.0  # seconds
EVERY = 0.4  # seconds between two looks
MOMENT = 1.5  # seconds of which at most IN_A_MOMENT places are kept
IN_A_MOMENT = 2
LEAST = 0.4  # share of the strongest response that counts
WINDOW = 0.3  # side of a crop, as a share of the picture's shorter side
SIDE = 160  # pixels of a crop
ALIKE = 20.0  # mean difference of two crops without their details, in levels of 255, below which they look alike
SAME_LOOK = 0.8  # correlation of two crops without their details, above which they look alike
SAME_SCENE = 40.0  # the same for whole frames, which move


@dataclass(frozen=True, slots=True)
class Crop:
    """A square of a frame, and how strongly the channel responded there.

    `look` are its colours without details, `scene` those of the frame; `corner` and `side` are in pixels.
    """

    image: Image
    look: Floats
    scene: Floats
    corner: tuple[int, int]
    side: int
    response: float
    time: float


class Excited:
    """The crops of one channel, the strongest first."""

    def __init__(self) -> None:
        self._crops: list[Crop] = []
        self._looked = -EVERY

    def update(self, activations: Floats, image: Image, now: float) -> list[Image]:
        """Add a frame and the activations (h, w) of the channel for it; the crops now, at most COUNT."""
        if now - self._looked >= EVERY or now < self._looked:
            self._looked = now
            kept = [crop for crop in self._crops if 0 <= now - crop.time < LASTS]
            self._crops = _different([*kept, *_crops(activations, image, now)])
        return [crop.image for crop in self._crops]


def _different(crops: list[Crop]) -> list[Crop]:
    """The strongest crops that differ from each other, few of one moment."""
    chosen: list[Crop] = []
    for crop in sorted(crops, key=lambda each: -each.response):
        at_once = sum(abs(crop.time - other.time) < MOMENT for other in chosen)
        alike = any(_alike(crop, other) for other in chosen)
        weak = bool(chosen) and crop.response < LEAST * chosen[0].response
        if at_once < IN_A_MOMENT and not alike and not weak and len(chosen) < COUNT:
            chosen.append(crop)
    return chosen


def _alike(one: Crop, other: Crop) -> bool:
    """Whether two crops look alike, one perhaps paler in a dissolve, or show much the same place of one scene."""
    if np.abs(one.look - other.look).mean() < ALIKE or _correlation(one.look, other.look) > SAME_LOOK:
        return True
    moved = max(abs(a - b) for a, b in zip(one.corner, other.corner, strict=True))
    return moved < one.side and bool(np.abs(one.scene - other.scene).mean() < SAME_SCENE)


def _correlation(one: Floats, other: Floats) -> float:
    """The correlation of two looks; 0 where one of them has no contrast."""
    a, b = one - one.mean(axis=(0, 1)), other - other.mean(axis=(0, 1))
    return float((a * b).sum() / max(float(np.linalg.norm(a) * np.linalg.norm(b)), 1e-6))


def _look(image: Image) -> Floats:
    """The colours of a picture without its details."""
    return np.asarray(cv2.resize(image, (6, 6), interpolation=cv2.INTER_AREA), np.float32)


def _crops(activations: Floats, image: Image, now: float) -> list[Crop]:
    """The squares of the image around the strongest activations, none of which overlap."""
    small = shrunk(activations)
    (height, width), picture = hw(small), hw(image)
    side = max(round(WINDOW * min(picture)), 8)
    apart = round(side / picture[0] * height), round(side / picture[1] * width)
    crops, scene = [], _look(image)
    for _ in range(COUNT):
        response = float(small.max())
        if response <= 0:
            break
        row, column = divmod(int(small.argmax()), width)
        left, top, *_ = square_around(((row + 0.5) / height, (column + 0.5) / width), picture, side)
        crop = resize(np.ascontiguousarray(image[top : top + side, left : left + side]), (SIDE, SIDE))
        crops.append(Crop(crop, _look(crop), scene, (left, top), side, response, now))
        small[max(row - apart[0], 0) : row + apart[0] + 1, max(column - apart[1], 0) : column + apart[1] + 1] = 0.0
    return crops
