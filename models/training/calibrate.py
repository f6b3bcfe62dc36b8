"""Temperature scaling: makes probabilities match how often predictions are correct."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from models.spec import CLASSES
from models.training.network.learner import Learner

if TYPE_CHECKING:
    import tensorflow as tf

MIN_PICTURES = 100  # validation pictures below which the temperature stays 1
RANGE = (0.25, 4.0)  # of the temperature


def calibrate(learner: Learner, validation: tf.data.Dataset) -> None:
    """Divide the logits of the classes by the temperature that fits the validation data (Guo et al. 2017)."""
    parts = [(learner.model(images)[CLASSES], targets[CLASSES]) for images, targets in validation]
    logits, targets = (np.concatenate(column) for column in zip(*parts, strict=True))
    if len(logits) >= MIN_PICTURES:
        layer, value = learner.model.get_layer(CLASSES), temperature(logits, targets)
        layer.set_weights([weights / value for weights in layer.get_weights()])


def temperature(logits: NDArray[np.float32], targets: NDArray[np.float32]) -> float:
    """The temperature with the lowest cross-entropy of logits and targets (n, classes)."""
    from scipy.optimize import minimize_scalar
    from scipy.special import log_softmax

    def loss(log_temperature: float) -> float:
        return float(-(targets * log_softmax(logits / np.exp(log_temperature), axis=1)).sum(axis=1).mean())

    low, high = np.log(RANGE)
    return float(np.exp(minimize_scalar(loss, bounds=(low, high), method="bounded").x))
