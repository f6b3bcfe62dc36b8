"""What the show, sheets and stories are drawn with: words that fit, marks, bars, names with probabilities."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from models.spec import LayerInfo, ModelInfo, Prediction
from realtime.imaging.compositing import Rect
from realtime.imaging.frame import Image
from realtime.imaging.text import ACCENT, ALARM, BRIGHT, FAINT, QUIET, REGULAR, Colour, shortened, text_width, write

SMALLEST = 9
"""Pixels of the smallest text that can be read."""


def fitting(text: str, width: int, *, size: int, weight: int = REGULAR) -> int:
    """The largest text size, at most `size`, at which `text` is no wider than `width` pixels."""
    while size > SMALLEST and text_width(text, size, weight) > width:
        size = max(min(size - 1, round(size * width / text_width(text, size, weight))), SMALLEST)
    return size


def write_fitting(  # noqa: PLR0913, all that a word needs
    image: Image, text: str, box: Rect, *, size: int, colour: Colour, weight: int = REGULAR, right: bool = False
) -> int:
    """Write one line into `box`, smaller and then cut where it must be, its baseline at the bottom; the width."""
    size = fitting(text, box.width, size=size, weight=weight)
    words = shortened(text, size, box.width)
    left = box.left + (box.width - text_width(words, size, weight) if right else 0)
    return write(image, words, left, box.top + box.height, size, colour, weight)


def origin(info: ModelInfo) -> tuple[str, Colour]:
    """The network's name, loud where it has learned nothing."""
    return (info.name, QUIET) if info.trained else (f"{info.name} UNTRAINED", ALARM)


def draw_marks(image: Image, box: Rect, layers: Sequence[LayerInfo], lit: LayerInfo | None) -> None:
    """A row of marks, one a layer, a wider gap between blocks: `lit` in colour, those before it brighter."""
    steps = [layer.block != before.block for before, layer in itertools.pairwise(layers)]
    gaps = [sum(steps[:place]) for place in range(len(layers))]
    pitch = box.width / (len(layers) + 0.6 * gaps[-1] - 0.28)
    here = layers.index(lit) if lit in layers else -1
    for place, gap in enumerate(gaps):
        left, width = box.left + round((place + 0.6 * gap) * pitch), max(round(pitch * 0.72), 1)
        colour = ACCENT if place == here else QUIET if place < here else FAINT
        image[box.top : box.top + box.height, left : left + width] = colour


def draw_bar(image: Image, box: Rect, share: float, colour: Colour) -> None:
    """A bar on its quiet track, filled from the left; `share` from 0 to 1."""
    image[box.top : box.top + box.height, box.left : box.left + box.width] = FAINT
    image[box.top : box.top + box.height, box.left : box.left + max(round(box.width * share), 1)] = colour


def predictions_height(count: int, size: int) -> int:
    """Pixels that `draw_predictions` takes for so many names at a text size."""
    return round(count * size * 2.3)


def draw_predictions(image: Image, box: Rect, predictions: Sequence[Prediction], *, size: int) -> None:
    """Names, probabilities and bars, the likeliest first and bright, from the top of `box` down."""
    for place, each in enumerate(predictions):
        top, first = box.top + round(place * size * 2.3), place == 0
        share = f"{each.probability:.0%}"
        digits = text_width("100%", size)
        line = Rect(box.left, top, box.width, round(size * 1.05))
        write_fitting(image, share, line, size=size, colour=BRIGHT if first else QUIET, right=True)
        name = line._replace(width=max(box.width - digits - size // 2, size))
        write_fitting(image, each.label, name, size=size, colour=BRIGHT if first else QUIET)
        bar = Rect(box.left, top + round(size * 1.4), box.width, max(size // 4, 2))
        draw_bar(image, bar, each.probability, ACCENT if first else QUIET)
