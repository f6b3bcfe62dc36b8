"""The evaluation of a trained network on its validation data, from which the report is written."""

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
from models.training.data.dataset import Dataset, Indices
from models.training.history import best_epoch
from models.training.train import Trained
from realtime.inference.engine import Engine
from realtime.inference.network_input import network_input
from realtime.inference.predictions import scores_spec
from realtime.inference.providers import choose

BINS = 15  # of probabilities, for the calibration error


@dataclass(frozen=True, slots=True)
class Score:
    """The metrics of one class, 0 to 1, and its number of validation pictures."""

    name: str
    precision: float
    recall: float
    f1: float
    pictures: int


@dataclass(frozen=True)
class Evaluation:
    """A trained network, its data, and the predicted `probabilities` (validation pictures, classes)."""

    trained: Trained
    config: TrainingConfig
    network: Network
    engine: Engine
    probabilities: NDArray[np.float32]

    @property
    def dataset(self) -> Dataset:
        """The pictures, with all their classes."""
        return self.trained.dataset

    @property
    def validation(self) -> Indices:
        """The image numbers of the validation data; every index below counts these."""
        return self.trained.split.validation

    @cached_property
    def truth(self) -> Indices:
        """The true class of each validation picture."""
        return self.dataset.labels[self.validation]

    @cached_property
    def predicted(self) -> Indices:
        """The predicted class of each validation picture."""
        return np.asarray(self.probabilities.argmax(axis=1), np.int64)

    @property
    def correct(self) -> Indices:
        """The indices of the correct predictions, the most confident first."""
        return self._by_confidence(self.truth == self.predicted)

    @property
    def wrong(self) -> Indices:
        """The indices of the wrong predictions, the most confident first."""
        return self._by_confidence(self.truth != self.predicted)

    def _by_confidence(self, chosen: NDArray[np.bool_]) -> Indices:
        order = np.argsort(-self.probabilities.max(axis=1), kind="stable")
        return np.asarray(order[chosen[order]], np.int64)

    @property
    def accuracy(self) -> float:
        """The validation accuracy, 0 to 1."""
        return float((self.truth == self.predicted).mean())

    @property
    def calibration_error(self) -> float:
        """The mean difference between the probability of a prediction and the share of correct ones (Guo et al. 2017).

        Predictions are compared in bins of equal width; 0 is perfect.
        """
        probabilities = self.probabilities.max(axis=1)
        bins = np.minimum((probabilities * BINS).astype(int), BINS - 1)
        surplus = np.bincount(bins, weights=probabilities - (self.truth == self.predicted), minlength=BINS)
        return float(np.abs(surplus).sum() / len(probabilities))

    @cached_property
    def present(self) -> Indices:
        """The classes that occur in the truth or in the predictions; the metrics are of these."""
        return np.union1d(self.truth, self.predicted)

    @cached_property
    def confusion(self) -> NDArray[np.int64]:
        """(true classes, predicted classes), of those present: numbers of pictures."""
        rows, columns = (np.searchsorted(self.present, each) for each in (self.truth, self.predicted))
        count = len(self.present)
        return np.bincount(rows * count + columns, minlength=count**2).reshape(count, count)

    @cached_property
    def scores(self) -> tuple[Score, ...]:
        """Precision, recall and F1 of every class that is present."""
        from sklearn.metrics import precision_recall_fscore_support

        columns = precision_recall_fscore_support(self.truth, self.predicted, labels=self.present, zero_division=0.0)
        rows = zip(self.present, *columns, strict=True)
        names = self.dataset.classes
        return tuple(Score(names[each], float(p), float(r), float(f1), int(count)) for each, p, r, f1, count in rows)

    @property
    def seconds(self) -> float:
        """The training time."""
        return sum(epoch.seconds for epoch in self.trained.history)

    @property
    def summary(self) -> str:
        """The result in one line."""
        epochs = len(self.trained.history)
        return (
            f"{self.accuracy_name} {100 * self.accuracy:.0f} % on {len(self.validation)} validation pictures after"
            f" {epochs} epoch{'s' * (epochs > 1)}, {self.network.path.stat().st_size / 1e6:.1f} MB"
        )

    @property
    def accuracy_name(self) -> str:
        """What the accuracy counts: correct classes, or the same predictions as the classifying network."""
        teacher = self.dataset.classified_by
        return f"same prediction as {teacher}" if teacher else "accuracy"

    @property
    def metrics(self) -> dict[str, Any]:
        """The content of metrics.json."""
        return {
            "accuracy": self.accuracy,
            "calibration_error": self.calibration_error,
            "best_epoch": best_epoch(self.trained.history) + 1,
            "epochs": [dataclasses.asdict(epoch) for epoch in self.trained.history],
            "classes": [dataclasses.asdict(score) for score in self.scores],
            "confusion": self.confusion.tolist(),
            "training_pictures": len(self.trained.split.train),
            "validation_pictures": len(self.validation),
            "classified_by": self.dataset.classified_by,
            "clustered_by": self.dataset.clustered_by,
            "skipped": list(self.dataset.skipped),
        }


def thin_out(indices: Indices, count: int) -> Indices:
    """At most `count` of the indices, evenly spaced."""
    chosen = np.unique(np.linspace(0, len(indices) - 1, min(count, len(indices))).astype(int))
    return np.asarray(indices[chosen], np.int64)


@contextmanager
def evaluate(trained: Trained, config: TrainingConfig, path: Path) -> Iterator[Evaluation]:
    """Evaluate the network stored at `path`; its engine runs until the block ends."""
    network = Network(trained.info, path, digest_file(path))
    spec = scores_spec(network)
    with Engine(choose("auto")) as engine:
        rows = [
            engine.run_when_ready(spec, {"image": network_input(image, spec.size_hw)})["scores"]
            for image in trained.dataset.images[trained.split.validation]
        ]
        yield Evaluation(trained, config, network, engine, np.stack(rows))
