"""Enlarge a small picture so that its edges follow those of a large one (fast guided filter, He and Sun 2015)."""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from realtime.imaging.frame import Floats, Image, hw

RADIUS = 3  # pixels of the small picture
EPSILON = 1e-3  # a variance of grey from 0 to 1; flatter places are smoothed


def enlarge_along_edges(colours: Floats, image: Image) -> Image:
    """`colours` (height, width, 3) of 0 to 1 at the size of `image`, with the edges of its grey."""
    return enlarge_along_guide(colours, cv2.cvtColor(image, cv2.COLOR_BGR2GRAY))  # type: ignore[arg-type]


def enlarge_along_guide(levels: Floats, guide: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """`levels` (height, width), or with colours, of 0 to 1 at the size of the grey `guide`, with its edges."""
    small = cv2.resize(guide, hw(levels)[::-1], interpolation=cv2.INTER_AREA)
    slope, offset = _lines(levels, np.asarray(small / np.float32(255), np.float32))
    wide = guide.astype(np.float32)
    if levels.ndim == 2:
        return _on_lines(slope, offset, wide)
    planes = [_on_lines(slope[..., colour], offset[..., colour], wide) for colour in range(levels.shape[2])]
    return np.asarray(cv2.merge(planes), np.uint8)  # one colour after another takes a third of the time of all at once


def _on_lines(slope: Floats, offset: Floats, guide: Floats) -> NDArray[np.uint8]:
    """The levels, 0 to 255, of the grey `guide` on the lines of one colour, which are enlarged to its size."""
    size = hw(guide)[::-1]
    large = cv2.multiply(cv2.resize(slope, size), guide)
    return np.asarray(cv2.add(large, cv2.resize(offset * 255, size), dtype=cv2.CV_8U), np.uint8)


def _lines(levels: Floats, guide: Floats) -> tuple[Floats, Floats]:
    """Slope and offset, shaped like `levels`, of the line from guide to level that fits best around each pixel."""
    guide = _as_wide(guide, levels)
    mean_guide, mean_levels = _mean(guide), _mean(levels)
    covariance = _mean(guide * levels) - mean_guide * mean_levels
    slope = covariance / (_mean(guide * guide) - mean_guide**2 + EPSILON)
    return _mean(slope), _mean(mean_levels - slope * mean_guide)


def _as_wide(grey: Any, levels: Floats) -> Any:
    """The grey picture with as many colours as `levels`."""
    return grey if levels.ndim == 2 else cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR)


def _mean(values: Floats) -> Floats:
    """The mean around every pixel."""
    return np.asarray(cv2.blur(values, (2 * RADIUS + 1,) * 2), np.float32)
