"""Pictures that are too large for one pass go through the network in overlapping tiles of one size.

The picture wraps around in both directions, and the tiles start at another offset each time, so that no seam stays in
one place. Where two tiles overlap, one fades into the other.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from models.spec import Hw, InputLimits
from realtime.imaging.frame import Floats

OVERLAP = 8  # tiles overlap by at least their largest size divided by this

ValueAndGradient: TypeAlias = Callable[[Floats], tuple[float, Floats]]
"""From a picture, float32 (H, W, 3), to the value of an objective and its gradient, shaped like the picture."""


@dataclass(frozen=True, slots=True)
class AxisTiling:
    """One side of a picture, `size` pixels, as `count` evenly spaced tiles of `tile` pixels."""

    size: int
    tile: int
    count: int

    def starts(self, offset: int) -> list[int]:
        """The first pixel of each tile when the first tile starts at `offset`."""
        return [(offset + round(number * self.size / self.count)) % self.size for number in range(self.count)]

    def weights(self, starts: list[int]) -> list[tuple[NDArray[np.int64], Floats]]:
        """The pixels of each tile and their weights, which add up to 1 for every pixel of the picture."""
        pixels = [(start + np.arange(self.tile)) % self.size for start in starts]
        if self.count == 1:
            return [(pixels[0], np.ones(self.tile, np.float32))]
        centres = np.arange(self.tile) + 0.5
        ramp = np.minimum(np.minimum(centres, self.tile - centres) / (self.tile - self.size / self.count), 1.0)
        total = np.zeros(self.size)
        for each in pixels:
            total[each] += ramp
        return [(each, (ramp / total[each]).astype(np.float32)) for each in pixels]


@dataclass(frozen=True, slots=True)
class Tiling2d:
    """Both sides of a picture as tiles."""

    rows: AxisTiling
    cols: AxisTiling

    @property
    def count(self) -> int:
        """The number of tiles."""
        return self.rows.count * self.cols.count

    def random_offset(self, jitter: int, rng: np.random.Generator) -> tuple[int, int]:
        """Where the tiles start, down and across: anywhere, or within `jitter` where there is only one."""
        reach = [axis.size // 2 if axis.count > 1 else jitter for axis in (self.rows, self.cols)]
        down, across = (int(rng.integers(-each, each + 1)) for each in reach)
        return down, across

    def tiles(self, offset: tuple[int, int]) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64], Floats]]:
        """The rows, the columns and the weights (h, w, 1) of each tile."""
        across = self.cols.weights(self.cols.starts(offset[1]))
        for rows, row_weights in self.rows.weights(self.rows.starts(offset[0])):
            for cols, col_weights in across:
                yield rows, cols, np.outer(row_weights, col_weights)[..., None]


def tile_picture(size_hw: Hw, largest: int, limits: InputLimits = InputLimits()) -> Tiling2d:  # noqa: B008, frozen
    """Tile a picture that `limits` accept, with tiles of at most `largest` pixels each way, a step of them more.

    Where the network takes one size, every tile has that size.
    """
    if limits.fixed_hw is not None:
        return Tiling2d(*(_fixed_tiles(size, side) for size, side in zip(size_hw, limits.fixed_hw, strict=True)))
    return Tiling2d(*(_tile_axis(size, largest, limits) for size in size_hw))


def _fixed_tiles(size: int, side: int) -> AxisTiling:
    return AxisTiling(size, side, _count(size, side) if size > side else 1)


def _tile_axis(size: int, largest: int, limits: InputLimits) -> AxisTiling:
    """One tile where the size allows it; more are multiples of the step, and not longer than the picture."""
    step = limits.step
    if size <= largest and size % step == 0:
        return AxisTiling(size, size, 1)
    count = max(_count(size, largest), 2)
    tile = max(-(-size // count) + min(size, largest) // OVERLAP, limits.smallest)
    return AxisTiling(size, min(-(-tile // step) * step, size // step * step), count)


def _count(size: int, largest: int) -> int:
    """The number of tiles of at most `largest` pixels that overlap enough."""
    return -(-size // (largest - largest // OVERLAP))


def tiled_gradient(
    objective: ValueAndGradient,
    picture: Floats,
    tiling: Tiling2d,
    offset: tuple[int, int],
    advance: Callable[[], None],
) -> tuple[float, Floats]:
    """The mean value of the tiles of a picture, and the gradient of the whole; `advance` is called after each tile."""
    whole, values = np.zeros_like(picture), []
    for rows, cols, weights in tiling.tiles(offset):
        here = np.ix_(rows, cols)
        value, gradient = objective(picture[here])
        whole[here] += gradient * weights
        values.append(value)
        advance()
    return float(np.mean(values)), whole
