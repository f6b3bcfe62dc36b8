"""The settings of tiles, and the grid that fills a panel."""

from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar

from models.build.heads.grid import Grid
from models.spec import Hw
from realtime.controls.value import KeyBinding, value
from realtime.imaging.colormaps import COLORMAPS

GAP = 2  # pixels between tiles
STRETCH = 0.12  # how far the aspect ratio of a tile may differ from that of the camera, to fill the panel


@dataclass(frozen=True, slots=True)
class TileSettings:
    """Which tiles are shown, and how bright and in which colours."""

    group: ClassVar[str] = "tiles"

    channel: int = value(0, "selected channel", high=4095)
    zoom: bool = value(
        False, "show the selected tile only", KeyBinding(("z",), "toggle", "selected tile large, or all tiles")
    )
    active: bool = value(
        False, "show only the most active channels", KeyBinding(("a",), "toggle", "most active channels, or all")
    )
    count: int = value(
        16, "number of most active channels to show; up to 50 % more where they fill the panel better", low=1, high=256
    )
    contrast: float = value(
        1.8,
        "contrast (gamma); above 1 brightens weak activations",
        KeyBinding(("8",), "cycle", "more contrast, then back to the lowest", 0.4, feedback="contrast"),
        low=1.0,
        high=3.0,
    )
    normalize: str = value(
        "tile",
        "reference for full brightness: the maximum of each tile or of the layer",
        KeyBinding(("n",), "cycle", "normalize per tile or per layer", feedback="normalize per"),
        choices=("tile", "layer"),
    )
    colormap: str = value(
        COLORMAPS[0],
        "colormap of the tiles",
        KeyBinding(("t",), "cycle", "next colormap", feedback="colormap"),
        choices=COLORMAPS,
    )


@lru_cache(maxsize=1024)
def fill_panel(count: int, panel_hw: Hw, *, aspect: float, gap: int = GAP) -> Grid:
    """The grid of `count` tiles that covers most of a panel, each about `aspect` (width / height) wide."""
    best, best_cover = None, 0.0
    for cols in range(1, count + 1):
        rows = -(-count // cols)
        cell_hw = _cell(panel_hw, rows, cols, aspect=aspect, gap=gap)
        cover = cell_hw[0] * cell_hw[1] * count
        if cover > best_cover:
            best, best_cover = Grid(rows, cols, cell_hw, gap, panel_hw), cover
    if best is None:
        return fill_panel(count, panel_hw, aspect=aspect, gap=0) if gap else Grid(1, count, (1, 1), 0, panel_hw)
    return best


def best_tile_count(count: int, total: int, panel_hw: Hw, *, aspect: float) -> int:
    """The number of tiles, from `count` to 1.5 times as many and at most `total`, that covers most of a panel."""

    def covered(number: int) -> int:
        height, width = fill_panel(number, panel_hw, aspect=aspect).cell_hw
        return height * width * number

    return max(range(min(count, total), min(count + count // 2, total) + 1), key=covered)


def _cell(panel_hw: Hw, rows: int, cols: int, *, aspect: float, gap: int) -> Hw:
    """The largest cell in its share of the panel whose aspect ratio is within STRETCH of `aspect`."""
    height = (panel_hw[0] - gap * (rows - 1)) // rows
    width = (panel_hw[1] - gap * (cols - 1)) // cols
    if height < 1 or width < 1:
        return 0, 0
    return min(height, int(width / aspect * (1 + STRETCH))), min(width, int(height * aspect * (1 + STRETCH)))
