"""The images of a source at a constant rate, as a film has them that is written."""

from collections.abc import Iterator

from realtime.capture.source import EndOfSource, Source
from realtime.imaging.frame import Image

EARLY_OR_LATE = 0.75  # of an image: how far from its time it may be, so that times which are a little uneven lose none


def at_constant_rate(source: Source, fps: float | None = None) -> Iterator[Image]:
    """The images of a source, `fps` in each second of it, or as many as it has, until it ends.

    An image that is shown for longer is repeated, and one that is shown for less than half of an image is left out.
    SourceError when the source is lost.
    """
    until, count, fps = 0.0, 0, fps or source.fps
    try:
        while True:
            duration = source.next_duration * fps
            until += duration
            repeats = _repeats(duration, until - count)
            count += repeats
            if not repeats:
                source.skip()
                continue
            image = source.read()
            for _ in range(repeats):
                yield image
    except EndOfSource:
        return


def _repeats(duration: float, lag: float) -> int:
    """How often an image is given that lasts `duration` and ends `lag` after what has been given, in images.

    As often as its own duration says, unless that adds up to too much or too little.
    """
    repeats = round(duration)
    return repeats if abs(lag - repeats) <= EARLY_OR_LATE else max(round(lag), 0)
