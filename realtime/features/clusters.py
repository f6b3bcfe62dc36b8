"""Clusters of features on moving pictures (k-means): regions without names."""

import numpy as np

from realtime.features.projection import Projection, vectors
from realtime.imaging.frame import Floats

FIRST_ROUNDS = 12
FOLLOW = 0.3  # how far a centre moves to the mean of its places in one update


class FeatureClusters:
    """`count` centres, each with a number for good; they follow the picture."""

    def __init__(self, count: int) -> None:
        self.count = count
        self._centres: Floats | None = None

    def update(self, places: Floats, elapsed: float) -> Projection:
        """Add the features (C, h, w) of a picture; the axis with the highest value is the number of the cluster."""
        samples = vectors(places)
        if self._centres is None:
            self._centres = _spread(samples, self.count)
            for _ in range(FIRST_ROUNDS):
                self._centres = _moved(samples, self._centres, 1.0)
        else:
            self._centres = _moved(samples, self._centres, FOLLOW)
        return nearest(self._centres)


def nearest(centres: Floats) -> Projection:
    """The highest axis of x is that of the nearest of `centres` (n, C): |x - c|^2 is |x|^2 - 2 (c.x - |c|^2 / 2)."""
    return Projection(centres, np.asarray(-(centres**2).sum(axis=1) / 2, np.float32))


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
