"""Pictures with their classes, in memory, and how they are divided between learning and checking."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.errors import SourceError

CHECKED = 0.2
"""The share of the pictures of a class that are kept for checking; at least one is."""

Places = NDArray[np.int64]
"""Numbers of pictures."""


@dataclass(frozen=True, slots=True, eq=False)
class Dataset:
    """A data set: `images` uint8 BGR (n, size, size, 3), and for each the number of its class.

    `names` say where each comes from. `grouped_by` is empty for classes that a person gave; else it says whose
    embedding the classes are clusters of. `skipped` has a line for each picture that could not be read.
    """

    images: NDArray[np.uint8]
    labels: Places
    classes: tuple[str, ...]
    names: tuple[str, ...]
    grouped_by: str = ""
    skipped: tuple[str, ...] = ()

    @property
    def digest(self) -> str:
        """SHA-256 of what is learned from: pixels, labels and the names of the classes."""
        parts = (self.images.tobytes(), self.labels.tobytes(), repr(self.classes).encode())
        digest = hashlib.sha256(repr(self.images.shape).encode())
        for part in parts:
            digest.update(part)
        return digest.hexdigest()

    def check(self) -> None:
        """Raise SourceError when there are not at least two classes of two pictures each."""
        if len(self.classes) < 2:
            found = f"only '{self.classes[0]}'" if self.classes else "none"
            raise SourceError(
                f"training needs at least 2 classes, but got {found}; add a subfolder of pictures for each"
            )
        for name, count in zip(self.classes, self.counts, strict=True):
            if count < 2:
                raise SourceError(f"class '{name}' has {count} good picture{'s' * (count != 1)}; expected at least 2")

    @property
    def counts(self) -> tuple[int, ...]:
        """How many pictures each class has."""
        return tuple(int(count) for count in np.bincount(self.labels, minlength=len(self.classes)))


@dataclass(frozen=True, slots=True, eq=False)
class Split:
    """The pictures that the network learns from, and those that it is only checked with."""

    train: Places
    validation: Places


def split(labels: Places, seed: int) -> Split:
    """Divide pictures so that each class gives its share to both sides; every class needs two."""
    rng = np.random.default_rng(seed)
    train: list[Places] = []
    validation: list[Places] = []
    for label in np.unique(labels):
        members = rng.permutation(np.flatnonzero(labels == label))
        checked = max(round(len(members) * CHECKED), 1)
        validation.append(members[:checked])
        train.append(members[checked:])
    return Split(np.sort(np.concatenate(train)), np.sort(np.concatenate(validation)))
