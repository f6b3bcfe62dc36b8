"""Finds where to cut a film so that its end flows into its beginning."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

MIN_SECONDS = 1.5
"""The length of the shortest loop."""

FADE_SECONDS = 0.5
"""The length of a cross-fade where no cut is good enough."""

_ALIKE_SECONDS = 0.25  # the frames that must be alike on both sides of a cut, so that the motion goes on
_CANDIDATES = 600  # at most so many first frames, and so many last ones
_INVISIBLE = 4.0  # the mean squared difference of grey values that nobody sees
_MOTION = 0.5  # times the change from frame to frame that a cut may add


@dataclass(frozen=True, slots=True)
class Seam:
    """A loop of the frames from `first` up to, and without, `end`; the last `fade` of them dissolve into the first."""

    first: int
    end: int
    fade: int = 0

    def describe(self, fps: float) -> str:
        """What was cut, in words."""
        faded = f", with a cross-fade of {self.fade / fps:.1f} s" if self.fade else ""
        return f"a seamless loop of {self.first / fps:.2f} to {self.end / fps:.2f} s{faded}"


def find_seam(small: NDArray[np.uint8], fps: float) -> Seam | None:
    """The longest loop whose cut cannot be seen, else the best with a cross-fade; None where the film is too short.

    `small` are small grey versions of all frames (frames, H, W). After a loop of frames i to j, the frames from i on
    are shown in place of those from j on: these are compared.
    """
    alike = max(round(_ALIKE_SECONDS * fps), 1)
    fade, shortest = max(round(FADE_SECONDS * fps), 1), round(MIN_SECONDS * fps)
    last = len(small) - alike  # the last frame that has enough frames after it
    if len(small) < shortest + fade + alike:
        return None
    firsts, ends = np.arange(min(last, _CANDIDATES)), np.arange(max(last - _CANDIDATES, 0), last + 1)
    beginning, end_of_film = _flat(small[: len(firsts) + alike]), _flat(small[ends[0] :])
    costs = _differences(beginning, end_of_film, alike)
    lengths = ends[None] - firsts[:, None]
    motion = float(np.median(np.square(np.diff(beginning, axis=0)).mean(axis=1)))
    good = (costs <= max(_MOTION * motion, _INVISIBLE)) & (lengths >= shortest)
    if good.any():
        first, end = np.unravel_index(np.argmax(np.where(good, lengths, -1)), costs.shape)
        return Seam(int(firsts[first]), int(ends[end]))
    allowed = (lengths >= max(shortest, len(small) // 2)) & (firsts[:, None] >= fade)
    if not allowed.any():
        return Seam(fade, len(small), fade)
    first, end = np.unravel_index(np.argmin(np.where(allowed, costs, np.inf)), costs.shape)
    return Seam(int(firsts[first]), int(ends[end]), fade)


def _flat(frames: NDArray[np.uint8]) -> NDArray[np.float32]:
    return frames.reshape(len(frames), -1).astype(np.float32)


def _differences(one: NDArray[np.float32], other: NDArray[np.float32], alike: int) -> NDArray[np.float32]:
    """The mean squared differences of `alike` frames, from each frame of `one` and each of `other` on.

    Both are (frames, pixels). There are `alike` frames after the last of `one`, and one less after that of `other`.
    """
    count, others = len(one) - alike, len(other) - alike + 1
    total = np.zeros((count, others), np.float32)
    for step in range(alike):
        left, right = one[step : step + count], other[step : step + others]
        total += np.square(left).sum(axis=1)[:, None] + np.square(right).sum(axis=1) - 2 * left @ right.T
    return np.asarray(np.maximum(total / (alike * one.shape[1]), 0), np.float32)
