"""The settings of tiles, and the grid that fills a panel."""

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar

from models.build.heads.grid import Grid
from models.spec import Hw
from realtime.controls.value import KeyBinding, value
from realtime.imaging.colormaps import COLORMAPS, STAGE

GAP = 2  # pixels between tiles
SHOWN = 0.65  # the least share of a map that a tile shows, so that tiles fill the panel without holes
HOLES = 0.6  # how much a panel with empty places counts, compared with one without


@dataclass(frozen=True, slots=True)
class TileSettings:
    """Which tiles are shown, and how bright and in which colours."""

    group: ClassVar[str] = "tiles"

    channel: int = value(-1, "selected channel; -1 for none, so that the most active one counts", low=-1, high=4095)
    zoom: bool = value(
        False, "show the selected tile only", KeyBinding(("z",), "toggle", "selected tile large, or all tiles")
    )
    active: bool = value(
        True,
        "on: active channels that differ, and in the story some layers; off: all",
        KeyBinding(
            ("a",),
            "toggle",
            "most active channels, or all; in story: some layers, or all",
            feedback="shown",
            words=((True, "a selection"), (False, "all")),
        ),
    )
    count: int = value(
        16, "active channels to show, at most; a quarter fewer where they fill the panel better", low=1, high=256
    )
    contrast: float = value(
        1.4,
        "contrast (gamma); above 1 brightens weak activations",
        KeyBinding(("8",), "cycle", "more contrast, then back to the lowest", 0.4, feedback="contrast"),
        low=1.0,
        high=3.0,
    )
    normalize: str = value(
        "tile",
        "reference for full brightness: the peak of each tile or of the layer",
        KeyBinding(("n",), "cycle", "normalize per tile or per layer", feedback="normalize per"),
        choices=("tile", "layer"),
    )
    colormap: str = value(
        STAGE,
        "colormap of the tiles; stage has one for each stage of the network, photo is the picture in their light",
        KeyBinding(("t",), "cycle", "next colormap", feedback="colormap"),
        choices=(STAGE, *COLORMAPS),
    )


@lru_cache(maxsize=1024)
def fill_panel(count: int, panel_hw: Hw, *, aspect: float, gap: int = GAP) -> Grid:
    """The grid of `count` tiles that covers most of a panel; `aspect` is width / height of the maps.

    A grid with empty places is taken only where one without would leave much more of the panel empty.
    """
    best, best_score = None, 0.0
    for cols in range(1, count + 1):
        rows = -(-count // cols)
        cell_hw = _cell(panel_hw, rows, cols, aspect=aspect, gap=gap)
        score = cell_hw[0] * cell_hw[1] * count * (1.0 if rows * cols == count else HOLES)
        if score > best_score:
            best, best_score = Grid(rows, cols, cell_hw, gap, panel_hw, whole(cell_hw, aspect)), score
    if best is None:
        return fill_panel(count, panel_hw, aspect=aspect, gap=0) if gap else Grid(1, count, (1, 1), 0, panel_hw)
    return best


def best_tile_count(count: int, total: int, panel_hw: Hw, *, aspect: float) -> int:
    """The number of tiles, from three quarters of `count` to `count` and at most `total`, that covers most of a panel.

    It leaves no place of the grid empty.
    """

    def covered(number: int) -> float:
        grid = fill_panel(number, panel_hw, aspect=aspect)
        (height, width), whole_hw = grid.cell_hw, grid.whole_hw or grid.cell_hw
        shown = height * width / (whole_hw[0] * whole_hw[1])
        return height * width * number * math.sqrt(shown) * (1.0 if grid.rows * grid.cols == number else HOLES)

    most = min(count, total)
    return max(range(max(3 * most // 4, 1), most + 1), key=covered)


def whole(cell_hw: Hw, aspect: float) -> Hw | None:
    """The size of the map of which a cell shows the middle; None where the cell shows all of it."""
    height, width = cell_hw
    if abs(width / height / aspect - 1) < 0.03:
        return None
    return (height, round(height * aspect)) if width < height * aspect else (round(width / aspect), width)


def _cell(panel_hw: Hw, rows: int, cols: int, *, aspect: float, gap: int) -> Hw:
    """The largest cell in its share of the panel that shows at least SHOWN of a map."""
    height = (panel_hw[0] - gap * (rows - 1)) // rows
    width = (panel_hw[1] - gap * (cols - 1)) // cols
    if height < 1 or width < 1:
        return 0, 0
    return max(min(height, int(width / aspect / SHOWN)), 1), max(min(width, int(height * aspect / SHOWN)), 1)
