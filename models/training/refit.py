"""Fit the classifier anew on the finished features, with a class for everything else.

A classifier that is trained together with its features prefers frequent classes (Kang et al. 2020), and is sure of
pictures of none of its classes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray

from models.spec import CLASSES, SOMETHING_ELSE
from models.training.data.batches import LabelledBatches
from models.training.network.learner import FEATURES, Learner

if TYPE_CHECKING:
    import tensorflow as tf

Vectors: TypeAlias = NDArray[np.float32]
"""(pictures, channels) or (pictures, classes)."""

ROUNDS = 4  # crops of every picture
MIXED = 0.4  # mixtures of two pictures, in pictures of one round
EPOCHS, BATCH, RATE = 30, 512, 3e-3
PENALTIES = (1e-4, 3e-4, 1e-3, 3e-3)
"""Of the squared weights; that with the lowest validation loss is taken."""


def refit(learner: Learner, batches: LabelledBatches) -> None:
    """Replace the weights of the classes of `learner` by those that fit the labelled pictures."""
    parts = [_features(learner, batches.training(number)) for number in range(ROUNDS)]
    if batches.classes[-1] == SOMETHING_ELSE:
        parts.append(_mixtures(*parts[0]))
    features, targets = (np.concatenate(column) for column in zip(*parts, strict=True))
    validation = _features(learner, batches.validation())
    scale = features.std()
    fits = [_fit(features / scale, targets, (validation[0] / scale, validation[1]), penalty) for penalty in PENALTIES]
    _, (kernel, bias) = min(fits, key=lambda fit: fit[0])
    learner.model.get_layer(CLASSES).set_weights([kernel / scale, bias])


def _mixtures(features: Vectors, targets: Vectors) -> tuple[Vectors, Vectors]:
    """Means of the features of two pictures with different names: between the classes there is something else."""
    labels, last = targets.argmax(axis=1), targets.shape[1] - 1
    first, second = np.random.default_rng(0).choice(np.flatnonzero(labels < last), (2, round(MIXED * len(labels))))
    differ = labels[first] != labels[second]
    means = (features[first[differ]] + features[second[differ]]) / 2
    return means, np.eye(last + 1, dtype=np.float32)[np.full(len(means), last)]


def _features(learner: Learner, batches: tf.data.Dataset) -> tuple[Vectors, Vectors]:
    """The mean activations of the last layer (n, channels), and the targets of the classes (n, classes)."""
    import keras
    import tensorflow as tf

    run = tf.function(keras.Model(learner.model.input, learner.model.get_layer(FEATURES).output))
    parts = [(run(images), targets[CLASSES]) for images, targets in batches]
    features, targets = (np.concatenate(column) for column in zip(*parts, strict=True))
    return features, targets


def _fit(
    features: Vectors, targets: Vectors, validation: tuple[Vectors, Vectors], penalty: float
) -> tuple[float, list[Vectors]]:
    """The validation loss, and the weights, of logistic regression."""
    import keras

    dense = keras.layers.Dense(targets.shape[1], kernel_regularizer=keras.regularizers.L2(penalty))
    model = keras.Sequential([keras.Input((features.shape[1],)), dense])
    steps = EPOCHS * -(-len(features) // BATCH)
    loss = keras.losses.CategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(RATE, steps)), loss, metrics=[loss])
    model.fit(features, targets, batch_size=BATCH, epochs=EPOCHS, verbose=0)
    return float(model.evaluate(*validation, verbose=0)[1]), dense.get_weights()
