"""Augmentation: crops stay inside the picture, random numbers decide everything, zero changes nothing."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from models.from_keras.import_tensorflow import import_tensorflow
from models.training.data.augment import CROP_NUMBERS, MILD, STRONG, Augmentation, crop, vary_colour

SIDE = 48


@pytest.fixture(scope="module")
def tf() -> Any:
    import_tensorflow()
    import tensorflow

    return tensorflow


def ramps(tf: Any, count: int = 1) -> Any:
    """Red grows to the right, green downwards."""
    ramp = np.linspace(0, 255, 64)
    picture = np.stack([np.zeros((64, 64)), *np.meshgrid(ramp, ramp)[::-1]], axis=-1)
    return tf.constant(np.repeat(picture[None], count, axis=0), tf.float32)


def numbers(tf: Any, **values: float) -> Any:
    names = ("zoom", "stretch", "x", "y", "angle", "flip")
    return tf.constant([[values.get(name, 1.0 if name == "flip" else 0.0) for name in names]], tf.float32)


def test_the_largest_crop_is_the_whole_picture(tf: Any) -> None:
    cropped = crop(ramps(tf), numbers(tf, zoom=1.0), SIDE, STRONG).numpy()[0]
    assert cropped.shape == (SIDE, SIDE, 3)
    assert cropped[24, 0, 2] < 6 and cropped[24, -1, 2] > 249
    assert cropped[0, 24, 1] < 6 and cropped[-1, 24, 1] > 249


def test_a_flip_and_a_small_crop_at_the_right(tf: Any) -> None:
    cropped = crop(ramps(tf), numbers(tf, zoom=-1.0, x=1.0, flip=-1.0), SIDE, STRONG).numpy()[0]
    assert cropped[24, 0, 2] > 249
    assert cropped[24, -1, 2] == pytest.approx(255 * (1 - STRONG.area**0.5), abs=4)


@pytest.mark.parametrize("strength", [MILD, STRONG])
def test_crops_without_rotation_show_nothing_beyond_the_picture(tf: Any, strength: Augmentation) -> None:
    random = np.random.default_rng(0).uniform(-1, 1, (40, CROP_NUMBERS)).astype(np.float32)
    random[:, 4] = 0
    cropped = crop(ramps(tf, 40), tf.constant(random), SIDE, strength).numpy()
    steps = np.diff(cropped[:, 24, :, 2], axis=1)
    assert (np.sign(steps[:, 2:-2]) == np.sign(random[:, 5:])).all()


def test_light_is_the_same_for_the_same_seed_and_keeps_its_range(tf: Any) -> None:
    pictures = ramps(tf, 8)
    first, again, other = (
        vary_colour(pictures, tf.constant(seed), STRONG).numpy() for seed in ([1, 2], [1, 2], [1, 3])
    )
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
    assert first.min() >= 0 and first.max() <= 255
    still = Augmentation(area=1, brightness=0, contrast=0, tint=0)
    assert np.allclose(vary_colour(pictures, tf.constant([1, 2]), still).numpy(), pictures.numpy(), atol=0.01)
