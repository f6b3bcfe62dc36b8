"""A camera that moves into a tile of a grid, where the next grid appears."""

import cv2
import numpy as np
from numpy.typing import NDArray

from models.build.heads.grid import Grid
from models.spec import Hw
from realtime.imaging.compositing import Rect

Grey = NDArray[np.uint8]

APPEARS = (0.3, 0.9)  # the next grid appears between these shares of the way
OFF_CENTRE = 0.3  # how far from the centre a tile may lie, as a share of the panel, before it is rarely chosen


def tile_to_enter(grey: Grey, grid: Grid, count: int) -> Rect:
    """The tile with much to see that is near the middle of the panel (height, width)."""
    height, width = grid.cell_hw
    tiles = [Rect(*grid.corner(place), width, height) for place in range(count)]

    def worth(tile: Rect) -> float:
        across = (tile.left + tile.width / 2) / grey.shape[1] - 0.5
        down = (tile.top + tile.height / 2) / grey.shape[0] - 0.5
        contrast = grey[tile.top : tile.top + tile.height, tile.left : tile.left + tile.width].std()
        return float(contrast * np.exp(-(across**2 + down**2) / (2 * OFF_CENTRE**2)))

    return max(tiles, key=worth)


def seen(tile: Rect, panel_hw: Hw, amount: float) -> tuple[float, float, float]:
    """Left, top and scale of what the camera sees: the whole panel at 0, a tile and what is beside it at 1.

    The scale grows by the same factor in equal times, as for a camera that approaches at a constant speed.
    """
    height, width = panel_hw
    share = max(tile.width / width, tile.height / height)
    scale = share**-amount
    way = (1 - 1 / scale) / max(1 - share, 1e-6)
    left = tile.left + (tile.width - share * width) / 2
    top = tile.top + (tile.height - share * height) / 2
    room = 1 - share
    return min(max(left, 0), room * width) * way, min(max(top, 0), room * height) * way, scale


def look(grey: Grey, tile: Rect, amount: float) -> Grey:
    """What the camera sees of a panel on its way into a tile."""
    left, top, scale = seen(tile, (grey.shape[0], grey.shape[1]), amount)
    matrix = np.array([[scale, 0, -left * scale], [0, scale, -top * scale]])
    return cv2.warpAffine(grey, matrix, grey.shape[::-1], flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_CONSTANT)  # type: ignore[return-value]


def move_into(grey: Grey, tile: Rect, inner: Grey, amount: float) -> Grey:
    """On the way into a tile, in which `inner`, a panel of the same size, appears."""
    begin, end = APPEARS
    strength = float(np.clip((amount - begin) / (end - begin), 0, 1))
    outer = look(grey, tile, amount)
    if not strength:
        return outer
    at_end = seen(tile, (grey.shape[0], grey.shape[1]), 1.0)
    left, top, scale = seen(tile, (grey.shape[0], grey.shape[1]), amount)
    ratio = scale / at_end[2]
    matrix = np.array([[ratio, 0, (at_end[0] - left) * scale], [0, ratio, (at_end[1] - top) * scale]])
    placed = cv2.warpAffine(inner, matrix, grey.shape[::-1], flags=cv2.INTER_AREA, borderMode=cv2.BORDER_CONSTANT)
    return cv2.addWeighted(outer, 1 - strength, placed, strength, 0)  # type: ignore[return-value]
