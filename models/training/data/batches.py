"""The batches of a training run: which pictures, how varied, with which targets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from models.spec import Hw, InputInfo
from models.training.config import TrainingConfig
from models.training.data.augment import CROP_NUMBERS, MILD, crop, normalized, vary_colour
from models.training.data.dataset import Dataset, Indices, Split
from models.training.data.negatives import PER_PICTURE, negatives

if TYPE_CHECKING:
    import tensorflow as tf

MIN_IMAGES = 128  # images per epoch at least: a small dataset is repeated, each time with other augmentations
MIN_STEPS = 8  # steps per epoch at least


class Batches(Protocol):
    """Gives the data of every epoch: pairs of a normalized batch and its targets by the name of the model's output."""

    @property
    def steps(self) -> int:
        """Batches per epoch."""

    def training(self, epoch: int) -> tf.data.Dataset:
        """The augmented batches of an epoch, counted from 0; the same for the same epoch."""

    def validation(self) -> tf.data.Dataset:
        """The validation data as it is."""


class LabelledBatches:
    """Pictures and their classes; the only output is "classes"."""

    def __init__(self, dataset: Dataset, split: Split, config: TrainingConfig, info: InputInfo) -> None:
        import tensorflow as tf

        self._dataset, self._split, self._config, self._info = dataset, split, config, info
        self._images, self._targets = tf.constant(dataset.images), tf.constant(soft_targets(dataset))
        self._count = max(len(split.train), MIN_IMAGES)

    @property
    def classes(self) -> tuple[str, ...]:
        """The names of the classes."""
        return self._dataset.classes

    @property
    def steps(self) -> int:
        """Batches per epoch."""
        return count_steps(self._count, self._config.batch)

    def training(self, epoch: int) -> tf.data.Dataset:
        """The augmented batches of an epoch."""
        import tensorflow as tf

        config, info = self._config, self._info
        order = self._split.train[shuffle(len(self._split.train), self._count, self.steps, (config.seed, epoch))]

        def batch(indices: tf.Tensor, step: tf.Tensor) -> tuple[tf.Tensor, dict[str, tf.Tensor]]:
            seed = tf.stack([config.seed, step])
            random = tf.random.stateless_uniform((tf.shape(indices)[0], CROP_NUMBERS), seed, -1.0, 1.0)
            chosen = vary_colour(crop(tf.gather(self._images, indices), random, config.size, MILD), seed + 2, MILD)
            return normalized(chosen, info), {"classes": tf.gather(self._targets, indices)}

        steps = epoch * self.steps + np.arange(self.steps, dtype=np.int32)
        return tf.data.Dataset.from_tensor_slices((order, steps)).map(batch, num_parallel_calls=2).prefetch(2)

    def validation(self) -> tf.data.Dataset:
        """The validation data as it is."""
        chosen = self._split.validation
        images = resized(self._dataset.images[chosen], (self._config.size, self._config.size))
        return unchanged(images, {"classes": soft_targets(self._dataset)[chosen]}, self._config, self._info)

    def negatives(self) -> tf.data.Dataset:
        """Pictures of no class made of the training pictures of all classes but the last, and the classes of those."""
        chosen = self._split.train[self._dataset.labels[self._split.train] < len(self.classes) - 1]
        images = resized(negatives(self._dataset.images[chosen]), (self._config.size, self._config.size))
        targets = np.repeat(soft_targets(self._dataset)[chosen], PER_PICTURE, axis=0)
        return unchanged(images, {"classes": targets}, self._config, self._info)


def count_steps(images: int, batch: int) -> int:
    """Batches per epoch for about `images` images."""
    return round(images / min(batch, images // MIN_STEPS))


def shuffle(available: int, count: int, steps: int, seed: Sequence[int]) -> Indices:
    """(steps, batch) numbers below `available`: random permutations, repeated until there are `count`."""
    rng = np.random.default_rng(seed)
    batch = round(count / steps)
    rounds = -(-steps * batch // available)
    order = np.concatenate([rng.permutation(available) for _ in range(rounds)])
    return order[: steps * batch].reshape(steps, batch)


def soft_targets(dataset: Dataset, smoothing: float = 0.0) -> NDArray[np.float32]:
    """(pictures, classes): one for the class of a picture, less `smoothing`; evenly spread for one without a class."""
    count = len(dataset.classes)
    targets = np.full((len(dataset.labels), count), 1 / count, np.float32)
    known = dataset.labels >= 0
    targets[known] = (1 - smoothing) * np.eye(count)[dataset.labels[known]] + smoothing / count
    return targets


def resized(images: NDArray[np.uint8], size_hw: Hw) -> NDArray[np.uint8]:
    """Images (n, height, width, 3) at another size."""
    return np.stack([np.asarray(cv2.resize(each, size_hw[::-1], interpolation=cv2.INTER_AREA)) for each in images])


def unchanged(
    images: NDArray[np.uint8], targets: dict[str, NDArray[Any]], config: TrainingConfig, info: InputInfo
) -> tf.data.Dataset:
    """Images of the training size without augmentation, normalized, and their targets, in batches."""
    import tensorflow as tf

    def batch(images: tf.Tensor, targets: dict[str, tf.Tensor]) -> tuple[tf.Tensor, dict[str, tf.Tensor]]:
        return normalized(tf.cast(images, tf.float32), info), targets

    return tf.data.Dataset.from_tensor_slices((images, targets)).batch(config.batch).map(batch).prefetch(2)
