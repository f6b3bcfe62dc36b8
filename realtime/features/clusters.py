"""Clusters of features on moving pictures (k-means): regions without names."""

import numpy as np

from realtime.features.projection import Projection, vectors
from realtime.imaging.frame import Floats

FIRST_ROUNDS = 12
FOLLOW = 0.3  # how far a centre moves to the mean of its places in one update
CUT = 1.5  # times the usual distance from the centres: another picture, whose clusters are found anew
USUAL = 0.1  # the share of a new distance in the usual one


class FeatureClusters:
    """`count` centres, each with a number for good; they follow the picture."""

    def __init__(self, count: int) -> None:
        self.count = count
        self._centres: Floats | None = None
        self._usual = 0.0  # the mean square distance of a place from its centre

    def update(self, places: Floats, elapsed: float) -> Projection:
        """Add the features (C, h, w) of a picture; the axis with the highest value is the number of the cluster."""
        samples = vectors(places)
        if self._centres is None or _distance(samples, self._centres) > CUT * self._usual:
            self._centres = _found(samples, self.count)
            self._usual = _distance(samples, self._centres)
        else:
            self._centres = _moved(samples, self._centres, FOLLOW)
            self._usual += USUAL * (_distance(samples, self._centres) - self._usual)
        return nearest(self._centres)


def nearest(centres: Floats) -> Projection:
    """The highest axis of x is that of the nearest of `centres` (n, C): |x - c|^2 is |x|^2 - 2 (c.x - |c|^2 / 2)."""
    return Projection(centres, np.asarray(-(centres**2).sum(axis=1) / 2, np.float32))


def _found(samples: Floats, count: int) -> Floats:
    centres = _spread(samples, count)
    for _ in range(FIRST_ROUNDS):
        centres = _moved(samples, centres, 1.0)
    return centres


def _distance(samples: Floats, centres: Floats) -> float:
    """The mean square distance of `samples` (n, C) from the nearest of `centres`."""
    projection = nearest(centres)
    scores = samples @ projection.rows.T + projection.offset
    return float(np.mean((samples**2).sum(axis=1) - 2 * scores.max(axis=1)))


def _moved(samples: Floats, centres: Floats, share: float) -> Floats:
    """Each centre moved to the mean of its places; one without places moves to the place that is farthest from all."""
    projection = nearest(centres)
    scores = samples @ projection.rows.T + projection.offset
    labels, moved = scores.argmax(axis=1), centres.copy()
    for number in range(len(centres)):
        own = samples[labels == number]
        moved[number] += np.float32(share) * (own.mean(axis=0) - centres[number]) if len(own) else 0
        if not len(own):
            moved[number] = samples[scores.max(axis=1).argmin()]
    return moved


def _spread(samples: Floats, count: int) -> Floats:
    """Samples far from each other (k-means++, Arthur and Vassilvitskii 2007)."""
    rng = np.random.default_rng(0)
    chosen = [samples[rng.integers(len(samples))]]
    while len(chosen) < count:
        distance = np.min([((samples - each) ** 2).sum(axis=1) for each in chosen], axis=0) + 1e-9
        chosen.append(samples[rng.choice(len(samples), p=distance / distance.sum())])
    return np.stack(chosen)
