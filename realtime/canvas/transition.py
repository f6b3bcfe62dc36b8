"""Changes of what is shown: a step to another layer moves, a tile grows, everything else cross-fades."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2

from models.build.heads.grid import Grid
from models.spec import Hw
from realtime.canvas.layout import Layout
from realtime.imaging import compositing
from realtime.imaging.frame import Image

FIRST_STEP = 0.15  # progress at which a change starts, so that a key press shows at once
HAIRLINE = (70, 66, 62)


@dataclass(frozen=True, slots=True)
class Picture:
    """A canvas without text: the image of the view, the frame, and where both lie."""

    view: Image
    frame: Image
    layout: Layout
    canvas_hw: Hw

    def on_canvas(self) -> Image:
        """A new canvas with both."""
        canvas = compositing.background(self.canvas_hw)
        compositing.paste(canvas, self.view, self.layout.view.left, self.layout.view.top)
        camera = self.layout.camera
        if camera is not None:
            compositing.paste(canvas, compositing.fit(self.frame, camera.hw), camera.left, camera.top)
            if self.layout.over:
                compositing.frame_line(canvas, camera, HAIRLINE)
        return canvas


@dataclass(frozen=True, slots=True)
class Shown:
    """What a picture shows; a change of it starts a transition.

    `depth` counts layers from the input; `grid` and the `selected` place are those of tiles.
    """

    view: str
    layout: Layout
    mirror: bool
    depth: int | None = None
    grid: Grid | None = None
    selected: int = 0

    def same_but_place(self, other: Shown) -> bool:
        """Whether nothing differs but the selected place, which is no change of the picture."""
        return replace(self, selected=0) == replace(other, selected=0)


class Transition:
    """Leads from the last picture to the new one when what is shown changes."""

    def __init__(self) -> None:
        self._shown: Shown | None = None
        self._last: Picture | None = None
        self._from: tuple[Picture, Shown] | None = None
        self._since = 0.0

    def apply(self, picture: Picture, shown: Shown, now: float, *, seconds: float) -> Image:
        """The canvas of `picture`, on the way from the one before for `seconds` after what is `shown` has changed."""
        if self._shown is not None and self._last is not None and not shown.same_but_place(self._shown):
            self._from, self._since = (self._last, self._shown), now
        self._shown, self._last = shown, picture
        progress = (now - self._since) / seconds if seconds > 0 else 1.0
        if self._from is None or progress >= 1.0 or self._from[0].canvas_hw != picture.canvas_hw:
            self._from = None
            return picture.on_canvas()
        return self._between(*self._from, picture, shown, max(progress, FIRST_STEP))

    def _between(self, old: Picture, before: Shown, new: Picture, shown: Shown, progress: float) -> Image:
        moved = _moved(old.view, before, new.view, shown, 1 - (1 - progress) ** 3)
        if moved is not None:
            return replace(new, view=moved).on_canvas()
        return compositing.blend(old.on_canvas(), new.on_canvas(), progress)


def _moved(old: Image, before: Shown, new: Image, shown: Shown, progress: float) -> Image | None:
    """The view on the way from one layer to another, or from a tile to the large one; None where nothing moves."""
    same_place = (before.view, before.layout, before.mirror) == (shown.view, shown.layout, shown.mirror)
    if not same_place or before.grid is None or shown.grid is None or before.depth is None or shown.depth is None:
        return None
    if before.depth != shown.depth:
        return _wiped(old, new, progress) if shown.depth > before.depth else _wiped(new, old, 1 - progress)
    if _is_single(shown.grid) and not _is_single(before.grid):
        return _grown(old, new, before.grid, shown.selected, progress)
    if _is_single(before.grid) and not _is_single(shown.grid):
        return _grown(new, old, shown.grid, shown.selected, 1 - progress)
    return None


def _wiped(left: Image, right: Image, progress: float) -> Image:
    """The left image, of which more and more is covered by the right one, from the right.

    Nothing else moves: tiles that slid past would flash.
    """
    edge = left.shape[1] - round(left.shape[1] * progress)
    return cv2.hconcat((left[:, :edge], right[:, edge:]))  # type: ignore[return-value]


def _grown(around: Image, tile: Image, grid: Grid, place: int, progress: float) -> Image:
    """`tile` over `around`, between its place on the grid and the whole view."""
    (left, top), (height, width), image = grid.corner(place), grid.cell_hw, around.copy()
    x0, y0 = round(left * (1 - progress)), round(top * (1 - progress))
    x1 = round(left + width + (image.shape[1] - left - width) * progress)
    y1 = round(top + height + (image.shape[0] - top - height) * progress)
    compositing.paste(image, compositing.resize(tile, (max(y1 - y0, 1), max(x1 - x0, 1))), x0, y0)
    return image


def _is_single(grid: Grid) -> bool:
    return grid.rows * grid.cols == 1
