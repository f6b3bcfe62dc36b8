"""Labelled images in memory, and their split into training and validation data."""

import dataclasses
import hashlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.errors import SourceError
from models.spec import SOMETHING_ELSE

NO_CLASS = -1  # the label of a picture that shows none of the classes
Indices = NDArray[np.int64]  # image numbers, or class numbers


@dataclass(frozen=True, slots=True, eq=False)
class Dataset:
    """`images` uint8 BGR (n, size, size, 3), and the class number of each, or NO_CLASS.

    `names` are the files. `clustered_by` is the network whose embedding was clustered to get the classes, or empty;
    `classified_by` is the network that classified the pictures, or empty.
    `skipped` has a line for each picture that could not be read.
    """

    images: NDArray[np.uint8]
    labels: Indices
    classes: tuple[str, ...]
    names: tuple[str, ...]
    clustered_by: str = ""
    classified_by: str = ""
    skipped: tuple[str, ...] = ()

    @property
    def digest(self) -> str:
        """SHA-256 of the pixels, the labels and the class names."""
        digest = hashlib.sha256(repr(self.images.shape).encode())
        for part in (self.images.tobytes(), self.labels.tobytes(), repr(self.classes).encode()):
            digest.update(part)
        return digest.hexdigest()

    def check(self) -> None:
        """Raise SourceError when there are fewer than two classes, or fewer than two images in one."""
        if len(self.classes) < 2:
            found = f"only '{self.classes[0]}'" if self.classes else "none"
            raise SourceError(
                f"training needs at least 2 classes, but got {found}; add a subfolder of pictures for each"
            )
        if self.classified_by:
            if len(self.images) < 2:
                raise SourceError(f"training needs at least 2 readable pictures, but got {len(self.images)}")
            return
        counts = np.bincount(self.labels[self.labels >= 0], minlength=len(self.classes))
        for name, count in zip(self.classes, counts, strict=True):
            if count < 2:
                raise SourceError(f"class '{name}': expected at least 2 readable pictures, but got {count}")


def with_something_else(dataset: Dataset) -> Dataset:
    """The dataset with a last class for the pictures that have none; unchanged if there are no such pictures."""
    if (dataset.labels >= 0).all():
        return dataset
    labels = np.where(dataset.labels == NO_CLASS, len(dataset.classes), dataset.labels)
    return dataclasses.replace(dataset, labels=labels, classes=(*dataset.classes, SOMETHING_ELSE))


@dataclass(frozen=True, slots=True, eq=False)
class Split:
    """The image numbers of the training and the validation data."""

    train: Indices
    validation: Indices


def split(labels: Indices, seed: int, share: float) -> Split:
    """Keep `share` of each class, at least one image, for validation; every class needs two images."""
    rng = np.random.default_rng(seed)
    train: list[Indices] = []
    validation: list[Indices] = []
    for label in np.unique(labels):
        members = rng.permutation(np.flatnonzero(labels == label))
        held_out = max(round(len(members) * share), 1)
        validation.append(members[:held_out])
        train.append(members[held_out:])
    return Split(np.sort(np.concatenate(train)), np.sort(np.concatenate(validation)))
