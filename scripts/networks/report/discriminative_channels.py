"""The channels of a layer that discriminate best between classes, and differ from each other."""

import numpy as np
from numpy.typing import NDArray

from models.training.data.dataset import Indices
from scripts.common.embedding import Vectors


def discriminative_channels(vectors: Vectors, labels: Indices, count: int) -> tuple[int, ...]:
    """At most `count` channels by their activations (pictures, channels), the most discriminative first.

    The score of a channel is the share of its variance between the classes, reduced by its correlation with the
    channels chosen before. Constant channels are left out.
    """
    units = _standardised(vectors)
    members = np.eye(labels.max() + 1)[labels]
    between = ((members.T @ units) ** 2 / np.maximum(members.sum(axis=0), 1)[:, None]).sum(axis=0)
    candidates = np.asarray(units.any(axis=0), np.bool_)
    chosen: list[int] = []
    for _ in range(min(count, int(candidates.sum()))):
        chosen.append(int(np.where(candidates, between, -1).argmax()))
        between *= 1 - np.abs(units.T @ units[:, chosen[-1]])
        candidates[chosen[-1]] = False
    return tuple(chosen)


def _standardised(vectors: Vectors) -> NDArray[np.float64]:
    """Each channel with mean 0 and length 1; zeros where it is constant."""
    centred = vectors.astype(np.float64) - vectors.mean(axis=0, dtype=np.float64)
    length = np.linalg.norm(centred, axis=0)
    constant = length <= 1e-6 * max(length.max(initial=0), 1e-30)
    return np.where(constant, 0, centred / np.where(constant, 1, length))
