"""A sheet of feature maps: the picture and its predictions at the left, a grid per layer at the right."""

import math
from collections.abc import Callable, Sequence

from models.build.heads.grid import Grid
from models.build.layer_sizes import layer_sizes
from models.spec import Hw, LayerInfo, Prediction
from realtime.imaging.colormaps import STAGE, apply_colormap, ink
from realtime.imaging.compositing import Rect, background, fitted, frame_line, paste, resize
from realtime.imaging.drawing import draw_predictions, network_label, predictions_height, write_fitting
from realtime.imaging.frame import Image, hw
from realtime.imaging.text import BRIGHT, FAINT, QUIET, write
from realtime.sheets.picture_activations import LayerTiles, PictureActivations
from realtime.sheets.storyboard import CONTRAST
from realtime.views.stages import stage_caption

SHAPE = 9 / 16  # height to width of a slide, the target of a sheet
ROWS = 5  # rows of tiles of 4:3 that fill a slide
MOST_COLS = 12  # tiles of 4:3 in a row: smaller ones cannot be read


class MapSheet:
    """The layout of a sheet `width` pixels wide for `layers` and tiles of `aspect` (width / height).

    `channels` of each layer are drawn; without it, as many as fill the rows. `column` is the width of the picture's
    column, `room` that of the grids.
    """

    def __init__(self, width: int, layers: tuple[LayerInfo, ...], aspect: float, channels: int | None = None) -> None:
        self.width, self.layers, self._aspect, self._channels = width, layers, aspect, channels
        self.text, self.edge = max(round(width / 62), 13), max(round(width / 60), 8)
        self.caption, self.column = round(self.text * 1.5), round(width * 0.25)
        self.room = width - self.column - 3 * self.edge

    def grids(self) -> list[Grid]:
        """A grid per layer, all with the cell size that brings the sheet closest to a slide."""
        most = max(round(MOST_COLS * 4 / 3 / self._aspect), 1)
        most = min(most, self._channels or most, max(layer.channels for layer in self.layers))
        candidates = (self._grids(cols) for cols in range(1, most + 1))
        return min(candidates, key=lambda grids: abs(self.height(grids) - self.width * SHAPE))

    def height(self, grids: Sequence[Grid]) -> int:
        """The height of the column with the grids, with borders."""
        return self.edge + sum(self.caption + grid.panel_hw[0] + self.edge for grid in grids)

    def _grids(self, cols: int) -> list[Grid]:
        room, gap = self.room, max(self.width // 480, 2)
        slide = math.ceil(ROWS * min(0.75 * self._aspect, 1.0) / len(self.layers))  # tall tiles need fewer rows
        rows = slide if self._channels is None else -(-self._channels // cols)
        cell_w = max((room - gap * (cols - 1)) // cols, 1)
        cell_hw = (max(round(cell_w / self._aspect), 1), cell_w)
        return [_grid(min(rows, -(-layer.channels // cols)), cols, cell_hw, gap) for layer in self.layers]

    def count(self, layer: LayerInfo, grid: Grid) -> int:
        """The number of channels of a layer that are drawn."""
        return min(self._channels or grid.rows * grid.cols, layer.channels)


def _grid(rows: int, cols: int, cell_hw: Hw, gap: int) -> Grid:
    height, width = cell_hw
    return Grid(rows, cols, cell_hw, gap, (rows * (height + gap) - gap, cols * (width + gap) - gap))


def draw_maps(
    still: PictureActivations,
    sheet: MapSheet,
    predictions: Sequence[Prediction],
    advance: Callable[[], None] = lambda: None,
) -> tuple[Image, tuple[LayerTiles, ...]]:
    """Draw the sheet; the sheet and the tiles on it. `advance` is called after each layer."""
    grids, edge = sheet.grids(), sheet.edge
    sizes = layer_sizes(still.network, still.input_hw)
    picture_hw = fitted(hw(still.image), (round(sheet.width * 0.36), sheet.column))
    names = predictions_height(len(predictions), sheet.text)
    aside = edge + picture_hw[0] + 2 * edge + names + 2 * sheet.text + edge
    canvas = background((max(sheet.height(grids), aside), sheet.width))
    _draw_aside(canvas, still, sheet, predictions, picture_hw)
    drawn, top = [], edge
    for layer, grid in zip(sheet.layers, grids, strict=True):
        drawn.append(still.tiles(layer, grid, sheet.count(layer, grid)))
        _draw_layer(canvas, sheet, drawn[-1], top, (stage_caption(layer, still.network.info)[0], sizes.get(layer.name)))
        top += sheet.caption + grid.panel_hw[0] + edge
        advance()
    return canvas, tuple(drawn)


def _draw_aside(
    canvas: Image, still: PictureActivations, sheet: MapSheet, predictions: Sequence[Prediction], picture_hw: Hw
) -> None:
    """The picture, the predictions below it, and the name of the network at the bottom."""
    edge, text = sheet.edge, sheet.text
    picture = Rect(edge, edge, picture_hw[1], picture_hw[0])
    frame_line(canvas, picture, FAINT)
    paste(canvas, resize(still.image, picture_hw), edge, edge)
    below = Rect(edge, picture.top + picture.height + edge, sheet.column, 0)
    draw_predictions(canvas, below, predictions, size=text)
    name, shade = network_label(still.network.info)
    foot = Rect(edge, canvas.shape[0] - edge - text, sheet.column, text)
    write_fitting(canvas, name, foot, size=text, colour=shade)


def _draw_layer(canvas: Image, sheet: MapSheet, tiles: LayerTiles, top: int, about: tuple[str, Hw | None]) -> None:
    """A grid, and above it the name of the layer, its stage, the number of channels and their size."""
    stage, size_hw = about
    layer, left, text = tiles.layer, sheet.column + 2 * sheet.edge, sheet.text
    width, baseline = sheet.room, top + round(text * 0.9)
    used = write(canvas, layer.name, left, baseline, text, BRIGHT)
    used += text // 2 + write(canvas, stage, left + used + text // 2, baseline, text, QUIET)
    shown = len(tiles.channels)
    channels = f"{shown} of {layer.channels} channels" if shown < layer.channels else f"all {shown} channels"
    details = f"{channels}, {size_hw[1]}×{size_hw[0]}" if size_hw else channels
    place = Rect(left + used + text, top, max(width - used - text, 1), baseline - top)
    write_fitting(canvas, details, place, size=text, colour=QUIET, right=True)
    paste(canvas, apply_colormap(tiles.grey, ink(STAGE, tiles.layer.block), CONTRAST), left, top + sheet.caption)
