"""Which channels of a layer tell classes apart best, and each in another way."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.training.pictures import Places
from scripts.common.embedding import Vectors


def distinct(vectors: Vectors, labels: Places, count: int) -> tuple[int, ...]:
    """At most `count` channels by the answers (pictures, channels), the most distinct first; none that never changes.

    Counted is the share of a channel's variance that lies between the classes, and the less, the more it goes along
    with a channel chosen before.
    """
    units = _standardised(vectors)
    members = np.eye(labels.max() + 1)[labels]
    between = ((members.T @ units) ** 2 / np.maximum(members.sum(axis=0), 1)[:, None]).sum(axis=0)
    alive = np.asarray(units.any(axis=0), np.bool_)
    chosen: list[int] = []
    for _ in range(min(count, int(alive.sum()))):
        chosen.append(int(np.where(alive, between, -1).argmax()))
        between *= 1 - np.abs(units.T @ units[:, chosen[-1]])
        alive[chosen[-1]] = False
    return tuple(chosen)


def _standardised(vectors: Vectors) -> NDArray[np.float64]:
    """Each channel about its mean and of length one; nothing where it never changes."""
    spread = vectors.astype(np.float64) - vectors.mean(axis=0, dtype=np.float64)
    length = np.linalg.norm(spread, axis=0)
    silent = length <= 1e-6 * max(length.max(initial=0), 1e-30)
    return np.where(silent, 0, spread / np.where(silent, 1, length))
