"""Pictures that are too large for one pass go through the network in equal, overlapping pieces.

The picture is a ring in both directions, and the pieces begin at a place of their own each time, so that no seam
stays where it is; where two overlap, one fades into the other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from models.spec import Hw
from realtime.imaging.frame import Floats

OVERLAP = 8
"""Pieces overlap by at least their largest size over this."""

ValueAndGradient: TypeAlias = Callable[[Floats], tuple[float, Floats]]
"""From a picture, float32 (H, W, 3), to the answer to it and the answer's gradient, shaped alike."""


@dataclass(frozen=True, slots=True)
class AxisTiling:
    """How one side of a picture is cut: into `count` pieces of `piece` pixels, evenly spaced on the ring of `size`."""

    size: int
    piece: int
    count: int

    def starts(self, offset: int) -> list[int]:
        """Where the pieces begin when the first begins at `offset`."""
        return [(offset + round(number * self.size / self.count)) % self.size for number in range(self.count)]

    def shares(self, starts: list[int]) -> list[tuple[NDArray[np.int64], Floats]]:
        """The pixels of each piece, and how much each counts there: 1 in all for every pixel of the ring."""
        pixels = [(start + np.arange(self.piece)) % self.size for start in starts]
        if self.count == 1:
            return [(pixels[0], np.ones(self.piece, np.float32))]
        place = np.arange(self.piece) + 0.5
        ramp = np.minimum(np.minimum(place, self.piece - place) / (self.piece - self.size / self.count), 1.0)
        total = np.zeros(self.size)
        for each in pixels:
            total[each] += ramp
        return [(each, (ramp / total[each]).astype(np.float32)) for each in pixels]


@dataclass(frozen=True, slots=True)
class Tiling2d:
    """How both sides of a picture are cut."""

    rows: AxisTiling
    cols: AxisTiling

    @property
    def count(self) -> int:
        """How many pieces there are."""
        return self.rows.count * self.cols.count

    def offset(self, jitter: int, rng: np.random.Generator) -> tuple[int, int]:
        """Where the pieces begin this time, down and across: anywhere, or within `jitter` where there is but one."""
        reach = [cut.size // 2 if cut.count > 1 else jitter for cut in (self.rows, self.cols)]
        down, across = (int(rng.integers(-each, each + 1)) for each in reach)
        return down, across

    def places(self, offset: tuple[int, int]) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64], Floats]]:
        """The rows and columns of each piece, and how much each of its pixels counts, (h, w, 1)."""
        across = self.cols.shares(self.cols.starts(offset[1]))
        for rows, down_share in self.rows.shares(self.rows.starts(offset[0])):
            for cols, across_share in across:
                yield rows, cols, np.outer(down_share, across_share)[..., None]


def tile(size_hw: Hw, largest: int, *, smallest: int = 1, fixed_hw: Hw | None = None) -> Tiling2d:
    """Cut a picture, each side of which has at least `smallest` pixels, into pieces of at most `largest` each way.

    With `fixed_hw` every piece has that size, which must fit into the picture.
    """
    if fixed_hw is not None:
        return Tiling2d(*(_cut(size, piece, piece, fixed=True) for size, piece in zip(size_hw, fixed_hw, strict=True)))
    return Tiling2d(*(_cut(size, largest, smallest) for size in size_hw))


def _cut(size: int, largest: int, smallest: int, *, fixed: bool = False) -> AxisTiling:
    if size <= largest:
        return AxisTiling(size, size, 1)
    overlap = largest // OVERLAP
    count = -(-size // (largest - overlap))
    return AxisTiling(size, largest if fixed else max(-(-size // count) + overlap, smallest), count)


def tiled_gradient(
    answering: ValueAndGradient, picture: Floats, cuts: Tiling2d, offset: tuple[int, int], advance: Callable[[], None]
) -> tuple[float, Floats]:
    """The mean answer to the pieces of a picture, and its gradient to the whole; `advance` is called after each."""
    whole, answers = np.zeros_like(picture), []
    for rows, cols, share in cuts.places(offset):
        here = np.ix_(rows, cols)
        answer, slope = answering(picture[here])
        whole[here] += slope * share
        answers.append(answer)
        advance()
    return float(np.mean(answers)), whole
