"""The training loop: each epoch is a function of the checkpoint before it, the config and the data."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Protocol

import numpy as np

from models.training.checkpoint import Arrays, Checkpoint, CheckpointFolder
from models.training.config import TrainingConfig
from models.training.data.batches import Batches
from models.training.history import Epoch, best_epoch, is_finished, learning_rate
from models.training.network.learner import Learner

if TYPE_CHECKING:
    import keras
    import tensorflow as tf


class TrainingProgress(Protocol):
    """Receives the progress of a training run."""

    def begin_epoch(self, epoch: int, steps: int) -> None:
        """An epoch, counted from 1, begins."""

    def step(self, loss: float, accuracy: float) -> None:
        """A batch is done; both values are means over the epoch so far."""

    def end_epoch(self, epoch: int, result: Epoch) -> None:
        """An epoch is done and its checkpoint is saved."""


def fit(
    learner: Learner,
    batches: Batches,
    config: TrainingConfig,
    *,
    checkpoints: CheckpointFolder,
    progress: TrainingProgress,
) -> tuple[Epoch, ...]:
    """Train from the last checkpoint to the end; the network ends with the weights of its best epoch."""
    checkpoint, validation = checkpoints.load(), batches.validation()
    if checkpoint:
        _restore(learner.model, checkpoint.variables)
    while checkpoint is None or not is_finished(checkpoint.history, config.epochs, config.patience):
        checkpoint = _epoch(learner, batches, validation, config, before=checkpoint, progress=progress)
        checkpoints.save(checkpoint)
        progress.end_epoch(len(checkpoint.history), checkpoint.history[-1])
    learner.model.set_weights(checkpoint.best)
    return checkpoint.history


def _epoch(
    learner: Learner,
    batches: Batches,
    validation: tf.data.Dataset,
    config: TrainingConfig,
    *,
    before: Checkpoint | None,
    progress: TrainingProgress,
) -> Checkpoint:
    start, model, history = time.monotonic(), learner.model, before.history if before else ()
    number = len(history)
    progress.begin_epoch(number + 1, batches.steps)
    model.optimizer.learning_rate.assign(learning_rate(number, config.epochs, learner.learning_rate))
    callbacks = [_step_callback(progress)]
    logs = model.fit(batches.training(number), epochs=1, verbose=0, shuffle=False, callbacks=callbacks).history
    training = {name: values[0] for name, values in logs.items()}
    metrics = model.evaluate(validation, verbose=0, return_dict=True)
    result = Epoch(
        loss=float(training["loss"]),
        accuracy=_accuracy(training),
        val_loss=float(metrics["loss"]),
        val_accuracy=_accuracy(metrics),
        seconds=round(time.monotonic() - start, 2),
        agreement={layer: 1 - float(metrics[f"{output}_loss"]) for output, layer in learner.taught.items()},
    )
    history = (*history, result)
    best = before.best if before and best_epoch(history) != number else tuple(model.get_weights())
    return Checkpoint(history, _variables(model), best)


def _accuracy(metrics: Mapping[str, float]) -> float:
    """Keras puts the name of the output before that of the metric when there are several outputs."""
    return float(next(value for name, value in metrics.items() if name.endswith("accuracy")))


def _step_callback(progress: TrainingProgress) -> keras.callbacks.Callback:
    import keras

    return keras.callbacks.LambdaCallback(
        on_train_batch_end=lambda _, logs: progress.step(float(logs["loss"]), _accuracy(logs))
    )


def _every_variable(model: keras.Model) -> Iterator[keras.Variable]:
    """Weights, the state of random generators, and the state of the optimizer."""
    model.optimizer.build(model.trainable_variables)
    yield from model.variables
    yield from model.optimizer.variables


def _variables(model: keras.Model) -> Arrays:
    return tuple(np.asarray(variable) for variable in _every_variable(model))


def _restore(model: keras.Model, arrays: Arrays) -> None:
    for variable, array in zip(_every_variable(model), arrays, strict=True):
        variable.assign(array)
