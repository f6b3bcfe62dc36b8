"""The epochs of a training: each is a function of the state before it, the recipe and the pictures."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Protocol

import numpy as np

from models.spec import InputInfo
from models.training.augment import augment, fed
from models.training.config import TrainingConfig
from models.training.history import Epoch, best, over, pace
from models.training.network import Learner
from models.training.pictures import Dataset, Places, Split
from models.training.state import Arrays, StateFolder, TrainingState

if TYPE_CHECKING:
    import keras
    import tensorflow as tf

SHOWN = 128
"""Pictures per epoch, at least: few pictures are shown several times, each time varied."""

STEPS = 8
"""Steps per epoch, at least."""


class Watch(Protocol):
    """Who is told how a training goes."""

    def begins(self, epoch: int, steps: int) -> None:
        """An epoch, counted from 1, begins."""

    def step(self, loss: float, accuracy: float) -> None:
        """A batch is done; both are means over the epoch so far."""

    def ends(self, epoch: int, result: Epoch) -> None:
        """An epoch is done and its state is safe."""


def fit(
    learner: Learner, pictures: Dataset, parts: Split, recipe: TrainingConfig, *, kept: StateFolder, watch: Watch
) -> tuple[Epoch, ...]:
    """Train until it is over, from where `kept` stands; the network ends with the weights of its best epoch."""
    state = kept.load()
    if state:
        _restore(learner.model, state.variables)
    while state is None or not over(state.history, recipe.epochs):
        state = _epoch(learner, pictures, parts, recipe, before=state, watch=watch)
        kept.save(state)
        watch.ends(len(state.history), state.history[-1])
    learner.model.set_weights(state.best)
    return state.history


def _epoch(
    learner: Learner,
    pictures: Dataset,
    parts: Split,
    recipe: TrainingConfig,
    *,
    before: TrainingState | None,
    watch: Watch,
) -> TrainingState:
    start, model, history = time.monotonic(), learner.model, before.history if before else ()
    number, info = len(history), learner.base.info.input
    order = _order(parts.train, recipe, number)
    watch.begins(number + 1, len(order))
    model.optimizer.learning_rate.assign(pace(number, recipe.epochs, learner.pace))
    batches = _varied(pictures, order, info, seed=recipe.seed, epoch=number)
    learned = model.fit(batches, epochs=1, verbose=0, shuffle=False, callbacks=[_steps(watch)]).history
    checked = model.evaluate(_plain(pictures, parts.validation, info, recipe.batch), verbose=0, return_dict=True)
    result = Epoch(
        loss=float(learned["loss"][0]),
        accuracy=float(learned["accuracy"][0]),
        val_loss=float(checked["loss"]),
        val_accuracy=float(checked["accuracy"]),
        seconds=round(time.monotonic() - start, 2),
    )
    history = (*history, result)
    top = before.best if before and best(history) != number else tuple(model.get_weights())
    return TrainingState(history, _variables(model), top)


def _order(train: Places, recipe: TrainingConfig, epoch: int) -> Places:
    """The pictures of an epoch, (steps, batch): all in random order, again and again until there are enough."""
    rng = np.random.default_rng((recipe.seed, epoch))
    shown = max(len(train), SHOWN)
    batch = min(recipe.batch, shown // STEPS)
    steps = round(shown / batch)
    rounds = -(-steps * batch // len(train))
    order = np.concatenate([rng.permutation(train) for _ in range(rounds)])
    return order[: steps * batch].reshape(steps, batch)


def _varied(pictures: Dataset, order: Places, info: InputInfo, *, seed: int, epoch: int) -> tf.data.Dataset:
    import tensorflow as tf

    images, labels = tf.constant(pictures.images), tf.constant(pictures.labels)

    def batch(places: tf.Tensor, step: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        chosen = tf.cast(tf.gather(images, places), tf.float32)
        return fed(augment(chosen, tf.stack([seed, step])), info), tf.gather(labels, places)

    steps = epoch * len(order) + np.arange(len(order), dtype=np.int32)
    return tf.data.Dataset.from_tensor_slices((order, steps)).map(batch, num_parallel_calls=2).prefetch(2)


def _plain(pictures: Dataset, places: Places, info: InputInfo, size: int) -> tf.data.Dataset:
    """Pictures as they are, with their labels, as the network wants them."""
    import tensorflow as tf

    def batch(images: tf.Tensor, labels: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        return fed(tf.cast(images, tf.float32), info), labels

    chosen = (pictures.images[places], pictures.labels[places])
    return tf.data.Dataset.from_tensor_slices(chosen).batch(size).map(batch).prefetch(2)


def _steps(watch: Watch) -> keras.callbacks.Callback:
    import keras

    return keras.callbacks.LambdaCallback(
        on_train_batch_end=lambda _, logs: watch.step(float(logs["loss"]), float(logs["accuracy"]))
    )


def _every_variable(model: keras.Model) -> Iterator[keras.Variable]:
    """Weights, the places of random generators, and what the optimizer remembers."""
    model.optimizer.build(model.trainable_variables)
    yield from model.variables
    yield from model.optimizer.variables


def _variables(model: keras.Model) -> Arrays:
    return tuple(np.asarray(variable) for variable in _every_variable(model))


def _restore(model: keras.Model, arrays: Arrays) -> None:
    for variable, array in zip(_every_variable(model), arrays, strict=True):
        variable.assign(array)
