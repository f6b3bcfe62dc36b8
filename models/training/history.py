"""The training history, and what follows from it: the learning rate, the best epoch, when to stop."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Epoch:
    """Mean loss (nats) and accuracy (0 to 1) on the training and the validation data, and the duration in seconds.

    `agreement` is the mean cosine between the features of the teacher's layers and those of the student on the
    validation data, by layer of the teacher; it is empty without one.
    """

    loss: float
    accuracy: float
    val_loss: float
    val_accuracy: float
    seconds: float
    agreement: Mapping[str, float] = field(default_factory=dict)


def best_epoch(history: Sequence[Epoch]) -> int:
    """The index of the epoch with the lowest validation loss; NaN and Inf never win."""
    losses = [epoch.val_loss if math.isfinite(epoch.val_loss) else math.inf for epoch in history]
    return losses.index(min(losses))


def is_finished(history: Sequence[Epoch], epochs: int, patience: int) -> bool:
    """Whether training has reached `epochs`, or has had no lower validation loss for `patience` epochs."""
    return len(history) >= epochs or (bool(history) and len(history) - 1 - best_epoch(history) >= patience)


def learning_rate(epoch: int, epochs: int, peak: float) -> float:
    """The learning rate of an epoch: half a cosine from `peak` to a fiftieth of it (Loshchilov and Hutter 2016)."""
    lowest = peak / 50
    return lowest + (peak - lowest) * (1 + math.cos(math.pi * epoch / epochs)) / 2
