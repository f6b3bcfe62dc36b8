"""The colours of tiles: a colormap, or the frame itself as the activations light it."""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from models.build.heads.grid import Grid
from models.spec import LayerInfo
from realtime.imaging.colormaps import PHOTO, apply_colormap, ink, light_photo
from realtime.imaging.compositing import resize
from realtime.imaging.frame import Image
from realtime.views.tiles import TileSettings

FAINT = 0.08  # how bright a white photo is in a dark tile, as a share of the strongest activation
COARSE = 8  # pixels of the input: layers of that stride or more draw shapes that cannot be placed without the photo


def colour_tiles(grey: NDArray[np.uint8], grid: Grid, photo: Image, settings: TileSettings, layer: LayerInfo) -> Image:
    """The grey panel of a grid in the colours of the settings, for a layer.

    `photo` is what the tiles are activations of. It is the picture that PHOTO lights; in the dark of the tiles of a
    coarse layer it can be seen faintly.
    """
    if settings.colormap == PHOTO:
        cell = _in_cell(photo, grid)
        return light_photo(grey, _on_panel(np.tile(cell, (grid.rows, grid.cols, 1)), grid), settings.contrast)
    if layer.stride >= COARSE:
        grey = _with_photo(grey, grid, photo)
    return apply_colormap(grey, ink(settings.colormap, layer.block), settings.contrast)


def _with_photo(grey: NDArray[np.uint8], grid: Grid, photo: Image) -> NDArray[np.uint8]:
    """The tiles with the photo in their dark, where it is faint; none of it is seen in the strongest activation."""
    cell: Any = cv2.cvtColor(_in_cell(photo, grid), cv2.COLOR_BGR2GRAY)
    cell = cv2.addWeighted(cell, 4, cv2.blur(cell, (max(grid.cell_hw[0] // 6, 3),) * 2), -4, 0)
    faint = _on_panel(np.tile(cell, (grid.rows, grid.cols)), grid)
    return cv2.add(grey, cv2.multiply(cv2.bitwise_not(grey), faint, scale=FAINT / 255))  # type: ignore[return-value]


def _in_cell(photo: Image, grid: Grid) -> Image:
    """The part of the photo that a cell shows, at the size of the cell."""
    (height, width), whole = grid.cell_hw, resize(photo, grid.whole_hw or grid.cell_hw)
    top, left = (whole.shape[0] - height) // 2, (whole.shape[1] - width) // 2
    return whole[top : top + height, left : left + width]


def shown_part(photo: Image, grid: Grid) -> Image:
    """The part of the photo that a cell shows, at its own size."""
    whole_hw = grid.whole_hw or grid.cell_hw
    height, width = (
        round(side * cell / whole) for side, cell, whole in zip(photo.shape[:2], grid.cell_hw, whole_hw, strict=True)
    )
    top, left = (photo.shape[0] - height) // 2, (photo.shape[1] - width) // 2
    return photo[top : top + height, left : left + width]


def _on_panel(tiles: NDArray[np.uint8], grid: Grid) -> NDArray[np.uint8]:
    """Tiles without gaps, (rows * h, cols * w) or with colours, as a panel: gaps and margins are black."""
    (height, width), pitch_hw = grid.cell_hw, [side + grid.gap for side in grid.cell_hw]
    panel = np.zeros((grid.panel_hw[0] + grid.gap, grid.panel_hw[1] + grid.gap, *tiles.shape[2:]), np.uint8)
    left, top = grid.corner(0)
    room = panel[top : top + grid.rows * pitch_hw[0], left : left + grid.cols * pitch_hw[1]]
    places = room.reshape(grid.rows, pitch_hw[0], grid.cols, pitch_hw[1], *tiles.shape[2:])
    places[:, :height, :, :width] = tiles.reshape(grid.rows, height, grid.cols, width, *tiles.shape[2:])
    panel[top : top + grid.rows * pitch_hw[0], left : left + grid.cols * pitch_hw[1]] = places.reshape(room.shape)
    return np.ascontiguousarray(panel[: grid.panel_hw[0], : grid.panel_hw[1]])
