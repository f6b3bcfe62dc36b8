"""Muon: steps of kernels are orthogonal, all else learns by Adam."""

from typing import Any

import numpy as np
import pytest

from models.from_keras.import_tensorflow import import_tensorflow


@pytest.fixture(scope="module")
def keras() -> Any:
    import_tensorflow()
    import keras

    return keras


@pytest.fixture(scope="module")
def muon(keras: Any) -> Any:
    from models.training.network import muon  # it imports Keras

    return muon


@pytest.mark.parametrize("shape", [(3, 3, 3, 16), (3, 3, 16, 8), (1, 1, 8, 32)])
def test_a_step_is_nearly_orthogonal(muon: Any, shape: tuple[int, ...]) -> None:
    gradient = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    step = np.asarray(muon.orthogonal(gradient)).reshape(-1, shape[-1])
    gains = np.linalg.svd(step, compute_uv=False) / (muon.STEP_RMS * max(step.shape) ** 0.5)
    assert gains.min() > 0.5
    assert gains.max() < 1.3
    left, _, right = np.linalg.svd(gradient.reshape(step.shape), full_matrices=False)
    along = np.sum(step * (left @ right)) / np.linalg.norm(step) / np.linalg.norm(left @ right)
    assert along > 0.97


def test_rare_directions_are_learned_as_fast_as_common_ones(muon: Any) -> None:
    rng = np.random.default_rng(1)
    left, _ = np.linalg.qr(rng.normal(size=(27, 4)))
    gradient = (left * [1.0, 0.3, 0.1, 0.05]).astype(np.float32).reshape(3, 3, 3, 4)
    gains = np.linalg.svd(np.asarray(muon.orthogonal(gradient)).reshape(27, 4), compute_uv=False)
    assert gains.max() / gains.min() < 2.5


def test_what_is_no_kernel_learns_by_adam(keras: Any, muon: Any) -> None:
    start, gradient = np.array([1.0, -2.0], np.float32), np.array([0.5, -3.0], np.float32)
    by_muon, by_adam = (keras.Variable(start, name="gamma") for _ in range(2))
    for optimizer, variable in (
        (muon.make_muon(0.01), by_muon),
        (keras.optimizers.Adam(0.01 * muon.ADAM_SHARE), by_adam),
    ):
        optimizer.apply([keras.ops.convert_to_tensor(gradient)], [variable])
    np.testing.assert_allclose(np.asarray(by_muon), np.asarray(by_adam), rtol=1e-6)


def test_kernels_decay_and_the_rest_does_not(keras: Any, muon: Any) -> None:
    kernel, beta = keras.Variable(np.ones((3, 3, 2, 2), np.float32), name="kernel"), keras.Variable([1.0], name="beta")
    optimizer = muon.make_muon(0.1)
    optimizer.apply([keras.ops.zeros_like(kernel), keras.ops.zeros_like(beta)], [kernel, beta])
    np.testing.assert_allclose(np.asarray(kernel), 0.99, rtol=1e-5)
    np.testing.assert_allclose(np.asarray(beta), 1.0)
