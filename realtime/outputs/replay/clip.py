"""A copy of what the ring held at one moment."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from realtime.outputs.recording.encoding import Wh


@dataclass(frozen=True, slots=True)
class EncodedImage:
    """An image as an H.264 packet, shown from frame number `time` on; decoding can begin where `key` is true."""

    time: int
    key: bool
    packet: bytes


@dataclass(frozen=True, slots=True)
class Clip:
    """Frames `begin` to `end` of 1/`fps` seconds; `encoded` begins at or before `begin`, with a key image."""

    encoded: Sequence[EncodedImage]
    begin: int
    end: int
    fps: float
    size_wh: Wh

    @property
    def seconds(self) -> float:
        """Its length."""
        return (self.end - self.begin) / self.fps

    def spans(self) -> Iterator[tuple[int, int]]:
        """From when to when each image is shown."""
        return pairwise([*(each.time for each in self.encoded), self.end])
