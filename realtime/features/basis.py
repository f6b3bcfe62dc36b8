"""The principal components of features on moving pictures, on axes that stay put."""

import math
from dataclasses import dataclass

import numpy as np

from realtime.features.projection import Projection, vectors
from realtime.imaging.frame import Floats

AXES = 3
SPARE = 5  # further axes, which make the first ones converge sooner
FIRST_ROUNDS, ROUNDS = 24, 4  # of subspace iteration
SETTLING = 10  # updates after which the axes move slowly
MEMORY = 60.0  # seconds: the time constant of mean and covariance after that
PERCENTILES = (1, 99)  # of a component, at -1 and 1
ALIKE, SHOWN = 0.88, 0.4
"""A new scene begins where the cosine between its mean and that of the last seconds is below ALIKE, or where the axes
show less than this share of what the best ones would show."""


@dataclass(slots=True)
class _Statistics:
    """Of the features so far: mean (C,), covariance (C, C), its leading axes (C, n), those that are shown (C, AXES)."""

    mean: Floats
    covariance: Floats
    leading: Floats
    shown: Floats
    low: Floats
    high: Floats
    count: int = 1


class FeatureBasis:
    """Three axes through the features of the last seconds; for each a range, which becomes -1 to 1."""

    def __init__(self) -> None:
        self.cuts = 0
        self._so_far: _Statistics | None = None

    def update(self, places: Floats, elapsed: float) -> Projection:
        """Add the features (C, h, w) of a picture, `elapsed` seconds after the last one."""
        samples = vectors(places)
        if self._so_far is not None and _is_cut(samples, self._so_far):
            self.cuts += 1
            self._so_far = None
        if self._so_far is None:
            self._so_far = _first(samples)
        else:
            _add(samples, self._so_far, elapsed)
        return _projection(self._so_far)


def _first(samples: Floats) -> _Statistics:
    mean = samples.mean(axis=0)
    covariance = _covariance(samples - mean)
    count = min(AXES + SPARE, len(covariance))
    start = np.random.default_rng(0).normal(size=(len(covariance), count)).astype(np.float32)
    leading = leading_axes(covariance, start, FIRST_ROUNDS)
    shown = _padded(leading[:, :AXES])
    return _Statistics(mean, covariance, leading, shown, *_range((samples - mean) @ shown))


def _add(samples: Floats, so_far: _Statistics, elapsed: float) -> None:
    """Move everything a little; the axes stay as close to where they were as the new covariance allows."""
    so_far.count += 1
    slow = 1 - math.exp(-elapsed / MEMORY)
    rate = np.float32(slow if so_far.count > SETTLING else 1 / so_far.count)
    so_far.mean += rate * (samples.mean(axis=0) - so_far.mean)
    centred = np.asarray(samples - so_far.mean, np.float32)
    so_far.covariance += rate * (_covariance(centred) - so_far.covariance)
    so_far.leading = leading_axes(so_far.covariance, so_far.leading, ROUNDS)
    axes = _padded(so_far.leading[:, :AXES])
    left, _, right = np.linalg.svd(axes.T @ so_far.shown)  # Procrustes (Schoenemann 1966)
    so_far.shown = np.asarray(axes @ (left @ right), np.float32)
    low, high = _range(centred @ so_far.shown)
    so_far.low += rate * (low - so_far.low)
    so_far.high += rate * (high - so_far.high)


def _is_cut(samples: Floats, so_far: _Statistics) -> bool:
    mean = samples.mean(axis=0)
    if mean @ so_far.mean < ALIKE * np.linalg.norm(mean) * np.linalg.norm(so_far.mean):
        return True
    covariance = _covariance(samples - mean)
    best = leading_axes(covariance, so_far.leading, ROUNDS)[:, :AXES]
    return _spread(covariance, so_far.shown) < SHOWN * _spread(covariance, best)


def _projection(so_far: _Statistics) -> Projection:
    middle = (so_far.low + so_far.high) / 2
    half = np.maximum((so_far.high - so_far.low) / 2, np.float32(1e-6))
    rows = np.asarray((so_far.shown / half).T, np.float32, order="C")
    return Projection(rows, np.asarray(-rows @ so_far.mean - middle / half, np.float32))


def leading_axes(covariance: Floats, start: Floats, rounds: int) -> Floats:
    """The axes (C, n) of the largest variance, the largest first, by subspace iteration from `start` (C, n)."""
    axes = start
    for _ in range(rounds):
        axes, _ = np.linalg.qr(covariance @ axes)
    _, order = np.linalg.eigh(axes.T @ covariance @ axes)
    return np.asarray(axes @ order[:, ::-1], np.float32)


def _covariance(centred: Floats) -> Floats:
    return np.asarray(centred.T @ centred / len(centred), np.float32)


def _spread(covariance: Floats, axes: Floats) -> float:
    """The variance along some axes."""
    return float(np.trace(axes.T @ covariance @ axes))


def _range(components: Floats) -> tuple[Floats, Floats]:
    low, high = np.percentile(components, PERCENTILES, axis=0).astype(np.float32)
    return low, high


def _padded(axes: Floats) -> Floats:
    """Zeros as axes where a layer has fewer than three channels."""
    return np.pad(axes, ((0, 0), (0, AXES - axes.shape[1])))
