"""Networks that go on where they were stopped, and those that start from another.

Functions run eagerly here: tracing them would take most of the time.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from numpy.typing import NDArray
from onnx import numpy_helper

from models.errors import ModelError
from models.from_keras.import_tensorflow import import_tensorflow
from models.graph.packed_weights import load_unpacked
from models.importing.open_network import open_network
from models.training.config import TrainingConfig
from models.training.data.dataset import Dataset
from models.training.history import Epoch
from models.training.train import Trained, checkpoint_folder, train
from models.zoo import vgg16_layers
from scripts.dev.benchmarks.untrained import vgg16_shaped

CLASSES = ("red", "blue")

pytestmark = pytest.mark.filterwarnings("ignore:Even though the `tf.config.experimental_run_functions_eagerly`")


class Silent:
    """Follows a training, and copies its state to `copy` after the first epoch."""

    def __init__(self, state: Path | None = None, copy: Path | None = None) -> None:
        self.state, self.copy = state, copy
        self.losses: list[float] = []

    def begin_epoch(self, epoch: int, steps: int) -> None:
        assert steps == 2

    def step(self, loss: float, accuracy: float) -> None:
        self.losses.append(loss)

    def end_epoch(self, epoch: int, result: Epoch) -> None:
        if epoch == 1 and self.state and self.copy:
            shutil.copytree(self.state, self.copy)


@dataclass
class Run:
    trained: Trained
    path: Path

    @property
    def weights(self) -> Mapping[str, NDArray[Any]]:
        return {each.name: numpy_helper.to_array(each) for each in self.trained.model.graph.initializer}


@pytest.fixture(scope="module", autouse=True)
def two_eager_steps() -> Iterator[None]:
    import_tensorflow()
    import tensorflow as tf

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("models.training.data.batches.MIN_IMAGES", 4)
        patch.setattr("models.training.data.batches.MIN_STEPS", 2)
        tf.config.run_functions_eagerly(True)
        yield
        tf.config.run_functions_eagerly(False)


@pytest.fixture(scope="module")
def pictures() -> Dataset:
    """Noise, reddish or bluish."""
    images = np.random.default_rng(0).integers(0, 120, (6, 32, 32, 3), dtype=np.uint8)
    labels = np.arange(6) % 2
    images[labels == 0, :, :, 2] += 120
    images[labels == 1, :, :, 0] += 120
    return Dataset(images, labels, CLASSES, tuple(map(str, labels)))


def trained_in(folder: Path, pictures: Dataset, progress: Silent | None = None, **settings: Any) -> Run:
    config = TrainingConfig(**{"epochs": 1, "size": 32, **settings})
    checkpoints = checkpoint_folder(pictures, config, folder)
    trained = train(pictures, config, name="colours", checkpoints=checkpoints, progress=progress or Silent())
    (folder / "network.onnx").write_bytes(trained.model.SerializeToString())
    return Run(trained, folder / "network.onnx")


@pytest.fixture(scope="module")
def new(tmp_path_factory: pytest.TempPathFactory, pictures: Dataset) -> Run:
    folder = tmp_path_factory.mktemp("new")
    progress = Silent(folder / ".training", folder / "after one" / ".training")
    return trained_in(folder, pictures, progress, epochs=2, seed=5)


def test_stopped_and_begun_again_it_ends_as_if_never_stopped(new: Run, pictures: Dataset) -> None:
    progress = Silent()
    again = trained_in(new.path.parent / "after one", pictures, progress, epochs=2, seed=5)
    assert len(progress.losses) == 2
    assert again.trained.history[0] == new.trained.history[0]
    assert again.trained.history[1].loss == pytest.approx(new.trained.history[1].loss, rel=0.05)
    for name, values in new.weights.items():
        assert np.abs(values - again.weights[name]).max() <= 0.05 * np.abs(values).max(), name


def test_a_stored_network_is_refined_in_its_last_block_alone(new: Run, tmp_path: Path, pictures: Dataset) -> None:
    refined = trained_in(tmp_path, pictures, start=str(new.path))
    for name, values in new.weights.items():
        changed = name.startswith(("block5", "classifier"))
        assert np.array_equal(values, refined.weights[name]) != changed, name


def test_the_bundled_network_is_a_start(tmp_path: Path, pictures: Dataset) -> None:
    refined = trained_in(tmp_path, pictures, start="world")
    bundled = load_unpacked(open_network("world").path)
    for each in bundled.graph.initializer:
        changed = each.name.startswith(("block5", "classifier"))
        same = np.array_equal(numpy_helper.to_array(each), refined.weights.get(each.name, np.zeros(0)))
        assert same != changed, each.name
    assert refined.trained.info.scores.labels == CLASSES


def test_a_network_of_keras_is_refined(tmp_path: Path, pictures: Dataset) -> None:
    info = open_network(str(trained_in(tmp_path, pictures, start="vgg16", weights="none").path)).info
    assert info.layers == vgg16_layers()
    assert info.input.colours == "BGR"
    assert info.scores.labels == CLASSES


def test_a_network_of_another_shape_is_no_start(tmp_path: Path, pictures: Dataset) -> None:
    model = vgg16_shaped("other", width=0.25)
    [card] = (entry for entry in model.metadata_props if entry.key == "ventral")
    card.value = card.value.replace('"stride": 1', '"stride": 3')
    onnx.save(model, tmp_path / "other.onnx")
    with pytest.raises(ModelError, match="other does not have the layers of VGG16"):
        trained_in(tmp_path, pictures, start=str(tmp_path / "other.onnx"))
