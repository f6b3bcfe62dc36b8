"""Elements of the show, of sheets and of stories: text that fits, marks, bars, predictions."""

import itertools
from collections.abc import Sequence

import cv2

from models.spec import LayerInfo, ModelInfo, Prediction
from realtime.imaging.compositing import Rect
from realtime.imaging.frame import Image
from realtime.imaging.text import ACCENT, ALARM, BRIGHT, FAINT, QUIET, REGULAR, Colour, shortened, text_width, write

WAITING = 0.35  # brightness of a picture that is still being computed

SMALLEST = 9  # the smallest readable text size, in pixels


def fitting(text: str, width: int, *, size: int, weight: int = REGULAR) -> int:
    """The largest text size, at most `size`, at which `text` is no wider than `width` pixels."""
    while size > SMALLEST and text_width(text, size, weight) > width:
        size = max(min(size - 1, round(size * width / text_width(text, size, weight))), SMALLEST)
    return size


def write_fitting(  # noqa: PLR0913, all that a text needs
    image: Image, text: str, box: Rect, *, size: int, colour: Colour, weight: int = REGULAR, right: bool = False
) -> int:
    """Write one line on the bottom of `box`, smaller and then shortened where it must be; its width."""
    size = fitting(text, box.width, size=size, weight=weight)
    line = shortened(text, size, box.width)
    left = box.left + (box.width - text_width(line, size, weight) if right else 0)
    return write(image, line, left, box.top + box.height, size, colour, weight)


def faded(image: Image) -> Image:
    """An image as a dim grey one, in place of a picture that is still being computed."""
    grey = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
    return cv2.cvtColor(cv2.convertScaleAbs(grey, alpha=WAITING, beta=14), cv2.COLOR_GRAY2BGR)  # type: ignore[return-value]


def network_label(info: ModelInfo) -> tuple[str, Colour]:
    """The name of the network and its colour, which warns of an untrained one."""
    return (info.name, QUIET) if info.trained else (f"{info.name} UNTRAINED", ALARM)


def percent(share: float, *, fine: bool = False) -> str:
    """A share from 0 to 1, such as 34 %; `fine` adds two decimals below 1 %."""
    return f"{100 * share:.{2 if fine and share < 0.01 else 0}f} %"


def draw_marks(image: Image, box: Rect, layers: Sequence[LayerInfo], current: LayerInfo | None) -> None:
    """A row of marks, one per layer, with wider gaps between blocks; `current` is in colour, earlier ones brighter."""
    steps = [layer.block != before.block for before, layer in itertools.pairwise(layers)]
    gaps = [sum(steps[:place]) for place in range(len(layers))]
    pitch = box.width / (len(layers) + 0.6 * gaps[-1] - 0.28)
    here = layers.index(current) if current in layers else -1
    for place, gap in enumerate(gaps):
        left, width = box.left + round((place + 0.6 * gap) * pitch), max(round(pitch * 0.72), 1)
        colour = ACCENT if place == here else QUIET if place < here else FAINT
        image[box.top : box.top + box.height, left : left + width] = colour


def draw_bar(image: Image, box: Rect, share: float, colour: Colour) -> None:
    """A bar on a dark track, filled from the left; `share` from 0 to 1."""
    image[box.top : box.top + box.height, box.left : box.left + box.width] = FAINT
    image[box.top : box.top + box.height, box.left : box.left + max(round(box.width * share), 1)] = colour


def predictions_height(count: int, size: int) -> int:
    """The height in pixels of `count` predictions at a text size."""
    return round(count * size * 2.3)


def draw_predictions(image: Image, box: Rect, predictions: Sequence[Prediction], *, size: int) -> None:
    """Labels, probabilities and bars from the top of `box` down; the first one is bright."""
    for place, each in enumerate(predictions):
        top, first = box.top + round(place * size * 2.3), place == 0
        share = percent(each.probability)
        digits = text_width("100 %", size)
        line = Rect(box.left, top, box.width, round(size * 1.05))
        write_fitting(image, share, line, size=size, colour=BRIGHT if first else QUIET, right=True)
        name = line._replace(width=max(box.width - digits - size // 2, size))
        write_fitting(image, each.label, name, size=size, colour=BRIGHT if first else QUIET)
        bar = Rect(box.left, top + round(size * 1.4), box.width, max(size // 4, 2))
        draw_bar(image, bar, each.probability, ACCENT if first else QUIET)
