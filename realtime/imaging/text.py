"""TrueType text on images, in the font that OpenCV 5 contains."""

import threading
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from realtime.imaging.frame import Image

Colour = tuple[int, int, int]

BRIGHT: Colour = (238, 236, 232)
QUIET: Colour = (180, 178, 175)
FAINT: Colour = (84, 80, 76)
ALARM: Colour = (88, 96, 255)
ACCENT: Colour = (96, 190, 255)  # BGR: the only colour of the interface

REGULAR, LIGHT, BOLD = 400, 300, 600


def text_width(text: str, size: int, weight: int = REGULAR) -> int:
    """Pixels from the left edge of `text` to its right edge."""
    return int(_mask(text, size, weight).shape[1])


def write(  # noqa: PLR0913, all that a text needs
    image: Image, text: str, left: int, baseline: int, size: int, colour: Colour, weight: int = REGULAR
) -> int:
    """Write `text` on `image` in place, clipped to it; the width of the text."""
    mask = _mask(text, size, weight)
    top = baseline - _ascent(size)
    x0, y0 = max(left, 0), max(top, 0)
    x1, y1 = min(left + mask.shape[1], image.shape[1]), min(top + mask.shape[0], image.shape[0])
    if x0 < x1 and y0 < y1:
        alpha = mask[y0 - top : y1 - top, x0 - left : x1 - left, None].astype(np.uint16)
        part = image[y0:y1, x0:x1]
        part[:] = (part * (255 - alpha) + np.array(colour, np.uint16) * alpha) // 255
    return int(mask.shape[1])


def wrap(text: str, size: int, width: int) -> list[str]:
    """`text` in lines of at most `width` pixels."""
    lines: list[str] = []
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and text_width(longer, size) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def shortened(text: str, size: int, width: int) -> str:
    """`text`, cut and with an ellipsis when it is wider than `width` pixels."""
    if text_width(text, size) <= width:
        return text
    length = next((end for end in range(len(text) - 1, 0, -1) if text_width(f"{text[:end]}…", size) <= width), 0)
    return f"{text[:length].rstrip()}…"


def _ascent(size: int) -> int:
    return round(size * 1.1)


@lru_cache(maxsize=512)
def _mask(text: str, size: int, weight: int) -> NDArray[np.uint8]:
    """How much of each pixel the text covers; cached, because drawing a line takes 1.5 ms."""
    text = text.encode(errors="replace").decode()  # OpenCV crashes on what no UTF-8 has, such as in names of files
    with _drawing:
        left, _, width, _ = cv2.getTextSize((0, 0), text, (0, 0), _face(), size, weight)
        canvas = np.zeros((round(size * 1.5), max(left + width, 1), 3), np.uint8)
        cv2.putText(canvas, text, (0, _ascent(size)), (255, 255, 255), _face(), size, weight)
    return canvas[:, :, 0].copy()


_drawing = threading.Lock()  # the threads that draw and the main thread share the font


@lru_cache(maxsize=1)
def _face() -> cv2.FontFace:
    return cv2.FontFace("sans")
