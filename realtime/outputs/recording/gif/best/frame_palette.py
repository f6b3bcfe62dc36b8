"""The palette of a frame by k-means (Lloyd 1982), which begins with the palette of the frame before."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow

from realtime.outputs.recording.gif.best.colour_bins import Floats

_ROUNDS = 4
_SAMPLE = 40_000  # pixels from which a palette begins


def begin(pixels: NDArray[np.uint8], count: int) -> Floats:
    """A palette (count, 3) for pixels (pixels, 3), by median cut."""
    sample = np.ascontiguousarray(pixels[:: max(len(pixels) // _SAMPLE, 1)])
    drawn = Pillow.fromarray(sample[None]).quantize(count, Pillow.Quantize.MEDIANCUT)
    colours = np.array(drawn.getpalette(), np.float32).reshape(-1, 3)[:count]
    return np.resize(colours, (count, 3))


def improve(palette: Floats, means: Floats, counts: Floats) -> Floats:
    """The palette after a few rounds of k-means on colours (bins, 3) with weights (bins,).

    A colour that nothing uses goes to where the error is largest.
    """
    for _ in range(_ROUNDS):
        distances = squared_distances(means, palette)
        nearest = distances.argmin(axis=1)
        weights = np.bincount(nearest, weights=counts, minlength=len(palette))
        sums = [np.bincount(nearest, weights=counts * means[:, each], minlength=len(palette)) for each in range(3)]
        used = weights > 0
        palette = palette.copy()
        palette[used] = np.stack(sums, axis=1)[used] / weights[used, None]
        losses = counts * distances.min(axis=1)
        worst = np.argsort(-losses)[: min(np.count_nonzero(~used), np.count_nonzero(losses))]
        palette[np.flatnonzero(~used)[: len(worst)]] = means[worst]
    return np.round(palette)


def squared_distances(colours: Floats, palette: Floats) -> Floats:
    """The squared distances of colours (n, 3) to those of a palette (k, 3), as (n, k)."""
    squares = (colours**2).sum(axis=1)[:, None] + (palette**2).sum(axis=1)
    return np.asarray(np.maximum(squares - 2 * colours @ palette.T, 0), np.float32)
