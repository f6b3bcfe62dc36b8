"""How a training went, epoch by epoch, and what follows from it: the pace, the best epoch, when to stop."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

PATIENCE = 8
"""Epochs without a better validation loss after which a training ends."""


@dataclass(frozen=True, slots=True)
class Epoch:
    """Mean loss (nats) and accuracy (0 to 1) on both sides of the data, and how long the epoch took in seconds."""

    loss: float
    accuracy: float
    val_loss: float
    val_accuracy: float
    seconds: float


def best(history: Sequence[Epoch]) -> int:
    """The place of the epoch with the lowest validation loss; a loss that is no number never wins."""
    return min(range(len(history)), key=lambda place: _rank(history[place].val_loss))


def _rank(loss: float) -> float:
    return loss if math.isfinite(loss) else math.inf


def over(history: Sequence[Epoch], epochs: int) -> bool:
    """Whether a training has reached its last epoch or has stopped getting better."""
    return len(history) >= epochs or (bool(history) and len(history) - 1 - best(history) >= PATIENCE)


def pace(epoch: int, epochs: int, peak: float) -> float:
    """The learning rate of an epoch: half a cosine from `peak` to a fiftieth of it (Loshchilov and Hutter 2016)."""
    lowest = peak / 50
    return lowest + (peak - lowest) * (1 + math.cos(math.pi * epoch / epochs)) / 2
