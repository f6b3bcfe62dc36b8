"""Calibration finds the temperature by which logits are too large or too small."""

from __future__ import annotations

import numpy as np
import pytest

from models.from_keras.import_tensorflow import import_tensorflow
from models.spec import CLASSES, InputInfo, ModelInfo
from models.training.calibrate import MIN_PICTURES, calibrate, temperature
from models.training.network.learner import Base, Learner

INFO = ModelInfo("made", "none", InputInfo(), ())


def drawn(count: int, factor: float) -> tuple[np.ndarray, np.ndarray]:
    """Logits that are `factor` times too large, and classes drawn from the true probabilities."""
    rng = np.random.default_rng(0)
    logits = rng.normal(0, 2, (count, 5))
    powers = np.exp(logits)
    rows = [rng.choice(5, p=row) for row in powers / powers.sum(axis=1, keepdims=True)]
    return (logits * factor).astype(np.float32), np.eye(5, dtype=np.float32)[rows]


@pytest.mark.parametrize("factor", [0.5, 1.0, 3.0])
def test_the_temperature_is_found(factor: float) -> None:
    assert temperature(*drawn(4000, factor)) == pytest.approx(factor, rel=0.1)


@pytest.mark.parametrize("count", [MIN_PICTURES - 1, 2000])
def test_the_classifier_is_divided_by_it(count: int) -> None:
    import_tensorflow()
    import keras
    import tensorflow as tf

    logits, targets = drawn(count, 3.0)
    inputs = keras.Input((5,))
    dense = keras.layers.Dense(5, name=CLASSES)
    model = keras.Model(inputs, {CLASSES: dense(inputs)})
    dense.set_weights([np.eye(5, dtype=np.float32), np.zeros(5, np.float32)])
    learner = Learner(Base(INFO, model), model, 0.0, {})
    calibrate(learner, tf.data.Dataset.from_tensor_slices((logits, {CLASSES: targets})).batch(64))
    expected = 1.0 if count < MIN_PICTURES else 1 / 3
    assert np.diag(dense.get_weights()[0]) == pytest.approx(expected, rel=0.1)
