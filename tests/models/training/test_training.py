"""Training without a network: the dataset, the learning rate, and checkpoints that survive a kill."""

from __future__ import annotations

import dataclasses
import json
import math
from pathlib import Path

import numpy as np
import pytest

from models.errors import OutputError, SettingError, SourceError
from models.training.checkpoint import Checkpoint, CheckpointFolder
from models.training.config import PATIENCE, TrainingConfig
from models.training.data.dataset import Dataset, split
from models.training.history import Epoch, best_epoch, is_finished, learning_rate

SETTINGS = {"epochs": 5, "pictures": "abc"}


def pictures(*counts: int) -> Dataset:
    labels = np.repeat(np.arange(len(counts)), counts)
    images = np.zeros((len(labels), 4, 4, 3), np.uint8)
    return Dataset(images, labels, tuple(f"class {number}" for number in range(len(counts))), ("x",) * len(labels))


def epochs(*losses: float) -> tuple[Epoch, ...]:
    return tuple(Epoch(loss=1.0, accuracy=0.5, val_loss=loss, val_accuracy=0.5, seconds=1.0) for loss in losses)


def state(*losses: float) -> Checkpoint:
    last = np.full(3, losses[-1], np.float32)
    return Checkpoint(epochs(*losses), (last, np.arange(2, dtype=np.uint32)), (np.full(3, min(losses), np.float32),))


def test_every_class_gives_pictures_to_both_sides() -> None:
    labels = pictures(2, 9, 40).labels
    parts = split(labels, seed=3, share=0.2)
    assert sorted([*parts.train, *parts.validation]) == list(range(len(labels)))
    assert list(np.bincount(labels[parts.validation])) == [1, 2, 8]
    again, other = split(labels, seed=3, share=0.2), split(labels, seed=4, share=0.2)
    assert list(again.train) == list(parts.train)
    assert list(other.train) != list(parts.train)


@pytest.mark.parametrize(
    ("counts", "words"),
    [
        ((), "at least 2 classes, but got none"),
        ((5,), "only 'class 0'"),
        ((5, 1), "class 'class 1': expected at least 2 readable pictures, but got 1"),
    ],
)
def test_too_little_to_learn_from_is_said(counts: tuple[int, ...], words: str) -> None:
    with pytest.raises(SourceError, match=words):
        pictures(*counts).check()


def test_the_digest_knows_pixels_labels_and_names() -> None:
    first = pictures(2, 2)
    images = first.images.copy()
    images[3, 0, 0, 0] = 1
    changed = [
        dataclasses.replace(first, images=images),
        dataclasses.replace(first, labels=first.labels[::-1]),
        dataclasses.replace(first, classes=("class 0", "other")),
    ]
    assert len({each.digest for each in (first, *changed)}) == 4
    assert dataclasses.replace(first, names=("y",) * 4).digest == first.digest


@pytest.mark.parametrize(
    ("keywords", "words"),
    [
        ({"epochs": 0}, "--epochs takes 1 to 10000, but got 0"),
        ({"size": 16}, "--size takes 32 to 512"),
        ({"batch": 1}, "--batch"),
        ({"seed": -1}, "--seed"),
        ({"weights": "none"}, "--weights is only for a Keras network"),
    ],
)
def test_a_config_that_makes_no_sense_is_refused(keywords: dict[str, int], words: str) -> None:
    with pytest.raises(SettingError, match=words):
        TrainingConfig(**keywords).check()  # type: ignore[arg-type]


def test_the_best_epoch_is_kept_and_patience_ends() -> None:
    assert best_epoch(epochs(3.0, math.nan, 1.0, 2.0)) == 2
    assert not is_finished((), 5, PATIENCE)
    assert is_finished(epochs(3, 2, 1), 3, PATIENCE)
    assert not is_finished(epochs(1, *[2] * (PATIENCE - 1)), 100, PATIENCE)
    assert is_finished(epochs(1, *[2] * PATIENCE), 100, PATIENCE)


def test_a_student_never_stops_early() -> None:
    assert TrainingConfig(epochs=30).patience == PATIENCE
    assert TrainingConfig(epochs=30, teacher="vgg16").patience == 30


def test_the_learning_rate_falls_from_its_peak() -> None:
    rates = [learning_rate(epoch, 10, 1e-3) for epoch in range(10)]
    assert rates[0] == pytest.approx(1e-3)
    assert rates == sorted(rates, reverse=True)
    assert rates[-1] > 1e-3 / 50


def test_a_state_comes_back_as_it_was_kept(tmp_path: Path) -> None:
    folder = CheckpointFolder(tmp_path / ".training", SETTINGS)
    assert folder.load() is None
    for losses in ((3.0,), (3.0, 1.0), (3.0, 1.0, 2.0)):
        folder.save(state(*losses))
        found = CheckpointFolder(tmp_path / ".training", SETTINGS).load()
        assert found is not None
        assert found.history == state(*losses).history
        for one, other in zip(
            (*found.variables, *found.best), (*state(*losses).variables, *state(*losses).best), strict=True
        ):
            np.testing.assert_array_equal(one, other)
            assert one.dtype == other.dtype
    names = {file.name for file in folder.folder.iterdir()}
    assert names == {"state.json", "epoch-3.npz", "best-2.npz"}


def test_an_epoch_that_was_not_finished_does_not_count(tmp_path: Path) -> None:
    """Killed after the arrays of the second epoch were written, and before the index was."""
    folder = CheckpointFolder(tmp_path, SETTINGS)
    folder.save(state(3.0))
    index = (tmp_path / "state.json").read_bytes()
    old = {file.name: file.read_bytes() for file in tmp_path.glob("*.npz")}
    folder.save(state(3.0, 2.0))
    for name, content in (*old.items(), ("state.json", index)):
        (tmp_path / name).write_bytes(content)
    found = folder.load()
    assert found is not None
    assert len(found.history) == 1


def test_what_another_training_left_is_not_taken_for_the_best(tmp_path: Path) -> None:
    """Killed before its index was written, it had begun anew on the arrays of the first epoch."""
    CheckpointFolder(tmp_path, {"epochs": 9}).save(state(7.0))
    (tmp_path / "state.json").unlink()
    folder = CheckpointFolder(tmp_path, SETTINGS)
    folder.save(state(1.0))
    found = folder.load()
    assert found is not None
    np.testing.assert_array_equal(found.best[0], state(1.0).best[0])


@pytest.mark.parametrize(
    ("settings", "words"),
    [({"epochs": 9, "pictures": "abc"}, "epochs = 5, not 9"), ({"epochs": 5, "pictures": "d"}, "other pictures")],
)
def test_another_trainings_state_is_refused(tmp_path: Path, settings: dict[str, object], words: str) -> None:
    CheckpointFolder(tmp_path, SETTINGS).save(state(1.0))
    with pytest.raises(OutputError, match=f"has an unfinished training run with {words}; use --fresh"):
        CheckpointFolder(tmp_path, settings).load()


@pytest.mark.parametrize("name", ["state.json", "epoch-1.npz", "best-1.npz"])
@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 half", json.dumps({"settings": SETTINGS}).encode()])
def test_a_damaged_state_is_refused_in_words(tmp_path: Path, name: str, content: bytes) -> None:
    folder = CheckpointFolder(tmp_path, SETTINGS)
    folder.save(state(1.0))
    (tmp_path / name).write_bytes(content)
    with pytest.raises(OutputError, match=r"is damaged; use --fresh"):
        folder.load()


def test_clearing_leaves_nothing(tmp_path: Path) -> None:
    folder = CheckpointFolder(tmp_path / ".training", SETTINGS)
    folder.save(state(1.0))
    folder.clear()
    folder.clear()
    assert list(tmp_path.iterdir()) == []
