"""Where the tiles of a mosaic lie."""

from dataclasses import dataclass

from models.spec import Hw


@dataclass(frozen=True, slots=True)
class Grid:
    """Tiles on a panel: `rows` x `cols` cells of `cell_hw` pixels, `gap` pixels apart, centred in `panel_hw`.

    A cell shows the middle of a map of `whole_hw` pixels where that is given, otherwise all of it.
    """

    rows: int
    cols: int
    cell_hw: Hw
    gap: int
    panel_hw: Hw
    whole_hw: Hw | None = None

    def corner(self, place: int) -> tuple[int, int]:
        """Left and top of the cell at a place in reading order, in pixels of the panel."""
        (height, width), gap = self.cell_hw, self.gap
        top = (self.panel_hw[0] - self.rows * (height + gap) + gap) // 2
        left = (self.panel_hw[1] - self.cols * (width + gap) + gap) // 2
        row, col = divmod(place, self.cols)
        return left + col * (width + gap), top + row * (height + gap)

    def place(self, x: float, y: float) -> int | None:
        """The place of the cell under a point of the panel, or None."""
        (height, width), (left, top) = self.cell_hw, self.corner(0)
        col, row = int((x - left) // (width + self.gap)), int((y - top) // (height + self.gap))
        return row * self.cols + col if 0 <= col < self.cols and 0 <= row < self.rows else None
