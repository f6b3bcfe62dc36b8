"""A picture within itself, again and again towards a vanishing point, on an endless way inwards."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np

from models.spec import Hw
from realtime.imaging.frame import Floats, Image, hw

SMALLEST = 6  # pixels of the shorter side below which a copy is not drawn
CORNERS = 96  # of the polygon within which a copy is drawn
PARTS = 4  # bits of a fraction of a pixel in its corners


@dataclass(frozen=True, slots=True)
class Nest:
    """Each copy has `ratio` of the size of the one around it, and is turned by `turn` degrees.

    A step inwards takes `seconds`. A copy has the form of a superellipse of the power `roundness` (2 for an ellipse),
    and its edge is soft on a share `edge` of its half size. The vanishing point lies `low` in the picture, in heights.
    """

    ratio: float
    turn: float
    seconds: float
    edge: float
    roundness: float
    low: float

    def draw(self, image: Image, now: float) -> Image:
        """The picture within itself at `now` seconds; grey or in colours."""
        phase = now / self.seconds % 1.0
        size_hw = hw(image)
        pyramid = [self._with_copy(image)]
        first = next(step for step in itertools.count(0, -1) if self._fills(size_hw, step - phase))
        drawn = _moved(pyramid[0], self.matrix(size_hw, first - phase), (0, 0, *size_hw[::-1]))
        count = math.ceil(math.log(SMALLEST / min(size_hw), self.ratio))
        for step in range(first + 1, count):
            size = self.ratio ** (step - phase)
            level = max(math.floor(-math.log2(size)), 0)
            while len(pyramid) <= level:
                pyramid.append(_halved(pyramid[-1]))
            self._paste(drawn, pyramid[level], step - phase)
        return drawn

    def _with_copy(self, image: Image) -> Image:
        """The picture with one copy, whose edge is soft."""
        light, left, top = _light(self, hw(image))
        right, bottom = left + light.shape[1], top + light.shape[0]
        copy = _moved(image, self.matrix(hw(image), 1), (left, top, right, bottom))
        image = image.copy()
        part = image[top:bottom, left:right]
        part[:] = cv2.blendLinear(copy, part, light, 1 - light)
        return image

    def _paste(self, drawn: Image, image: Image, step: float) -> None:
        """Lay a copy over what is drawn, within the edge of the one that is there."""
        matrix = self.matrix(hw(drawn), step)
        corners = (self._outline(hw(drawn)) @ matrix[:, :2].T + matrix[:, 2]).astype(np.float32)
        left, top = np.maximum(np.floor(corners.min(axis=0)).astype(int), 0)
        right, bottom = np.minimum(np.ceil(corners.max(axis=0)).astype(int) + 1, drawn.shape[1::-1])
        if right - left < 2 or bottom - top < 2:
            return
        mask = np.zeros((bottom - top, right - left), np.uint8)
        places = ((corners - (left, top)) * 2**PARTS).round().astype(np.int32)
        cv2.fillConvexPoly(mask, places, 255, shift=PARTS)
        scale = drawn.shape[1] / image.shape[1], drawn.shape[0] / image.shape[0]
        copy = _moved(image, _of_smaller(matrix, scale), (int(left), int(top), int(right), int(bottom)))
        part = drawn[top:bottom, left:right]
        part[:] = cv2.copyTo(copy, mask, part.copy())

    def matrix(self, size_hw: Hw, step: float) -> Floats:
        """The affine matrix (2, 3) from a picture to its copy so many steps inwards."""
        centre = 0.5 * (size_hw[1] - 1), self.low * (size_hw[0] - 1)
        return np.asarray(cv2.getRotationMatrix2D(centre, self.turn * step, self.ratio**step), np.float32)

    def _fills(self, size_hw: Hw, step: float) -> bool:
        """Whether a copy so many steps inwards fills the picture."""
        height, width = size_hw
        matrix = cv2.invertAffineTransform(self.matrix(size_hw, step))
        corners = np.array([(0, 0), (width, 0), (0, height), (width, height)]) @ matrix[:, :2].T + matrix[:, 2]
        sides = np.abs(corners / (width, height) * 2 - 1)
        return bool(((sides**self.roundness).sum(axis=1) < (1 - self.edge) ** self.roundness).all())

    def _outline(self, size_hw: Hw) -> Floats:
        """The corners, (count, 2), of the part of a picture that its copy shows as it is."""
        angle = np.linspace(0, 2 * np.pi, CORNERS, endpoint=False)
        sides = np.stack([np.cos(angle), np.sin(angle)], axis=1)
        sides = np.sign(sides) * np.abs(sides) ** (2 / self.roundness) * (1 - self.edge)
        middle = np.array(size_hw[::-1]) / 2
        return np.asarray(sides * (middle - 1) + middle - 0.5, np.float32)


@lru_cache(maxsize=8)
def _light(nest: Nest, size_hw: Hw) -> tuple[Floats, int, int]:
    """How much of the first copy is seen at each place, 0 to 1, from a column and a row on."""
    height, width = size_hw
    down = np.abs(np.linspace(-1, 1, height, dtype=np.float32))[:, None] ** nest.roundness
    across = np.abs(np.linspace(-1, 1, width, dtype=np.float32))[None] ** nest.roundness
    share = np.clip((1 - (down + across) ** (1 / nest.roundness)) / nest.edge, 0, 1)
    light = cv2.warpAffine(share * share * (3 - 2 * share), nest.matrix(size_hw, 1), (width, height))
    left, top, wide, high = cv2.boundingRect((light > 0).astype(np.uint8))
    return np.ascontiguousarray(light[top : top + high, left : left + wide], np.float32), left, top


def _moved(image: Image, matrix: Floats, box: tuple[int, int, int, int]) -> Image:
    """The part of the moved picture in the box: left, top, right, bottom."""
    left, top, right, bottom = box
    move = matrix - np.array([[0, 0, left], [0, 0, top]], np.float32)
    return cv2.warpAffine(image, move, (right - left, bottom - top), borderMode=cv2.BORDER_REFLECT)  # type: ignore[return-value]


def _of_smaller(matrix: Floats, scale: tuple[float, float]) -> Floats:
    """The same matrix for a picture that is smaller by a scale across and down."""
    sides = np.array(scale, np.float32)
    move = matrix[:, 2] + matrix[:, :2] @ ((sides - 1) / 2)
    return np.asarray(np.column_stack([matrix[:, :2] * sides, move]), np.float32)


def _halved(image: Image) -> Image:
    return cv2.resize(image, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)  # type: ignore[return-value]


TUNNEL = Nest(ratio=0.52, turn=0.0, seconds=6.0, edge=0.12, roundness=2.6, low=0.64)
WHIRL = Nest(ratio=0.8, turn=12.0, seconds=3.4, edge=0.14, roundness=3.0, low=0.5)
