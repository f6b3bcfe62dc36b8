"""The palette of a frame by k-means (Lloyd 1982), which begins with the palette of the frame before."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow

from realtime.outputs.recording.gif.best.colour_bins import Floats

_ROUNDS = 2
_MOVED = 10  # one colour in so many moves at most
_WORTH = 0.5  # the share of an error that a second colour for the same pixels is expected to take away
_CHUNK = 1024  # colours
_SAMPLE = 40_000  # pixels from which a palette begins


def begin(pixels: NDArray[np.uint8], count: int) -> Floats:
    """A palette (count, 3) for pixels (pixels, 3), by median cut."""
    sample = np.ascontiguousarray(pixels[:: max(len(pixels) // _SAMPLE, 1)])
    drawn = Pillow.fromarray(sample[None]).quantize(count, Pillow.Quantize.MEDIANCUT)
    colours = np.array(drawn.getpalette(), np.float32).reshape(-1, 3)[:count]
    return np.resize(colours, (count, 3))


def improve(palette: Floats, means: Floats, counts: Floats) -> Floats:
    """The palette that fits colours (bins, 3) with weights (bins,) more closely."""
    if not counts.any():
        return palette
    return np.round(_rounds(_moved(_rounds(palette, means, counts), means, counts), means, counts))


def _rounds(palette: Floats, means: Floats, counts: Floats) -> Floats:
    """A few rounds of k-means; a colour that nothing uses goes to where the error is largest."""
    for _ in range(_ROUNDS):
        nearest, least, _ = nearest_colours(means, palette)
        weights = np.bincount(nearest, weights=counts, minlength=len(palette))
        sums = [np.bincount(nearest, weights=counts * means[:, each], minlength=len(palette)) for each in range(3)]
        used = weights > 0
        palette = palette.copy()
        palette[used] = np.stack(sums, axis=1)[used] / weights[used, None]
        losses = counts * least
        worst = np.argsort(-losses)[: min(np.count_nonzero(~used), np.count_nonzero(losses))]
        palette[np.flatnonzero(~used)[: len(worst)]] = means[worst]
    return palette


def _moved(palette: Floats, means: Floats, counts: Floats) -> Floats:
    """The palette with the colours that can best be spared at bins of those with the largest error.

    The rounds alone would leave them where they are. A colour is spared at the cost of the next one for its bins.
    """
    count = len(palette) // _MOVED
    if not count:
        return palette
    nearest, least, next_one = nearest_colours(means, palette)
    losses = counts * least
    total = np.bincount(nearest, weights=losses, minlength=len(palette))
    price = np.bincount(nearest, weights=counts * (next_one - least), minlength=len(palette))
    palette = palette.copy()
    for spared, worst in zip(np.argsort(price)[:count], np.argsort(-total)[:count], strict=True):
        if price[spared] < _WORTH * total[worst]:
            palette[spared] = means[np.where(nearest == worst, losses, 0).argmax()]
    return palette


def nearest_colours(colours: Floats, palette: Floats) -> tuple[NDArray[np.intp], Floats, Floats]:
    """The index of the nearest colour of a palette for each of `colours`, its squared distance, and that of the next.

    All are (n,); without a next one, its distance is infinite.
    """
    nearest = np.empty(len(colours), np.intp)
    least, next_one = np.empty(len(colours), np.float32), np.empty(len(colours), np.float32)
    for part in chunks(colours):
        distances = squared_distances(colours[part], palette)
        places = np.arange(len(distances))
        nearest[part] = distances.argmin(axis=1)
        least[part] = distances[places, nearest[part]]
        distances[places, nearest[part]] = np.inf
        next_one[part] = distances.min(axis=1)
    return nearest, least, next_one


def chunks(colours: Floats) -> Iterator[slice]:
    """The places of some of `colours` at a time, so that their distances to a palette stay in the cache."""
    return (slice(start, start + _CHUNK) for start in range(0, len(colours), _CHUNK))


def squared_distances(colours: Floats, palette: Floats) -> Floats:
    """The squared distances of colours (n, 3) to those of a palette (k, 3), as (n, k).

    Not by a matrix product: on several threads, small ones cost far more CPU time than they save.
    """
    distances = np.zeros((len(colours), len(palette)), np.float32)
    for channel in range(3):
        difference = colours[:, channel, None] - palette[:, channel]
        difference *= difference
        distances += difference
    return distances
