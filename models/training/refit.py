"""Fit the classifier anew on the finished features, with a class for everything else.

A classifier that is trained together with its features prefers frequent classes (Kang et al. 2020), and is sure of
pictures of none of its classes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from models.spec import CLASSES
from models.training.data.batches import LabelledBatches
from models.training.network.learner import FEATURES, Learner

if TYPE_CHECKING:
    import tensorflow as tf

ROUNDS = 4  # crops of every picture
EPOCHS, BATCH, RATE = 30, 512, 3e-3
PENALTIES = (1e-4, 3e-4, 1e-3, 3e-3)
"""Of the squared weights; that with the lowest validation loss is taken."""


def refit(learner: Learner, batches: LabelledBatches) -> None:
    """Replace the weights of the classes of `learner` by those that fit the labelled pictures."""
    rounds = [_features(learner, batches.training(number)) for number in range(ROUNDS)]
    features, targets = (np.concatenate(parts) for parts in zip(*rounds, strict=True))
    validation = _features(learner, batches.validation())
    scale = features.std()
    fits = [_fit(features / scale, targets, (validation[0] / scale, validation[1]), penalty) for penalty in PENALTIES]
    _, (kernel, bias) = min(fits, key=lambda fit: fit[0])
    learner.model.get_layer(CLASSES).set_weights([kernel / scale, bias])


def _features(learner: Learner, batches: tf.data.Dataset) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The mean activations of the last layer (n, channels), and the targets of the classes (n, classes)."""
    import keras

    model = keras.Model(learner.model.input, learner.model.get_layer(FEATURES).output)
    parts = [(model(images, training=False), targets[CLASSES]) for images, targets in batches]
    features, targets = (np.concatenate(column) for column in zip(*parts, strict=True))
    return features, targets


def _fit(
    features: NDArray[np.float32], targets: NDArray[np.float32], validation: tuple[Any, Any], penalty: float
) -> tuple[float, list[NDArray[np.float32]]]:
    """The validation loss, and the weights, of logistic regression."""
    import keras

    dense = keras.layers.Dense(targets.shape[1], kernel_regularizer=keras.regularizers.L2(penalty))
    model = keras.Sequential([keras.Input((features.shape[1],)), dense])
    steps = EPOCHS * -(-len(features) // BATCH)
    loss = keras.losses.CategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(RATE, steps)), loss, metrics=[loss])
    model.fit(features, targets, batch_size=BATCH, epochs=EPOCHS, verbose=0)
    return float(model.evaluate(*validation, verbose=0)[1]), dense.get_weights()
