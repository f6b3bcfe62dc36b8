"""A picture as woven cloth: light weft and dark warp, and the lightness of the picture says which one is seen."""

from functools import lru_cache
from typing import Any, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from models.spec import Hw
from realtime.imaging.frame import Floats, Image, hw

Integers: TypeAlias = NDArray[np.integer[Any]]

THREADS = 190  # threads across the width of a picture
LEAST, MOST = 3, 16  # pixels: a thread is not thinner, nor thicker
REPEAT = 4  # threads after which the weave repeats: a twill
STEP = 1  # threads by which its crossings move from one row to the next
DEPTH = 66.0  # grey levels between the middle of a thread and the gap next to it
OVER = 40.0  # grey levels between light weft and dark warp
LIFT = 30.0  # grey levels by which black is lighter, so that its threads are seen
SOFT = 0.25  # the share of the grey levels over which one thread gives way to the other


def woven(grey: Image) -> Image:
    """The picture, (height, width) grey, as cloth; each sum is looked up in a table."""
    pairs = cv2.merge([grey, _pattern(hw(grey))])
    return cv2.LUT(pairs.view("<u2").reshape(grey.shape), _levels(_thread(grey.shape[1])))  # type: ignore[return-value]


def _thread(width: int) -> int:
    """The pixels from one thread to the next, for a picture so many pixels wide."""
    return min(max(round(width / THREADS), LEAST), MOST)


@lru_cache(maxsize=4)
def _pattern(size_hw: Hw) -> Image:
    """The place of each pixel in its crossing, and the rank of that crossing in the repeat, as one number."""
    thread = _thread(size_hw[1])
    down, across = np.indices(size_hw)
    row, column = down // thread, across // thread
    rank = (column + row * STEP) % REPEAT
    rows, columns = (_fold(each % thread, thread) for each in (down, across))
    half = _halves(thread)
    return np.asarray((rank * half + rows) * half + columns, np.uint8)


def _halves(thread: int) -> int:
    """How many distances from the middle of a thread there are."""
    return (thread + 1) // 2


def _fold(place: Integers, thread: int) -> Integers:
    """The distance of a pixel from the edge of its thread, in pixels."""
    return np.minimum(place, thread - 1 - place)


@lru_cache(maxsize=4)
def _levels(thread: int) -> Image:
    """The grey level for each level of the picture and each number of the pattern: 65536 uint8."""
    half = _halves(thread)
    number = np.arange(256)
    rank, row, column = number // (half * half), number // half % half, number % half
    light = np.arange(256)[None] / 255.0
    limit = ((rank % REPEAT) + 0.5)[:, None] / REPEAT
    weft = np.clip((light - limit) / SOFT + 0.5, 0, 1)
    bulge_weft, bulge_warp = (_bulge(each, thread)[:, None] for each in (row, column))
    over, under = OVER / 2 + DEPTH * (bulge_weft - 1), DEPTH * (bulge_warp - 1) - OVER / 2
    shade = weft * over + (1 - weft) * under
    levels = LIFT + light * (255 - LIFT) + shade
    return levels.clip(0, 255).round().astype(np.uint8).ravel()  # type: ignore[no-any-return]


def _bulge(distance: Integers, thread: int) -> Floats:
    """How round a thread is at a distance from its edge: 0 at the gap, 1 in the middle."""
    return np.asarray(np.sin(np.pi * (distance + 0.5) / thread), np.float32)
