"""The size of a GIF file: which frame rate, size and palette fit into a given number of bytes.

A GIF falls to a lower rate first, then to a smaller size, then to fewer colours; the best quality allows a larger loss
before all that. It stays readable: below the last step it takes more room than it should.
"""

from collections.abc import Iterator, Sequence

from realtime.outputs.recording.encoding import Wh
from realtime.outputs.recording.gif.parameters import COLOURS, GifParameters

STEPS = (
    (10.0, 640, 256),
    (10.0, 560, 256),
    (10.0, 480, 256),
    (10.0, 480, 128),
    (10.0, 480, 64),
    (6.0, 480, 64),
    (5.0, 480, 64),
    (5.0, 400, 64),
    (5.0, 400, 32),
)
"""The lowest frame rate, the width and the colours of each step below the first."""

LOSSES = (50, 100, 200, 400)
"""The losses of the best quality, in turn: 38, 37, 35 and 32 dB for a mosaic, at 1, 0.85, 0.7 and 0.55 of the size."""

HOPE = 1.15  # a step is tried where it is estimated to be larger than the budget by less than this


def steps(fps: float, size_wh: Wh, *, quality: str) -> list[GifParameters]:
    """What a GIF of a quality (draft, good, best) is made with, and what it may fall to, in order."""
    losses = LOSSES if quality == "best" else (0,)
    first = (GifParameters(fps, size_wh, COLOURS, loss) for loss in losses)
    lower = (
        GifParameters(_lower_rate(fps, rate), _narrower(size_wh, width), colours, losses[-1])
        for rate, width, colours in STEPS
    )
    return list(dict.fromkeys([*first, *lower]))


def next_fitting(tried: GifParameters, rest: Sequence[GifParameters], share: float) -> Iterator[GifParameters]:
    """Those of the `rest` that may fit where `share` of the frames of `tried` did, and the last one."""
    for each in rest:
        if _weight(each) <= HOPE * share * _weight(tried) or each is rest[-1]:
            yield each


def _lower_rate(fps: float, least: float) -> float:
    """Every second, third ... frame, which looks smooth, with at least `least` frames per second."""
    return fps / max(int(fps / least), 1)


def _narrower(size_wh: Wh, width: int) -> Wh:
    width = min(size_wh[0], width)
    return width, max(round(size_wh[1] * width / size_wh[0]), 1)


def _weight(each: GifParameters) -> float:
    """Proportional to the size of the file, within a fifth: measured on mosaics, features and dreams."""
    return float(each.fps**0.9 * each.size_wh[0] ** 1.8 * each.colours**0.3 * (1 + each.loss / 100) ** -0.5)
