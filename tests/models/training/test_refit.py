"""The classifier is fitted anew: rare classes count, and the rest of the network stays as it is."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from models.from_keras.import_tensorflow import import_tensorflow
from models.spec import CLASSES
from models.training.config import TrainingConfig
from models.training.data.batches import LabelledBatches
from models.training.data.dataset import NO_CLASS, Dataset, split, with_something_else
from models.training.network.learner import make_learner
from models.training.refit import refit


@pytest.fixture(scope="module", autouse=True)
def tensorflow() -> Iterator[None]:
    import_tensorflow()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("models.training.data.batches.MIN_IMAGES", 32)
        patch.setattr("models.training.refit.EPOCHS", 60)
        yield


def colours() -> Dataset:
    """Many pictures with a red middle, some with a blue one, a few with neither."""
    labels = np.repeat([0, 1, NO_CLASS], [24, 8, 8])
    images = np.random.default_rng(0).integers(0, 90, (40, 32, 32, 3), np.uint8)
    images[labels == 0, 4:28, 4:28, 2] += 150
    images[labels == 1, 4:28, 4:28, 0] += 150
    return Dataset(images, labels, ("red", "blue"), ("x",) * 40)


def test_pictures_without_a_class_get_one_of_their_own() -> None:
    dataset = with_something_else(colours())
    assert dataset.classes == ("red", "blue", "something else")
    assert list(np.bincount(dataset.labels)) == [24, 8, 8]
    assert with_something_else(dataset) is dataset


def test_the_classifier_learns_every_class_on_features_that_stay() -> None:
    dataset, config = with_something_else(colours()), TrainingConfig(size=32, batch=8)
    learner = make_learner(config, 3)
    batches = LabelledBatches(dataset, split(dataset.labels, 0, 0.25), config, learner.base.info.input)
    before = {layer.name: layer.get_weights() for layer in learner.model.layers if layer.get_weights()}
    refit(learner, batches)
    for name, weights in before.items():
        after = learner.model.get_layer(name).get_weights()
        same = all(np.array_equal(*pair) for pair in zip(weights, after, strict=True))
        assert same == (name != CLASSES), name
    images, targets = next(iter(batches.validation().unbatch().batch(10)))
    found = learner.model(images)[CLASSES].numpy().argmax(axis=1)
    assert list(found) == list(targets[CLASSES].numpy().argmax(axis=1))
