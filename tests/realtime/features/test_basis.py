"""Axes through features: they stay put while the picture moves, and begin anew in a new scene."""

from __future__ import annotations

import numpy as np

from realtime.features.basis import FeatureBasis, leading_axes
from realtime.features.projection import Projection, vectors
from realtime.imaging.frame import Floats

CHANNELS, SIDE = 24, 16


def places(seed: int, noise: int = 0) -> Floats:
    """Four kinds of features in four quarters, with a little noise, at unit length."""
    kinds = np.abs(np.random.default_rng(seed).normal(size=(4, CHANNELS))) ** 3
    quarters = np.repeat(np.repeat([[0, 1], [2, 3]], SIDE // 2, axis=0), SIDE // 2, axis=1)
    features = kinds[quarters] + np.random.default_rng(noise).normal(0, 0.05, (SIDE, SIDE, CHANNELS))
    features /= np.linalg.norm(features, axis=2, keepdims=True)
    return np.ascontiguousarray(features.transpose(2, 0, 1), np.float32)


def components(projection: Projection, features: Floats) -> Floats:
    return np.asarray(vectors(features) @ projection.rows.T + projection.offset, np.float32)


def test_the_axes_are_the_principal_components() -> None:
    samples = vectors(places(0))
    covariance = np.cov(samples.T, bias=True).astype(np.float32)
    start = np.random.default_rng(1).normal(size=(CHANNELS, 8)).astype(np.float32)
    found = leading_axes(covariance, start, 24)[:, :3]
    _, exact = np.linalg.eigh(covariance)
    assert np.allclose(np.abs(np.sum(found * exact[:, :-4:-1], axis=0)), 1, atol=1e-3)


def test_components_fill_their_range() -> None:
    basis = FeatureBasis()
    found = components(basis.update(places(0), 0.0), places(0))
    low, high = np.percentile(found, (1, 99), axis=0)
    assert np.allclose(low, -1, atol=0.05)
    assert np.allclose(high, 1, atol=0.05)


def test_the_same_feature_keeps_its_components_while_the_picture_changes_a_little() -> None:
    basis, watched = FeatureBasis(), places(0)
    first = components(basis.update(watched, 0.0), watched)
    for step in range(1, 100):
        moved = np.roll(places(0, noise=step), step % SIDE, axis=2)
        last = components(basis.update(moved, 0.2), watched)
    assert basis.cuts == 0
    assert np.abs(last - first).max() < 0.1


def test_a_new_scene_gets_its_own_axes_at_once() -> None:
    basis = FeatureBasis()
    for step in range(40):
        basis.update(places(0, noise=step), 0.2)
    other = -places(5)
    found = components(basis.update(other, 0.2), other)
    assert basis.cuts == 1
    assert np.allclose(np.percentile(found, 99, axis=0), 1, atol=0.05)


def test_layers_of_few_channels_and_without_differences_have_axes() -> None:
    for channels in (1, 2, 3):
        flat = np.ones((channels, 4, 5), np.float32)
        found = components(FeatureBasis().update(flat, 0.0), flat)
        assert found.shape == (20, 3)
        assert np.isfinite(found).all()
