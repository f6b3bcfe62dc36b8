"""What a trained network says of the pictures that it was checked with: all that a report is written from."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.files import digest_file
from models.spec import Network
from models.training.config import TrainingConfig
from models.training.history import best
from models.training.pictures import Dataset, Places
from models.training.train import Trained
from realtime.inference.engine import Engine
from realtime.inference.network_input import network_input
from realtime.inference.predictions import scores_spec
from realtime.inference.providers import choose


@dataclass(frozen=True, slots=True)
class Score:
    """How well one class is known: 0 to 1 each, and how many pictures it was checked with."""

    name: str
    precision: float
    recall: float
    f1: float
    checked: int


@dataclass(frozen=True)
class Findings:
    """A trained network, its pictures, and `probabilities` (checked pictures, classes) as the show computes them."""

    trained: Trained
    pictures: Dataset
    recipe: TrainingConfig
    network: Network
    engine: Engine
    probabilities: NDArray[np.float32]

    @property
    def checked(self) -> Places:
        """The pictures that the network did not learn from."""
        return self.trained.parts.validation

    @cached_property
    def truth(self) -> Places:
        """The class of each checked picture."""
        return self.pictures.labels[self.checked]

    @cached_property
    def predicted(self) -> Places:
        """The class that the network gives each checked picture."""
        return np.asarray(self.probabilities.argmax(axis=1), np.int64)

    @property
    def right(self) -> Places:
        """The checked pictures that are named rightly, by their place among the checked, the surest first."""
        return self._surest(self.truth == self.predicted)

    @property
    def wrong(self) -> Places:
        """The checked pictures that are named wrongly, likewise."""
        return self._surest(self.truth != self.predicted)

    def _surest(self, chosen: NDArray[np.bool_]) -> Places:
        order = np.argsort(-self.probabilities.max(axis=1), kind="stable")
        return np.asarray(order[chosen[order]], np.int64)

    @property
    def accuracy(self) -> float:
        """The share of checked pictures that the network names rightly, 0 to 1."""
        return float((self.truth == self.predicted).mean())

    @cached_property
    def confusion(self) -> NDArray[np.int64]:
        """(classes, classes): how many pictures of the class of a row were given that of a column."""
        from sklearn.metrics import confusion_matrix

        return np.asarray(confusion_matrix(self.truth, self.predicted, labels=range(len(self.pictures.classes))))

    @cached_property
    def scores(self) -> tuple[Score, ...]:
        """Precision, recall and F1 of every class."""
        from sklearn.metrics import precision_recall_fscore_support

        columns = precision_recall_fscore_support(
            self.truth, self.predicted, labels=range(len(self.pictures.classes)), zero_division=0.0
        )
        rows = zip(self.pictures.classes, *columns, strict=True)
        return tuple(Score(name, float(p), float(r), float(f1), int(count)) for name, p, r, f1, count in rows)

    @property
    def seconds(self) -> float:
        """How long the network learned."""
        return sum(epoch.seconds for epoch in self.trained.history)

    @property
    def summary(self) -> str:
        """The outcome in a few words."""
        return (
            f"{100 * self.accuracy:.0f} % of {len(self.checked)} checked pictures right after"
            f" {len(self.trained.history)} epochs, {self.network.path.stat().st_size / 1e6:.1f} MB"
        )

    @property
    def facts(self) -> dict[str, Any]:
        """What was measured, for a program to read."""
        return {
            "accuracy": self.accuracy,
            "best_epoch": best(self.trained.history) + 1,
            "epochs": [dataclasses.asdict(epoch) for epoch in self.trained.history],
            "classes": [dataclasses.asdict(score) for score in self.scores],
            "confusion": self.confusion.tolist(),
            "learned_from": len(self.trained.parts.train),
            "checked_with": len(self.checked),
            "grouped_by": self.pictures.grouped_by,
            "left_out": list(self.pictures.skipped),
        }


def few(places: Places, most: int) -> Places:
    """At most so many, evenly from the first to the last."""
    chosen = np.unique(np.linspace(0, len(places) - 1, min(most, len(places))).astype(int))
    return np.asarray(places[chosen], np.int64)


@contextmanager
def examine(trained: Trained, pictures: Dataset, recipe: TrainingConfig, path: Path) -> Iterator[Findings]:
    """Show every checked picture to the network stored at `path`; its engine runs until the block ends."""
    network = Network(trained.info, path, digest_file(path))
    spec = scores_spec(network)
    with Engine(choose("auto")) as engine:
        rows = [
            engine.run_when_ready(spec, {"image": network_input(image, spec.size_hw)})["scores"]
            for image in pictures.images[trained.parts.validation]
        ]
        yield Findings(trained, pictures, recipe, network, engine, np.stack(rows))
