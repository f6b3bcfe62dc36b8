"""The colours of a frame in bins, which are fewer than its pixels."""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class ColourBins:
    """The bins that hold pixels: `of` is the bin of each pixel (pixels,), `means` their mean colours (bins, 3)."""

    of: NDArray[np.intp]
    means: Floats

    def counts(self, chosen: NDArray[np.bool_]) -> Floats:
        """The number of `chosen` pixels (pixels,) in each bin."""
        return np.bincount(self.of[chosen], minlength=len(self.means)).astype(np.float32)


def bins_of(pixels: NDArray[np.uint8], *, bits: int) -> ColourBins:
    """The bins of pixels (pixels, 3), of so many bits per channel."""
    red, green, blue = (pixels[:, each].astype(np.intp) >> (8 - bits) for each in range(3))
    keys = (red << 2 * bits) | (green << bits) | blue
    counts = np.bincount(keys, minlength=1 << 3 * bits)
    used = np.flatnonzero(counts)
    sums = [np.bincount(keys, weights=pixels[:, each], minlength=len(counts))[used] for each in range(3)]
    places = np.zeros(len(counts), np.intp)
    places[used] = np.arange(len(used))
    return ColourBins(places[keys], (np.stack(sums, axis=1) / counts[used, None]).astype(np.float32))
