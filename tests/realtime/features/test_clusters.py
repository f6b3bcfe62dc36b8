"""Clusters: one for each kind of feature, with a number for good."""

from __future__ import annotations

import numpy as np

from realtime.features.clusters import FeatureClusters
from realtime.features.projection import vectors
from realtime.imaging.frame import Floats
from tests.realtime.features.test_basis import SIDE, places


def labels(clusters: FeatureClusters, features: Floats) -> Floats:
    projection = clusters.update(features, 0.2)
    scores = vectors(features) @ projection.rows.T + projection.offset
    return np.asarray(scores.argmax(axis=1).reshape(SIDE, SIDE))


def test_each_kind_has_its_cluster_and_keeps_it() -> None:
    clusters = FeatureClusters(4)
    first = labels(clusters, places(0))
    quarters = [first[y : y + SIDE // 2, x : x + SIDE // 2] for y in (0, SIDE // 2) for x in (0, SIDE // 2)]
    assert all((quarter == quarter[0, 0]).all() for quarter in quarters)
    assert len({int(quarter[0, 0]) for quarter in quarters}) == 4
    for step in range(1, 20):
        later = labels(clusters, np.roll(places(0, noise=step), step, axis=2))
    assert (np.roll(later, -19, axis=1) == first).all()


def test_another_picture_has_its_clusters_at_once() -> None:
    clusters, alone = FeatureClusters(4), FeatureClusters(4)
    for step in range(5):
        labels(clusters, places(0, noise=step))
    other = np.ascontiguousarray(places(1)[::-1])
    assert (labels(clusters, other) == labels(alone, other)).all()


def test_more_clusters_than_places_are_no_error() -> None:
    few = np.random.default_rng(0).uniform(0, 1, (5, 2, 2)).astype(np.float32)
    assert np.isfinite(FeatureClusters(16).update(few, 0.0).rows).all()
