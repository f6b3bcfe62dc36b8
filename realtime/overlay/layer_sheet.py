"""How the list of layers lies in the window: columns, grouped by block, as large as the window allows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TypeAlias

from models.spec import Hw, LayerInfo
from realtime.imaging.compositing import Rect, shade
from realtime.imaging.drawing import fitting, write_fitting
from realtime.imaging.frame import Image
from realtime.imaging.text import ACCENT, BRIGHT, FAINT, LIGHT, QUIET, text_width, write

LARGEST, SMALLEST = 20, 34  # a window has room for that many lines of text of the largest and of the smallest size
PITCH, GAP = 1.45, 0.7  # from one line and from one column to the next, in text sizes
LONGEST = 22  # text sizes: longer names are cut
FIGURES = 5  # text sizes for channels and stride
HELP = "Up and Down move, letters find, Enter chooses, Esc closes"

Line: TypeAlias = int | str
"""The place of a layer in the list, or the heading of a block."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """The rectangles of the layers, by their place, and of the headings; `shown` is the visible part of the columns."""

    size: int
    rows: tuple[tuple[int, Rect], ...]
    headings: tuple[tuple[str, Rect], ...]
    shown: tuple[float, float]


def arrange_layers(layers: Sequence[LayerInfo], place: int, window_hw: Hw) -> Sheet:
    """The largest text at which all layers are seen; with too many, the columns around the one with the cursor."""
    room, lines, wide = _room(window_hw), list(_lines(layers)), _name_width(layers)
    for size in range(min(window_hw) // LARGEST, max(min(window_hw) // SMALLEST, 8) - 1, -1):
        columns, gap = _columns(lines, max(int(room.height / (PITCH * size)), 2)), round(GAP * size)
        width = min(round((wide + FIGURES) * size), room.width)
        fit = max((room.width + gap) // (width + gap), 1)
        if len(columns) <= fit:
            break
    else:
        width = (room.width + gap) // fit - gap
    here = next((number for number, column in enumerate(columns) if place in column), 0)
    first = min(max(here - fit // 2, 0), max(len(columns) - fit, 0))
    visible, tall = columns[first : first + fit], round(PITCH * size)
    cells = [
        (line, Rect(room.left + across * (width + gap), room.top + round(down * PITCH * size), width, tall))
        for across, column in enumerate(visible)
        for down, line in enumerate(column)
    ]
    rows = tuple((line, box) for line, box in cells if isinstance(line, int))
    headings = tuple((line, box) for line, box in cells if isinstance(line, str))
    return Sheet(size, rows, headings, (first / len(columns), (first + len(visible)) / len(columns)))


def draw_layers(
    image: Image, layers: Sequence[LayerInfo], place: int, *, present: str, title: str, sentence: str
) -> None:
    """Draw the list over an image; `sentence` in place of the layers where there are none."""
    height, width = image.shape[:2]
    room, sheet = _room((height, width)), arrange_layers(layers, place, (height, width))
    shade(image, Rect(0, 0, width, height), strength=0.97)
    _draw_head(image, room, title)
    if sentence:
        size = fitting(sentence, room.width, size=min(height, width) // LARGEST)
        write(image, sentence, room.left, room.top + 2 * size, size, ACCENT)
    for text, box in sheet.headings:
        write_fitting(image, text, _line(box, sheet.size), size=round(sheet.size * 0.8), colour=QUIET)
    for number, box in sheet.rows:
        _draw_layer(image, layers[number], box, sheet.size, here=number == place, now=layers[number].name == present)
    if sheet.shown != (0.0, 1.0):
        _draw_scroll(image, room, sheet)


def _room(window_hw: Hw) -> Rect:
    """Where the columns lie: below the title, above the line of keys."""
    height, width = window_hw
    edge = max(round(min(window_hw) / 24), 6)
    top, below = round(2.6 * edge), round(1.8 * edge)
    return Rect(edge, edge + top, width - 2 * edge, max(height - 2 * edge - top - below, 1))


def _lines(layers: Sequence[LayerInfo]) -> Iterator[Line]:
    """The heading of each block, and the places of its layers."""
    for block, group in groupby(enumerate(layers), key=lambda each: each[1].block):
        yield f"block {block}"
        yield from (place for place, _ in group)


def _columns(lines: Sequence[Line], rows: int) -> list[list[Line]]:
    """The lines in columns of `rows`; no heading is the last of a column."""
    columns: list[list[Line]] = [[]]
    for line in lines:
        full = len(columns[-1]) >= rows or (isinstance(line, str) and len(columns[-1]) == rows - 1)
        if full:
            columns.append([])
        columns[-1].append(line)
    return columns


def _name_width(layers: Sequence[LayerInfo]) -> float:
    """The width of the longest name, in text sizes."""
    longest = sorted((layer.name for layer in layers), key=len)[-3:]
    return min(max((text_width(name, 20) / 20 for name in longest), default=1.0), LONGEST) + 1


def _line(box: Rect, size: int) -> Rect:
    """The part of a row whose lower edge is the baseline, without the mark at the left."""
    return Rect(box.left + round(0.6 * size), box.top, box.width - round(1.2 * size), round(1.12 * size))


def _draw_head(image: Image, room: Rect, title: str) -> None:
    """The title, beside it what the figures are, and the keys at the bottom."""
    edge, figures = room.left, "channels · stride"
    small = max(round(edge * 0.75), 9)
    legend = text_width(figures, small)
    size = fitting(title, room.width - legend - edge, size=round(edge * 1.9), weight=LIGHT)
    baseline = edge + round(edge * 1.6)
    used = write(image, title, edge, baseline, size, BRIGHT, LIGHT)
    write(image, figures, edge + used + edge, baseline, small, QUIET)
    keys = Rect(edge, image.shape[0] - edge - small, room.width, small)
    write_fitting(image, HELP, keys, size=small, colour=QUIET)


def _draw_layer(image: Image, layer: LayerInfo, box: Rect, size: int, *, here: bool, now: bool) -> None:
    """Draw the name, the channels and the stride; the cursor is a bar behind them, the present layer is marked."""
    left, top, width, height = box
    if here:
        image[top : top + height, left : left + width] = FAINT
    if now:
        image[top : top + height, left : left + max(size // 5, 2)] = ACCENT
    line = _line(box, size)
    figures = f"{layer.channels} · {layer.stride}"
    used = write_fitting(image, figures, line, size=round(size * 0.8), colour=BRIGHT if here else QUIET, right=True)
    name = line._replace(width=line.width - used - size // 2)
    colour = ACCENT if now else BRIGHT if here or layer.is_key_layer else QUIET
    write_fitting(image, layer.name, name, size=size, colour=colour)


def _draw_scroll(image: Image, room: Rect, sheet: Sheet) -> None:
    """A bar below the columns that says which of them are seen."""
    tall = max(room.left // 8, 2)
    top = room.top + room.height + tall
    image[top : top + tall, room.left : room.left + room.width] = FAINT
    start, end = (room.left + round(share * room.width) for share in sheet.shown)
    image[top : top + tall, start:end] = ACCENT
