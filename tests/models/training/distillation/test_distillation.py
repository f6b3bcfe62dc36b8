"""A student is trained by the bundled network, stopped, resumed and stored.

Functions run eagerly here: tracing them would take most of the time.
"""

from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import numpy_helper

from models.errors import ModelError, OutputError, SettingError
from models.from_keras.import_tensorflow import import_tensorflow
from models.importing.open_network import open_network
from models.training.config import TrainingConfig
from models.training.data.dataset import NO_CLASS, Dataset
from models.training.history import Epoch
from models.training.train import Trained, checkpoint_folder, train
from models.zoo import BUNDLED

SIDE, COUNT = 32, 6

pytestmark = pytest.mark.filterwarnings("ignore:Even though the `tf.config.experimental_run_functions_eagerly`")


class Copier:
    """Copies the checkpoints to `copy` after the first epoch."""

    def __init__(self, folder: Path | None = None, copy: Path | None = None) -> None:
        self.folder, self.copy = folder, copy
        self.epochs: list[Epoch] = []

    def begin_epoch(self, epoch: int, steps: int) -> None:
        assert steps == 2

    def step(self, loss: float, accuracy: float) -> None:
        assert np.isfinite(loss) and 0 <= accuracy <= 1

    def end_epoch(self, epoch: int, result: Epoch) -> None:
        self.epochs.append(result)
        if epoch == 1 and self.folder and self.copy:
            shutil.copytree(self.folder, self.copy)


@pytest.fixture(scope="module", autouse=True)
def two_eager_steps() -> Iterator[None]:
    import_tensorflow()
    import tensorflow as tf

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("models.training.distillation.batches.MIN_CROPS", 8)
        patch.setattr("models.training.data.batches.MIN_STEPS", 2)
        tf.config.run_functions_eagerly(True)
        yield
        tf.config.run_functions_eagerly(False)


def dataset(**changes: Any) -> Dataset:
    """Pictures of noise; two of them have no class."""
    images = np.random.default_rng(0).integers(0, 256, (COUNT, 45, 45, 3), np.uint8)
    labels = np.array([0, 0, 1, 1, NO_CLASS, NO_CLASS])
    made = Dataset(images, labels, ("first", "second"), tuple(map(str, range(COUNT))))
    return dataclasses.replace(made, **changes)


def taught(folder: Path, pictures: Dataset, progress: Copier | None = None, **settings: Any) -> Trained:
    config = TrainingConfig(**{"epochs": 3, "size": SIDE, "validation": 0.5, "teacher": BUNDLED, **settings})
    checkpoints = checkpoint_folder(pictures, config, folder)
    return train(pictures, config, name="student", checkpoints=checkpoints, progress=progress or Copier())


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("student")


@pytest.fixture(scope="module")
def student(folder: Path) -> Trained:
    return taught(folder, dataset(), Copier(folder / ".training", folder / "copy" / ".training"))


def test_it_gets_closer_to_its_teacher(student: Trained) -> None:
    assert student.lesson is not None
    names = [layer.name for layer in student.lesson.layers]
    assert all(list(epoch.agreement) == names for epoch in student.history)
    first, last = (np.mean(list(epoch.agreement.values())) for epoch in (student.history[0], student.history[-1]))
    assert last > first


def test_the_stored_network_has_the_classes_of_the_pictures_and_nothing_of_its_teacher(student: Trained) -> None:
    assert student.info.scores.labels == ("first", "second", "something else")
    outputs = {output.name for output in student.model.graph.output}
    assert outputs == {*(layer.name for layer in student.info.layers), "classifier/logits", "classifier/probabilities"}


def test_stopped_and_resumed_it_ends_as_if_never_stopped(student: Trained, folder: Path) -> None:
    progress = Copier()
    again = taught(folder / "copy", dataset(), progress)
    assert len(progress.epochs) == 2
    assert again.history[0] == student.history[0]
    assert again.history[-1].loss == pytest.approx(student.history[-1].loss, rel=0.05)
    weights = [
        {each.name: numpy_helper.to_array(each) for each in trained.model.graph.initializer}
        for trained in (student, again)
    ]
    for name, values in weights[0].items():
        assert np.abs(values - weights[1][name]).max() <= 0.1 * np.abs(values).max() + 1e-6, name


def test_another_teacher_does_not_resume(student: Trained, folder: Path, tmp_path: Path) -> None:
    other = onnx.load(open_network(BUNDLED).path)
    other.doc_string = "other"
    onnx.save(other, tmp_path / "other.onnx")
    with pytest.raises(OutputError, match="unfinished training run with teacher = "):
        taught(folder, dataset(), teacher=str(tmp_path / "other.onnx"))


def test_pictures_without_classes_learn_those_of_the_teacher(tmp_path: Path) -> None:
    labels = open_network(BUNDLED).info.scores.labels
    pictures = dataset(labels=np.arange(COUNT), classes=labels, classified_by=BUNDLED)
    trained = taught(tmp_path, pictures, epochs=1)
    assert trained.info.scores.labels == labels


@pytest.mark.parametrize(
    ("settings", "error", "words"),
    [
        ({"teacher": "nobody"}, ModelError, "'nobody' is neither a known network nor a file"),
        ({"teacher_layers": ("conv9",)}, ModelError, "layer 'conv9' is not in"),
        ({"teacher": "", "teacher_layers": ("conv9",)}, SettingError, "--teacher-layers needs --teacher"),
        ({"validation": 0.9}, SettingError, r"--validation takes 0\.02 to 0\.5, but got 0\.9"),
    ],
)
def test_a_lesson_that_makes_no_sense_is_refused(
    tmp_path: Path, settings: dict[str, Any], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        taught(tmp_path, dataset(), **settings)
