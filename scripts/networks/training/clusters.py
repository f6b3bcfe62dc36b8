"""Classes for pictures without classes: clusters of their embedding."""

import dataclasses

import numpy as np
from numpy.typing import NDArray

from models.errors import ModelError, SettingError, SourceError
from models.importing.open_network import open_network
from models.spec import Network
from models.training.data.dataset import Dataset
from realtime.inference.engine import Engine
from realtime.inference.providers import choose
from scripts.common.embedding import Vectors, embed

MAX_COMPONENTS = 16  # principal components used for clustering


def cluster(dataset: Dataset, count: int, *, start: str, seed: int) -> Dataset:
    """The dataset with `count` clusters as classes, the largest first; fewer if one would have a single picture.

    The embedding is that of the network `start` if it is stored, otherwise of the default network. Raises SourceError
    when there are too few pictures for two clusters.
    """
    if not 2 <= count <= 1000:
        raise SettingError(f"--classes takes 2 to 1000, but got {count}")
    network = _embedder(start)
    layers = {layer.block: layer.name for layer in network.info.layers}  # the last of each block
    with Engine(choose("auto")) as engine:
        vectors = embed(engine, network, tuple(layers.values()), dataset.images)
    for clusters in range(min(count, len(vectors) // 2), 1, -1):
        labels = _kmeans(vectors, clusters, seed)
        if np.bincount(labels).min() >= 2:
            names = tuple(f"cluster {number + 1}" for number in range(clusters))
            return dataclasses.replace(dataset, labels=labels, classes=names, clustered_by=network.info.name)
    raise SourceError(
        f"cannot cluster {len(vectors)} pictures without classes: expected clusters of at least 2; add pictures, or put"
        " those of each class into a subfolder"
    )


def _embedder(start: str) -> Network:
    try:
        return open_network(start)
    except ModelError:
        return open_network("auto")


def _kmeans(vectors: Vectors, count: int, seed: int) -> NDArray[np.int64]:
    """k-means (Lloyd 1982) on the principal components of the standardised embedding; labels by cluster size."""
    from sklearn.cluster import KMeans
    from sklearn.decomposition import PCA
    from sklearn.preprocessing import StandardScaler

    scaled = StandardScaler().fit_transform(np.log1p(vectors.astype(np.float64)))
    components = PCA(min(MAX_COMPONENTS, *scaled.shape), random_state=seed).fit_transform(scaled)
    labels = KMeans(count, n_init=10, random_state=seed).fit_predict(components)
    rank = np.argsort(np.argsort(-np.bincount(labels, minlength=count), kind="stable"))
    return np.asarray(rank[labels], np.int64)
