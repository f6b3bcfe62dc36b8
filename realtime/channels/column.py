"""Beside one large tile: the picture that its channel likes, and what excited it lately."""

from models.spec import Hw, LayerInfo, Network
from realtime.channels.excited import COUNT, Excited
from realtime.channels.likes import ChannelLikes
from realtime.imaging.compositing import Rect, background, paste, resize
from realtime.imaging.drawing import write_fitting
from realtime.imaging.frame import Floats, Frame, Image
from realtime.imaging.text import QUIET
from realtime.inference.engine import Engine

SHARE = 0.26  # of the panel's width
NARROWEST = 120  # pixels; a narrower panel has no column
COLUMN_GAP, GAP = 16, 8  # pixels beside the column, and between crops


def column_width(panel_width: int) -> int:
    """Pixels of the column beside a tile in a panel; 0 where there is no room."""
    width = round(panel_width * SHARE)
    return width if width >= NARROWEST else 0


class ChannelColumn:
    """What is known of the channels of a network, one at a time."""

    def __init__(self, engine: Engine, network: Network) -> None:
        self._likes = ChannelLikes(engine, network)
        self._shown: tuple[str, int] | None = None
        self._excited = Excited()

    def draw(
        self, layer: LayerInfo, channel: int, activations: Floats, frame: Frame, *, size_hw: Hw, top: int
    ) -> Image:
        """The column, empty above `top`; `activations` (h, w) are those of the channel for the frame."""
        if self._shown != (layer.name, channel):
            self._shown, self._excited = (layer.name, channel), Excited()
        column = background(size_hw)
        size = max(size_hw[1] // 14, 10)
        top = _heading(column, "what it likes", top, size)
        liked = self._likes.picture(layer, channel)
        if liked is not None:
            side = min(size_hw[1], size_hw[0] - top)
            paste(column, resize(liked, (side, side)), 0, top)
            top += side + size
        crops = self._excited.update(activations, frame.image, frame.timestamp)
        top = _heading(column, "what excited it lately", top, size)
        _draw_crops(column, crops, top)
        return column


def _heading(column: Image, text: str, top: int, size: int) -> int:
    """Write a heading; the row below it."""
    write_fitting(column, text, Rect(0, top, column.shape[1], size), size=size, colour=QUIET)
    return top + 2 * size


def _draw_crops(column: Image, crops: list[Image], top: int) -> None:
    """Two crops in a row, as many as there is room for."""
    side = (column.shape[1] - GAP) // 2
    for place, crop in enumerate(crops[:COUNT]):
        row, col = divmod(place, 2)
        y = top + row * (side + GAP)
        if y + side <= column.shape[0]:
            paste(column, resize(crop, (side, side)), col * (side + GAP), y)
