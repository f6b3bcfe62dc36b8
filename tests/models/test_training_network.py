"""Networks that really learn: a new one, one that goes on where it was stopped, one that starts from another."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
from numpy.typing import NDArray
from onnx import numpy_helper

from models.build import build
from models.errors import ModelError
from models.network import open_network
from models.spec import GraphSpec, ScoresHead
from models.training.history import Epoch
from models.training.pictures import Pictures
from models.training.recipe import Recipe
from models.training.train import Trained, state_folder, train
from models.untrained import vgg16_shaped
from models.zoo import vgg16_layers

RECIPE = Recipe(epochs=2, size=32, seed=5)
CLASSES = ("red", "blue")


class Silent:
    """Follows a training, and copies its state to `copy` after the first epoch."""

    def __init__(self, state: Path | None = None, copy: Path | None = None) -> None:
        self.state, self.copy = state, copy
        self.steps: list[float] = []

    def begins(self, epoch: int, steps: int) -> None:
        assert steps >= 8

    def step(self, loss: float, accuracy: float) -> None:
        self.steps.append(loss)

    def ends(self, epoch: int, result: Epoch) -> None:
        if epoch == 1 and self.state and self.copy:
            shutil.copytree(self.state, self.copy)


@dataclass
class Run:
    trained: Trained
    path: Path

    @property
    def weights(self) -> Mapping[str, NDArray[Any]]:
        return {each.name: numpy_helper.to_array(each) for each in self.trained.model.graph.initializer}


@pytest.fixture(scope="module")
def pictures() -> Pictures:
    """Noise, reddish or bluish."""
    images = np.random.default_rng(0).integers(0, 120, (16, 32, 32, 3), dtype=np.uint8)
    labels = np.arange(16) % 2
    images[labels == 0, :, :, 2] += 120
    images[labels == 1, :, :, 0] += 120
    return Pictures(images, labels, CLASSES, tuple(map(str, labels)))


def trained_in(folder: Path, pictures: Pictures, recipe: Recipe = RECIPE, watch: Silent | None = None) -> Run:
    kept = state_folder(pictures, recipe, folder)
    found = train(pictures, recipe, name="colours", kept=kept, watch=watch or Silent())
    (folder / "network.onnx").write_bytes(found.model.SerializeToString())
    return Run(found, folder / "network.onnx")


@pytest.fixture(scope="module")
def new(tmp_path_factory: pytest.TempPathFactory, pictures: Pictures) -> Run:
    folder = tmp_path_factory.mktemp("new")
    return trained_in(folder, pictures, watch=Silent(folder / ".training", folder / "after one" / ".training"))


def test_the_stored_network_is_plain_and_small(new: Run) -> None:
    network = open_network(str(new.path))
    assert network.info == new.trained.info
    assert (network.info.name, network.info.weights, network.info.layers) == ("colours", "trained", vgg16_layers(0.25))
    assert network.info.scores.labels == CLASSES
    assert network.info.scores.size_hw == (32, 32)
    kinds = {node.op_type for node in new.trained.model.graph.node}
    assert kinds == {"Conv", "Relu", "MaxPool", "GlobalAveragePool", "Flatten", "Gemm", "Softmax"}
    assert new.path.stat().st_size < 4e6


def test_it_has_learned_the_colours(new: Run, pictures: Pictures) -> None:
    """Judged as the show does it, pixels in and probabilities out."""
    network = open_network(str(new.path))
    session = onnxruntime.InferenceSession(build(GraphSpec(network, ScoresHead(), (32, 32))))
    scores = np.stack([session.run(["scores"], {"image": image})[0] for image in pictures.images])
    np.testing.assert_allclose(scores.sum(axis=1), 1, rtol=1e-5)
    learned = new.trained.parts.train
    assert (scores.argmax(axis=1) == pictures.labels)[learned].mean() > 0.8
    assert new.trained.history[-1].loss < new.trained.history[0].loss


def test_stopped_and_begun_again_it_ends_as_if_never_stopped(new: Run, pictures: Pictures) -> None:
    watch = Silent()
    again = trained_in(new.path.parent / "after one", pictures, watch=watch)
    assert len(watch.steps) == 8
    assert again.trained.history[0] == new.trained.history[0]
    assert again.trained.history[1].loss == pytest.approx(new.trained.history[1].loss, rel=0.05)
    for name, values in new.weights.items():
        assert np.abs(values - again.weights[name]).max() <= 0.05 * np.abs(values).max(), name


def test_a_stored_network_is_refined_in_its_last_block_alone(new: Run, tmp_path: Path, pictures: Pictures) -> None:
    recipe = Recipe(start=str(new.path), epochs=1, size=32)
    refined = trained_in(tmp_path, pictures, recipe)
    for name, values in new.weights.items():
        changed = name.startswith(("block5", "classifier"))
        assert np.array_equal(values, refined.weights[name]) != changed, name


def test_a_network_of_keras_is_refined(tmp_path: Path, pictures: Pictures, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("models.training.fit.SHOWN", 16)
    recipe = Recipe(start="vgg16", weights="none", epochs=1, size=32)
    info = open_network(str(trained_in(tmp_path, pictures, recipe).path)).info
    assert info.layers == vgg16_layers()
    assert info.input.colours == "BGR"
    assert info.scores.labels == CLASSES


def test_a_network_of_another_shape_is_no_start(tmp_path: Path, pictures: Pictures) -> None:
    model = vgg16_shaped("other", width=0.25)
    [card] = (entry for entry in model.metadata_props if entry.key == "ventral")
    card.value = card.value.replace('"stride": 1', '"stride": 3')
    onnx.save(model, tmp_path / "other.onnx")
    with pytest.raises(ModelError, match="other has not the shape of VGG16"):
        trained_in(tmp_path, pictures, Recipe(start=str(tmp_path / "other.onnx"), size=32))
