"""What a training is told: from where it starts, how long it learns, at what size."""

from __future__ import annotations

from dataclasses import dataclass

from models.errors import SettingError
from models.zoo import ZOO

SCRATCH = "scratch"
"""The start of a network that knows nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingConfig:
    """All that decides a training besides its pictures; equal recipes on equal pictures train equal networks."""

    start: str = SCRATCH
    """scratch, a network of Keras, or a stored network of VGG16's shape"""
    weights: str = "imagenet"
    """for a network of Keras: imagenet, a file, or none"""
    epochs: int = 30
    size: int = 96
    batch: int = 32
    seed: int = 0

    def check(self) -> None:
        """Raise SettingError for a number that makes no sense, or for weights that nobody would read."""
        _within("--epochs", self.epochs, 1, 10_000)
        _within("--size", self.size, 32, 512)
        _within("--batch", self.batch, 2, 1024)
        _within("--seed", self.seed, 0, 2**31 - 1)
        if self.start not in ZOO and self.weights != "imagenet":
            raise SettingError(f"--weights belongs to --from {', '.join(sorted(ZOO))}; leave it out")


def _within(option: str, value: int, low: int, high: int) -> None:
    if not low <= value <= high:
        raise SettingError(f"{option} takes {low} to {high}, but got {value}")
