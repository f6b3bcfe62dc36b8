"""The training loop: each epoch is a function of the checkpoint before it, the config and the data."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Protocol

import numpy as np

from models.spec import InputInfo
from models.training.augment import augment, normalized
from models.training.checkpoint import Arrays, Checkpoint, CheckpointFolder
from models.training.config import TrainingConfig
from models.training.dataset import Dataset, Indices, Split
from models.training.history import Epoch, best_epoch, is_finished, learning_rate
from models.training.network import Learner

if TYPE_CHECKING:
    import keras
    import tensorflow as tf

MIN_IMAGES = 128  # images per epoch at least: a small dataset is repeated, each time with other augmentations
MIN_STEPS = 8  # steps per epoch at least


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
    dataset: Dataset,
    split: Split,
    config: TrainingConfig,
    *,
    checkpoints: CheckpointFolder,
    progress: TrainingProgress,
) -> tuple[Epoch, ...]:
    """Train from the last checkpoint to the end; the network ends with the weights of its best epoch."""
    checkpoint = checkpoints.load()
    if checkpoint:
        _restore(learner.model, checkpoint.variables)
    while checkpoint is None or not is_finished(checkpoint.history, config.epochs):
        checkpoint = _epoch(learner, dataset, split, config, before=checkpoint, progress=progress)
        checkpoints.save(checkpoint)
        progress.end_epoch(len(checkpoint.history), checkpoint.history[-1])
    learner.model.set_weights(checkpoint.best)
    return checkpoint.history


def _epoch(
    learner: Learner,
    dataset: Dataset,
    split: Split,
    config: TrainingConfig,
    *,
    before: Checkpoint | None,
    progress: TrainingProgress,
) -> Checkpoint:
    start, model, history = time.monotonic(), learner.model, before.history if before else ()
    number, info = len(history), learner.base.info.input
    batches = _batches(split.train, config, number)
    progress.begin_epoch(number + 1, len(batches))
    model.optimizer.learning_rate.assign(learning_rate(number, config.epochs, learner.learning_rate))
    augmented = _augmented(dataset, batches, info, seed=config.seed, epoch=number)
    callbacks = [_step_callback(progress)]
    train = model.fit(augmented, epochs=1, verbose=0, shuffle=False, callbacks=callbacks).history
    validation = _unchanged(dataset, split.validation, info, config.batch)
    metrics = model.evaluate(validation, verbose=0, return_dict=True)
    result = Epoch(
        loss=float(train["loss"][0]),
        accuracy=float(train["accuracy"][0]),
        val_loss=float(metrics["loss"]),
        val_accuracy=float(metrics["accuracy"]),
        seconds=round(time.monotonic() - start, 2),
    )
    history = (*history, result)
    best = before.best if before and best_epoch(history) != number else tuple(model.get_weights())
    return Checkpoint(history, _variables(model), best)


def _batches(train: Indices, config: TrainingConfig, epoch: int) -> Indices:
    """The image numbers of an epoch, (steps, batch): random permutations, repeated until there are enough."""
    rng = np.random.default_rng((config.seed, epoch))
    count = max(len(train), MIN_IMAGES)
    batch = min(config.batch, count // MIN_STEPS)
    steps = round(count / batch)
    rounds = -(-steps * batch // len(train))
    order = np.concatenate([rng.permutation(train) for _ in range(rounds)])
    return order[: steps * batch].reshape(steps, batch)


def _augmented(dataset: Dataset, batches: Indices, info: InputInfo, *, seed: int, epoch: int) -> tf.data.Dataset:
    import tensorflow as tf

    images, labels = tf.constant(dataset.images), tf.constant(dataset.labels)

    def batch(indices: tf.Tensor, step: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        chosen = tf.cast(tf.gather(images, indices), tf.float32)
        return normalized(augment(chosen, tf.stack([seed, step])), info), tf.gather(labels, indices)

    steps = epoch * len(batches) + np.arange(len(batches), dtype=np.int32)
    return tf.data.Dataset.from_tensor_slices((batches, steps)).map(batch, num_parallel_calls=2).prefetch(2)


def _unchanged(dataset: Dataset, indices: Indices, info: InputInfo, size: int) -> tf.data.Dataset:
    """Normalized images without augmentation, and their labels, in batches of `size`."""
    import tensorflow as tf

    def batch(images: tf.Tensor, labels: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        return normalized(tf.cast(images, tf.float32), info), labels

    chosen = (dataset.images[indices], dataset.labels[indices])
    return tf.data.Dataset.from_tensor_slices(chosen).batch(size).map(batch).prefetch(2)


def _step_callback(progress: TrainingProgress) -> keras.callbacks.Callback:
    import keras

    return keras.callbacks.LambdaCallback(
        on_train_batch_end=lambda _, logs: progress.step(float(logs["loss"]), float(logs["accuracy"]))
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
