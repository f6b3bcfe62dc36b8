"""Fit the classifier anew on the finished features, with a class for everything else.

A classifier that is trained together with its features prefers frequent classes (Kang et al. 2020), and is sure of
pictures of none of its classes.
"""

from __future__ import annotations

from collections.abc import Sequence
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

Examples: TypeAlias = tuple[Vectors, Vectors]
"""Features, and targets."""

Classifier: TypeAlias = tuple[Vectors, NDArray[np.float32]]
"""The kernel (channels, classes), and the bias (classes)."""

ROUNDS = 4  # crops of every picture
MIXED = 0.4  # mixtures of two pictures, in pictures of one round
RECOGNIZED = 0.5  # the probability of its class at which a picture made as a negative is not one
EPOCHS, BATCH, RATE = 20, 512, 3e-3
PENALTIES = (1e-4, 3e-4, 1e-3, 3e-3)
"""Of the squared weights; that with the lowest validation loss is taken."""


def refit(learner: Learner, batches: LabelledBatches) -> None:
    """Replace the weights of the classes of `learner` by those that fit the labelled pictures."""
    rounds = [_features(learner, batches.training(number)) for number in range(ROUNDS)]
    validation = _features(learner, batches.validation())
    fits = [(_fit(rounds, penalty), penalty) for penalty in PENALTIES]
    classifier, penalty = min(fits, key=lambda fit: _loss(fit[0], validation))
    if batches.classes[-1] == SOMETHING_ELSE:
        negatives = _negatives(_features(learner, batches.negatives()), classifier)
        classifier = _fit([*rounds, _mixtures(*rounds[0]), negatives], penalty)
    learner.model.get_layer(CLASSES).set_weights(classifier)


def _mixtures(features: Vectors, targets: Vectors) -> Examples:
    """Means of the features of two pictures with different names: between the classes there is something else."""
    labels = targets.argmax(axis=1)
    last = targets.shape[1] - 1
    first, second = np.random.default_rng(0).choice(np.flatnonzero(labels < last), (2, round(MIXED * len(labels))))
    differ = labels[first] != labels[second]
    return _something_else((features[first[differ]] + features[second[differ]]) / 2, last + 1)


def _negatives(made: Examples, classifier: Classifier) -> Examples:
    """The features of pictures in which the classifier does not recognize the class of their original."""
    features, targets = made
    recognized = np.exp((_log_probabilities(classifier, features) * targets).sum(axis=1))
    return _something_else(features[recognized < RECOGNIZED], targets.shape[1])


def _something_else(features: Vectors, classes: int) -> Examples:
    """`features` with the last class as target."""
    return features, np.eye(classes, dtype=np.float32)[np.full(len(features), classes - 1)]


def _features(learner: Learner, batches: tf.data.Dataset) -> Examples:
    """The mean activations of the last layer (n, channels), and the targets of the classes (n, classes)."""
    import keras
    import tensorflow as tf

    run = tf.function(keras.Model(learner.model.input, learner.model.get_layer(FEATURES).output))
    parts = [(run(images), targets[CLASSES]) for images, targets in batches]
    features, targets = (np.concatenate(column) for column in zip(*parts, strict=True))
    return features, targets


def _fit(parts: Sequence[Examples], penalty: float) -> Classifier:
    """Logistic regression of all examples."""
    import keras

    features, targets = (np.concatenate(column) for column in zip(*parts, strict=True))
    scale = features.std()
    dense = keras.layers.Dense(targets.shape[1], kernel_regularizer=keras.regularizers.L2(penalty))
    model = keras.Sequential([keras.Input((features.shape[1],)), dense])
    steps = EPOCHS * -(-len(features) // BATCH)
    rate = keras.optimizers.schedules.CosineDecay(RATE, steps)
    model.compile(keras.optimizers.Adam(rate), keras.losses.CategoricalCrossentropy(from_logits=True))
    model.fit(features / scale, targets, batch_size=BATCH, epochs=EPOCHS, verbose=0)
    kernel, bias = dense.get_weights()
    return kernel / scale, bias


def _loss(classifier: Classifier, examples: Examples) -> float:
    """Cross-entropy."""
    features, targets = examples
    return float(-(_log_probabilities(classifier, features) * targets).sum(axis=1).mean())


def _log_probabilities(classifier: Classifier, features: Vectors) -> Vectors:
    from scipy.special import log_softmax

    kernel, bias = classifier
    return np.asarray(log_softmax(features @ kernel + bias, axis=1))
