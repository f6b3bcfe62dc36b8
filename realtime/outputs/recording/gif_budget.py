"""The size of a GIF file: which frame rate, size and palette fit into a given number of bytes.

A GIF falls to a lower rate first, then to a smaller size, then to fewer colours. It stays readable: below the last
step it takes more room than it should.
"""

from collections.abc import Iterator, Sequence

from realtime.outputs.recording.encoding import GIF_COLOURS, GifQuality, Wh

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
"""The lowest frame rate, the width and the colours of each step below the best."""

HOPE = 1.15  # a step is tried where it is estimated to be larger than the budget by less than this


def qualities(fps: float, size_wh: Wh) -> list[GifQuality]:
    """The best quality, and what it may fall to, in order."""
    lower = (GifQuality(_lower_rate(fps, rate), _narrower(size_wh, width), colours) for rate, width, colours in STEPS)
    return list(dict.fromkeys([GifQuality(fps, size_wh, GIF_COLOURS), *lower]))


def next_fitting(tried: GifQuality, rest: Sequence[GifQuality], share: float) -> Iterator[GifQuality]:
    """Those of the `rest` that may fit where `share` of the frames of `tried` did, and the last one."""
    for quality in rest:
        if _weight(quality) <= HOPE * share * _weight(tried) or quality is rest[-1]:
            yield quality


def _lower_rate(fps: float, least: float) -> float:
    """Every second, third ... frame, which looks smooth, with at least `least` frames per second."""
    return fps / max(int(fps / least), 1)


def _narrower(size_wh: Wh, width: int) -> Wh:
    width = min(size_wh[0], width)
    return width, max(round(size_wh[1] * width / size_wh[0]), 1)


def _weight(quality: GifQuality) -> float:
    """Proportional to the size of the file, within a fifth: measured on mosaics, features and dreams."""
    return float(quality.fps**0.9 * quality.size_wh[0] ** 1.8 * quality.colours**0.3)
