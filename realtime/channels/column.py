"""Beside or below one large tile: the picture that its channel likes, and what excited it lately."""

import math
from dataclasses import dataclass

import numpy as np

from models.spec import Hw, LayerInfo, Network
from realtime.channels.excited import COUNT, Excited
from realtime.channels.likes import ChannelLikes
from realtime.imaging.compositing import Rect, background, blend, paste, resize
from realtime.imaging.drawing import write_fitting
from realtime.imaging.frame import Floats, Image
from realtime.imaging.text import QUIET
from realtime.inference.engine import Engine

SHARE = 0.28  # of the longer side of the panel
NARROWEST = 120  # pixels; where there is less room there is no column
COLUMN_GAP, GAP = 16, 8  # pixels beside the column, and between crops
SOON = 0.4  # seconds in which a picture may come from the cache, before it is said that it is being drawn
FADE = 0.6  # seconds in which a picture appears that was waited for


def split_panel(panel_hw: Hw) -> tuple[Hw, Hw | None]:
    """The room for the tile, and that for the column: at the right, or below in an upright panel; None without room."""
    height, width = panel_hw
    room = round(SHARE * max(height, width))
    if room < NARROWEST:
        return panel_hw, None
    if height > width:
        return (height - room - COLUMN_GAP, width), (room, width)
    return (height, width - room - COLUMN_GAP), (height, room)


def within_edges(column_hw: Hw, panel_hw: Hw) -> Hw:
    """The size of a column that keeps away from the edges of a panel that fills the canvas."""
    across = 2 if column_hw[1] == panel_hw[1] else 1
    return max(column_hw[0] - (3 - across) * COLUMN_GAP, 1), max(column_hw[1] - across * COLUMN_GAP, 1)


def join_column(image: Image, column: Image, column_hw: Hw) -> Image:
    """The panel from the image of the tile and the column, in the middle of its room or beside the tile."""
    room, (height, width) = background(column_hw), column.shape[:2]
    below = image.shape[1] == column_hw[1]
    top, left = (0, (column_hw[1] - width) // 2) if below else ((column_hw[0] - height) // 2, 0)
    room[top : top + height, left : left + width] = column
    if below:
        return np.vstack([image, background((COLUMN_GAP, image.shape[1])), room])
    return np.hstack([image, background((image.shape[0], COLUMN_GAP)), room])


@dataclass(frozen=True, slots=True)
class Seen:
    """A picture, the activations (h, w) of one channel for it, and the time in seconds."""

    picture: Image
    layer: LayerInfo
    channel: int
    activations: Floats
    now: float


class ChannelColumn:
    """What is known of the channels of a network, one at a time."""

    def __init__(self, engine: Engine, network: Network) -> None:
        self._likes = ChannelLikes(engine, network)
        self._shown: tuple[str, int] | None = None
        self._excited = Excited()
        self._since, self._missing = 0.0, -math.inf  # when the channel was chosen, and had no picture last

    def draw(self, seen: Seen, size_hw: Hw, *, top: int) -> Image:
        """The column, empty above `top` where it is upright."""
        if self._shown != (seen.layer.name, seen.channel):
            self._shown, self._excited = (seen.layer.name, seen.channel), Excited()
            self._since, self._missing = seen.now, -math.inf
        crops = self._excited.update(seen.activations, seen.picture, seen.now)
        (height, width), column = size_hw, background(size_hw)
        size = max(min(size_hw) // 13, 10)
        if width > height:
            side = min(height - 2 * size, (width - COLUMN_GAP) // 2)
            first = Rect(0, 0, side, height)
            second = Rect(side + COLUMN_GAP, 0, width - side - COLUMN_GAP, height)
        else:
            first = Rect(0, top, width, 2 * size + min(width, height - top - 2 * size))
            below = first.top + first.height + size
            second = Rect(0, below, width, max(height - below, 1))
        _heading(column, first, "what it likes", size)
        self._draw_liked(column, first._replace(top=first.top + 2 * size, height=first.height - 2 * size), size, seen)
        _heading(column, second, "what excited it lately", size)
        _draw_crops(column, second._replace(top=second.top + 2 * size, height=second.height - 2 * size), crops)
        return column

    def _draw_liked(self, column: Image, box: Rect, size: int, seen: Seen) -> None:
        """The picture that the channel likes, or what is in its place; one that was waited for fades in."""
        portrait, side = self._likes.portrait(seen.layer, seen.channel), min(box.width, box.height)
        if side <= 0:
            return
        if portrait is not None:
            image, opacity = resize(portrait.image, (side, side)), min((seen.now - self._missing) / FADE, 1.0)
            shown = image if opacity >= 1 else blend(background((side, side)), image, opacity)
            paste(column, shown, box.left, box.top)
            return
        self._missing = seen.now
        none = self._likes.has_none(seen.layer, seen.channel)
        if none or seen.now - self._since > SOON:
            _heading(column, box, "no picture" if none else "being drawn", size)


def _heading(column: Image, box: Rect, text: str, size: int) -> None:
    """Write quiet words at the top of a box."""
    if box.top + size <= column.shape[0]:
        write_fitting(column, text, Rect(box.left, box.top, box.width, size), size=size, colour=QUIET)


def _draw_crops(column: Image, box: Rect, crops: list[Image]) -> None:
    """The crops as large as they fit a box, row by row."""
    number = min(len(crops), COUNT)
    if not number or box.height < 1:
        return

    def side_of(cols: int) -> int:
        rows = -(-number // cols)
        return min((box.width - GAP * (cols - 1)) // cols, (box.height - GAP * (rows - 1)) // rows)

    cols = max(range(1, number + 1), key=side_of)
    side = side_of(cols)
    for place, crop in enumerate(crops[:number] if side > 0 else []):
        row, col = divmod(place, cols)
        paste(column, resize(crop, (side, side)), box.left + col * (side + GAP), box.top + row * (side + GAP))
