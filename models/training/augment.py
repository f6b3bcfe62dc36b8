"""Variations of pictures, drawn in TensorFlow's graph a batch at a time: crop, turn, flip, colour."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from models.spec import InputInfo

if TYPE_CHECKING:
    import tensorflow as tf

CROP = 0.25
"""The most that is cut off a side."""

TURN = math.radians(12)
BRIGHTNESS, CONTRAST, TINT = 24.0, 0.2, 0.08


def augment(images: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
    """Vary float pictures (n, size, size, 3) of 0 to 255; equal seeds (two integers) vary alike."""
    import tensorflow as tf

    draws = tf.random.stateless_uniform((images.shape[0], 10), seed, -1.0, 1.0)
    moved = tf.raw_ops.ImageProjectiveTransformV3(
        images=images,
        transforms=_transforms(draws, images.shape[1]),
        output_shape=images.shape[1:3],
        interpolation="BILINEAR",
        fill_mode="REFLECT",
        fill_value=0.0,
    )
    return _recoloured(moved, draws)


def _transforms(draws: tf.Tensor, size: int) -> tf.Tensor:
    """(n, 8): where each pixel of a varied picture lies in the original, about the centre."""
    import tensorflow as tf

    zoom, angle = 1 - CROP / 2 * (1 + draws[:, 0]), TURN * draws[:, 1]
    along, across = zoom * tf.cos(angle), zoom * tf.sin(angle)
    flip = tf.sign(draws[:, 2])
    centre = (size - 1) / 2
    shift_x, shift_y = ((1 - zoom) * centre * draws[:, place] + centre for place in (3, 4))
    rows = (flip * along, -across, flip * across, along)
    left = shift_x - (rows[0] + rows[1]) * centre
    top = shift_y - (rows[2] + rows[3]) * centre
    nothing = tf.zeros_like(left)
    return tf.stack([rows[0], rows[1], left, rows[2], rows[3], top, nothing, nothing], axis=1)


def _recoloured(images: tf.Tensor, draws: tf.Tensor) -> tf.Tensor:
    import tensorflow as tf

    offset = BRIGHTNESS * draws[:, 5]
    gain = (1 + CONTRAST * draws[:, 6])[:, None] * (1 + TINT * draws[:, 7:10])
    middle = tf.reduce_mean(images, axis=(1, 2, 3))
    shift = (offset + middle)[:, None] - gain * middle[:, None]
    return tf.clip_by_value(images * gain[:, None, None, :] + shift[:, None, None, :], 0.0, 255.0)


def fed(images: tf.Tensor, input_info: InputInfo) -> tf.Tensor:
    """Float BGR pictures of 0 to 255, as the network wants them."""
    import tensorflow as tf

    if input_info.colours == "RGB":
        images = images[..., ::-1]
    return (images - tf.constant(input_info.mean)) * tf.constant(input_info.scale)
