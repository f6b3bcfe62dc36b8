"""The batches of a distillation: crops, and what the teacher answers for each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from models.spec import InputInfo
from models.training.config import TrainingConfig
from models.training.data.augment import CROP_NUMBERS, STRONG, crop, normalized, vary_colour
from models.training.data.batches import count_steps, resized, shuffle, soft_targets, unchanged
from models.training.data.dataset import Dataset, Indices, Split
from models.training.distillation.kept_answers import KeptAnswers
from models.training.distillation.teacher import Answers, Teacher

if TYPE_CHECKING:
    import tensorflow as tf

EPOCHS_PER_CROP = 2
"""Epochs that use the same crops, each in another light: the teacher, as slow as the student, answers them once."""

MIN_CROPS = 1024  # crops per epoch at least
SMOOTHING = 0.05  # of the targets of the classes


class DistillationBatches:
    """Crops with the teacher's answers and the classes of the pictures."""

    def __init__(
        self, dataset: Dataset, split: Split, config: TrainingConfig, info: InputInfo, teacher: Teacher
    ) -> None:
        import tensorflow as tf

        self._dataset, self._split, self._config, self._info = dataset, split, config, info
        self._images, self._own = tf.constant(dataset.images), tf.constant(soft_targets(dataset, SMOOTHING))
        self._teacher = teacher
        self._count = max(len(split.train), MIN_CROPS)
        self._kept = KeptAnswers(self._count)

    @property
    def steps(self) -> int:
        """Batches per epoch."""
        return count_steps(self._count, self._config.batch)

    def training(self, epoch: int) -> tf.data.Dataset:
        """The crops of an epoch, shuffled."""
        import tensorflow as tf

        config, crops_of = self._config, epoch // EPOCHS_PER_CROP
        self._kept.begin(crops_of)
        pictures = tf.constant(self._split.train[np.arange(self._count) % len(self._split.train)])
        numbers = np.random.default_rng((config.seed, crops_of)).uniform(-1, 1, (self._count, CROP_NUMBERS))
        random = tf.constant(numbers.astype(np.float32))

        def crops_at(places: tf.Tensor) -> tf.Tensor:
            chosen = tf.gather(self._images, tf.gather(pictures, places))
            return crop(chosen, tf.gather(random, places), config.size, STRONG)

        def batch(places: tf.Tensor, step: tf.Tensor) -> tuple[tf.Tensor, dict[str, tf.Tensor]]:
            crops = crops_at(places)
            answers = self._ask(places, tf.cast(crops, tf.uint8))
            own = tf.gather(self._own, tf.gather(pictures, places))
            seen = vary_colour(crops, tf.stack([config.seed, step]), STRONG)
            return normalized(seen, self._info), self._teacher.lesson.targets(answers, own)

        # Both networks at once would slow each other down.
        self._kept.fill(lambda places: self._teacher.answers(tf.cast(crops_at(places), tf.uint8).numpy()), config.batch)
        order = shuffle(self._count, self._count, self.steps, (config.seed, epoch))
        steps = epoch * self.steps + np.arange(self.steps, dtype=np.int32)
        return tf.data.Dataset.from_tensor_slices((order, steps)).map(batch, num_parallel_calls=1).prefetch(3)

    def _ask(self, places: tf.Tensor, crops: tf.Tensor) -> list[tf.Tensor]:
        """The teacher's answers for the crops at `places`, or those of an earlier epoch."""
        import tensorflow as tf

        def answer(places: Indices, crops: NDArray[np.uint8]) -> Answers:
            return self._kept.get(places, lambda: self._teacher.answers(crops))

        shapes = self._teacher.shapes
        answers = tf.numpy_function(answer, [places, crops], [tf.float16] * len(shapes))
        return [tf.ensure_shape(each, (None, *shape)) for each, shape in zip(answers, shapes, strict=True)]

    def validation(self) -> tf.data.Dataset:
        """The validation pictures, whole, with the teacher's answers."""
        chosen = self._split.validation
        images = resized(self._dataset.images[chosen], (self._config.size, self._config.size))
        targets = self._teacher.lesson.targets(self._teacher.answers(images), soft_targets(self._dataset)[chosen])
        return unchanged(images, targets, self._config, self._info)
