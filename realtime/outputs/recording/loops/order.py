"""The frames of a loop, in the order in which they play."""

from collections.abc import Callable, Iterator
from typing import TypeAlias

import cv2

from realtime.imaging.frame import Image
from realtime.outputs.recording.loops.seam import Seam

Read: TypeAlias = Callable[[int, int], Iterator[Image]]
"""The frames from a number up to, and without, another."""


def bounce(read: Read, frames: int, *, chunk: int) -> Iterator[Image]:
    """All frames forwards, then backwards without the last and the first; at most `chunk` are in memory."""
    yield from read(0, frames)
    end = frames - 1
    while end > 1:
        begin = max(end - chunk, 1)
        yield from reversed(list(read(begin, end)))
        end = begin


def seamless(read: Read, seam: Seam) -> Iterator[Image]:
    """The frames of a seam; the last ones dissolve into those before the first."""
    yield from read(seam.first, seam.end - seam.fade)
    if seam.fade:
        leaving, coming = read(seam.end - seam.fade, seam.end), read(seam.first - seam.fade, seam.first)
        for step, (one, other) in enumerate(zip(leaving, coming, strict=True), start=1):
            share = step / (seam.fade + 1)
            yield cv2.addWeighted(one, 1 - share, other, share, 0)  # type: ignore[misc]
