"""Data augmentation of a batch in TensorFlow: crop, rotation and flip; then light, colour and noise."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from models.spec import Hw, InputInfo

if TYPE_CHECKING:
    import tensorflow as tf


@dataclass(frozen=True, slots=True, kw_only=True)
class Augmentation:
    """How far pictures are varied: random values, even between the limits."""

    area: float
    """the smallest share of the picture that a crop keeps"""
    stretch: float = 0.0
    """of the logarithm of width / height"""
    rotation: float = math.radians(12)
    """radians"""
    brightness: float = 24.0
    """levels of 0 to 255"""
    contrast: float = 0.2
    """share of the difference from the mean"""
    tint: float = 0.08
    """share of the difference from the mean, for each colour"""
    saturation: float = 0.0
    """share of the difference from grey"""
    noise: float = 0.0
    """largest standard deviation, in levels of 0 to 255"""


MILD = Augmentation(area=0.56)
"""For classes that may differ in detail alone."""

STRONG = Augmentation(area=0.25, stretch=0.3, rotation=math.radians(7), contrast=0.35, saturation=0.5, noise=8.0)
"""For distillation: the teacher sees the same crop, so a small crop never has a wrong target."""


CROP_NUMBERS = 6
"""Random numbers that decide one crop."""


def crop(images: tf.Tensor, random: tf.Tensor, side: int, strength: Augmentation) -> tf.Tensor:
    """Crop, rotate and flip images (n, height, width, 3), to float (n, side, side, 3).

    `random` are numbers from -1 to 1, (n, CROP_NUMBERS).
    """
    import tensorflow as tf

    return tf.raw_ops.ImageProjectiveTransformV3(
        images=tf.cast(images, tf.float32),
        transforms=_transforms(random, images.shape[1:3], side, strength),
        output_shape=(side, side),
        interpolation="BILINEAR",
        fill_mode="REFLECT",
        fill_value=0.0,
    )


def _transforms(random: tf.Tensor, hw: Hw, side: int, strength: Augmentation) -> tf.Tensor:
    """(n, 8): for each output pixel its position in the input of size `hw`."""
    import tensorflow as tf

    height, width = hw

    zoom = tf.sqrt((1 + strength.area + (1 - strength.area) * random[:, 0]) / 2)
    stretch = tf.exp(strength.stretch / 2 * random[:, 1])
    across, down = (tf.minimum(share, 1.0) for share in (zoom * stretch, zoom / stretch))
    centre_x = (width - 1) / 2 * (1 + (1 - across) * random[:, 2])
    centre_y = (height - 1) / 2 * (1 + (1 - down) * random[:, 3])
    step_x, step_y = across * (width / side), down * (height / side)
    angle, flip = strength.rotation * random[:, 4], tf.sign(random[:, 5])
    rows = (
        flip * step_x * tf.cos(angle),
        -step_y * tf.sin(angle),
        flip * step_x * tf.sin(angle),
        step_y * tf.cos(angle),
    )
    middle = (side - 1) / 2
    left = centre_x - (rows[0] + rows[1]) * middle
    top = centre_y - (rows[2] + rows[3]) * middle
    zero = tf.zeros_like(left)
    return tf.stack([rows[0], rows[1], left, rows[2], rows[3], top, zero, zero], axis=1)


def vary_colour(images: tf.Tensor, seed: tf.Tensor, strength: Augmentation) -> tf.Tensor:
    """Vary the light, the colours and the noise of float images (n, height, width, 3) of 0 to 255 at random.

    The same seed (two integers) gives the same result.
    """
    import tensorflow as tf

    random = tf.random.stateless_uniform((tf.shape(images)[0], 7, 1, 1, 1), seed, -1.0, 1.0)
    tints = 1 + strength.tint * tf.reshape(random[:, 2:5], (-1, 1, 1, 3))
    middle = tf.reduce_mean(images, axis=(1, 2, 3), keepdims=True)
    images = middle + (images - middle) * (1 + strength.contrast * random[:, 0]) * tints
    images += strength.brightness * random[:, 1]
    if strength.saturation:
        grey = tf.reduce_mean(images, axis=3, keepdims=True)
        images = grey + (images - grey) * (1 + strength.saturation * random[:, 5])
    if strength.noise:
        images += strength.noise * tf.abs(random[:, 6]) * tf.random.stateless_normal(tf.shape(images), seed + 1)
    return tf.clip_by_value(images, 0.0, 255.0)


def normalized(images: tf.Tensor, input_info: InputInfo) -> tf.Tensor:
    """Convert float BGR images of 0 to 255 to the input of the network."""
    import tensorflow as tf

    if input_info.colours == "RGB":
        images = images[..., ::-1]
    return (images - tf.constant(input_info.mean)) * tf.constant(input_info.scale)
