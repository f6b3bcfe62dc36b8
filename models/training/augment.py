"""Data augmentation of a batch in TensorFlow: crop, rotation, flip, colour."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from models.spec import InputInfo

if TYPE_CHECKING:
    import tensorflow as tf

CROP = 0.25  # maximum share of a side that is cropped

ROTATION = math.radians(12)
BRIGHTNESS, CONTRAST, TINT = 24.0, 0.2, 0.08


def augment(images: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
    """Augment float images (n, size, size, 3) of 0 to 255; the same seed (two integers) gives the same result."""
    import tensorflow as tf

    random = tf.random.stateless_uniform((images.shape[0], 10), seed, -1.0, 1.0)
    transformed = tf.raw_ops.ImageProjectiveTransformV3(
        images=images,
        transforms=_transforms(random, images.shape[1]),
        output_shape=images.shape[1:3],
        interpolation="BILINEAR",
        fill_mode="REFLECT",
        fill_value=0.0,
    )
    return _vary_colour(transformed, random)


def _transforms(random: tf.Tensor, size: int) -> tf.Tensor:
    """(n, 8): for each output pixel its position in the input, about the centre."""
    import tensorflow as tf

    zoom, angle = 1 - CROP / 2 * (1 + random[:, 0]), ROTATION * random[:, 1]
    along, across = zoom * tf.cos(angle), zoom * tf.sin(angle)
    flip = tf.sign(random[:, 2])
    centre = (size - 1) / 2
    shift_x, shift_y = ((1 - zoom) * centre * random[:, column] + centre for column in (3, 4))
    rows = (flip * along, -across, flip * across, along)
    left = shift_x - (rows[0] + rows[1]) * centre
    top = shift_y - (rows[2] + rows[3]) * centre
    zero = tf.zeros_like(left)
    return tf.stack([rows[0], rows[1], left, rows[2], rows[3], top, zero, zero], axis=1)


def _vary_colour(images: tf.Tensor, random: tf.Tensor) -> tf.Tensor:
    import tensorflow as tf

    offset = BRIGHTNESS * random[:, 5]
    gain = (1 + CONTRAST * random[:, 6])[:, None] * (1 + TINT * random[:, 7:10])
    middle = tf.reduce_mean(images, axis=(1, 2, 3))
    shift = (offset + middle)[:, None] - gain * middle[:, None]
    return tf.clip_by_value(images * gain[:, None, None, :] + shift[:, None, None, :], 0.0, 255.0)


def normalized(images: tf.Tensor, input_info: InputInfo) -> tf.Tensor:
    """Convert float BGR images of 0 to 255 to the input of the network."""
    import tensorflow as tf

    if input_info.colours == "RGB":
        images = images[..., ::-1]
    return (images - tf.constant(input_info.mean)) * tf.constant(input_info.scale)
