"""A contact sheet: pictures of one size, each with its name below it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from realtime.imaging.compositing import Rect, background, paste
from realtime.imaging.drawing import write_fitting
from realtime.imaging.frame import Image
from realtime.imaging.text import BRIGHT, QUIET

ASPECT = 1.5  # about the width to height of a sheet: that of a slide with room for a title


@dataclass(frozen=True, slots=True)
class Labelled:
    """A picture and its name."""

    image: Image
    name: str


def columns(pictures: int) -> int:
    """The number of pictures in a row of a sheet."""
    return min(math.ceil(math.sqrt(pictures * ASPECT)), pictures)


def contact_sheet(pictures: Sequence[Labelled], title: str) -> Image:
    """The pictures, all of one size, in reading order under a title."""
    height, width = pictures[0].image.shape[:2]
    cols = columns(len(pictures))
    rows = -(-len(pictures) // cols)
    size = max(width // 14, 10)
    gap, line = max(width // 20, 4), 2 * size
    canvas = background((2 * line + rows * (height + line) + gap, cols * (width + gap) + gap))
    write_fitting(canvas, title, Rect(gap, 0, canvas.shape[1] - 2 * gap, round(1.25 * line)), size=line, colour=BRIGHT)
    for place, each in enumerate(pictures):
        row, col = divmod(place, cols)
        left, top = gap + col * (width + gap), 2 * line + row * (height + line)
        paste(canvas, each.image, left, top)
        below = Rect(left, top + height, width, round(1.35 * size))
        write_fitting(canvas, each.name, below, size=size, colour=QUIET)
    return canvas
