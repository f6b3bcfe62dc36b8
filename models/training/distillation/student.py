"""The outputs of a student that a teacher's answers are compared with, and their losses."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from models.spec import Hw, ModelInfo
from models.training.distillation.lesson import TEACHER_CLASSES, Lesson, pair

if TYPE_CHECKING:
    import keras
    import tensorflow as tf


def add_outputs(info: ModelInfo, taps: keras.Model, features: Any, lesson: Lesson) -> dict[str, Any]:
    """The outputs besides the classes, by their names.

    Regressors (FitNets, Romero et al. 2015) are 1x1 convolutions from the student's layers to the teacher's; the
    teacher's classes are predicted from `features`.
    """
    from keras import layers

    outputs = {}
    pairs = zip(lesson.layers, pair(lesson.layers, info), strict=True)
    for name, (theirs, ours) in zip(lesson.outputs, pairs, strict=False):
        regressor = layers.Conv2D(theirs.channels, 1, name=f"{name}_regressor")(taps.output[ours.name])
        outputs[name] = layers.Activation("linear", dtype="float32", name=name)(regressor)
    if TEACHER_CLASSES in lesson.outputs:
        labels = lesson.network.info.scores.labels
        outputs[TEACHER_CLASSES] = layers.Dense(len(labels), dtype="float32", name=TEACHER_CLASSES)(features)
    return outputs


def sizes_hw(info: ModelInfo, taps: keras.Model, lesson: Lesson, side: int) -> tuple[Hw, ...]:
    """The sizes of the student's layers that are taught, for pictures of `side` x `side` pixels."""
    shapes = taps.compute_output_shape((1, side, side, 3))
    return tuple(tuple(shapes[ours.name][1:3]) for ours in pair(lesson.layers, info))


def losses(lesson: Lesson) -> dict[str, Callable[..., Any]]:
    """The loss of each output in `lesson.outputs`."""
    import keras

    cross_entropy = keras.losses.CategoricalCrossentropy(from_logits=True)
    return {name: cosine_distance if name.startswith("layer") else cross_entropy for name in lesson.outputs}


def cosine_distance(answers: tf.Tensor, features: tf.Tensor) -> tf.Tensor:
    """1 - cosine similarity, (n, height, width), of answers of length 1 and features, both NHWC."""
    import tensorflow as tf

    answers, features = tf.cast(answers, tf.float32), tf.cast(features, tf.float32)
    return 1 - tf.reduce_sum(answers * tf.math.l2_normalize(features, axis=-1, epsilon=1e-8), axis=-1)
