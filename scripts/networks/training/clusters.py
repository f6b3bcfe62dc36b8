"""Classes for pictures that have none: clusters of what a network sees in them."""

from __future__ import annotations

import dataclasses

import numpy as np
from numpy.typing import NDArray

from models.errors import ModelError, SettingError, SourceError
from models.importing.open_network import open_network
from models.spec import Network
from models.training.pictures import Dataset
from realtime.inference.engine import Engine
from realtime.inference.providers import choose
from scripts.common.embedding import Vectors, embed

AXES = 16
"""Principal axes in which clusters are looked for, at most."""


def cluster(pictures: Dataset, groups: int, *, start: str, seed: int) -> Dataset:
    """The pictures with `groups` clusters as classes, the largest first; fewer where one would hold a single picture.

    The network `start` embeds when it is stored here, else the one that the show begins with. Raises SourceError when
    there are too few pictures for two clusters.
    """
    if not 2 <= groups <= 1000:
        raise SettingError(f"--classes takes 2 to 1000, but got {groups}")
    network = _embedder(start)
    layers = {layer.block: layer.name for layer in network.info.layers}  # the last of each block
    with Engine(choose("auto")) as engine:
        vectors = embed(engine, network, tuple(layers.values()), pictures.images)
    for count in range(min(groups, len(vectors) // 2), 1, -1):
        labels = _means(vectors, count, seed)
        if np.bincount(labels).min() >= 2:
            names = tuple(f"group {number + 1}" for number in range(count))
            return dataclasses.replace(pictures, labels=labels, classes=names, grouped_by=network.info.name)
    raise SourceError(
        f"{len(vectors)} pictures without classes do not fall into groups of 2 or more; add pictures, or put those of"
        " each class in a subfolder"
    )


def _embedder(start: str) -> Network:
    try:
        return open_network(start)
    except ModelError:
        return open_network("auto")


def _means(vectors: Vectors, count: int, seed: int) -> NDArray[np.int64]:
    """k-means (Lloyd 1982) on the main axes of the standardised embedding; labels by the size of their cluster."""
    from sklearn.cluster import KMeans
    from sklearn.decomposition import PCA
    from sklearn.preprocessing import StandardScaler

    scaled = StandardScaler().fit_transform(np.log1p(vectors.astype(np.float64)))
    axes = PCA(min(AXES, *scaled.shape), random_state=seed).fit_transform(scaled)
    found = KMeans(count, n_init=10, random_state=seed).fit_predict(axes)
    rank = np.argsort(np.argsort(-np.bincount(found, minlength=count), kind="stable"))
    return np.asarray(rank[found], np.int64)
