"""Pictures as vectors: the mean activation of every channel of some layers."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.build.graph_spec import GraphSpec
from models.build.heads.grid import Grid
from models.build.heads.story import StoryHead
from models.build.heads.tiles import small_maps
from models.spec import Network
from realtime.imaging.frame import Image, hw
from realtime.inference.engine import Engine
from realtime.inference.network_input import network_input

Vectors = NDArray[np.float32]


def embed(engine: Engine, network: Network, layers: Sequence[str], images: Iterable[Image]) -> Vectors:
    """(pictures, channels of all `layers`) of the pictures at their own size, or the nearest possible."""
    head = StoryHead(tuple(layers), Grid(len(layers), 1, (1, 1), 0, (len(layers), 1)))
    idle: dict[str, NDArray[Any]] = {
        "channels": np.zeros(len(layers), np.int64),
        "black": np.zeros(len(layers), np.float32),
        "gain": np.ones(len(layers), np.float32),
    }
    vectors = []
    for image in images:
        size_hw = network.info.input.limits.fit(hw(image))
        feeds = {"image": network_input(image, size_hw), **idle}
        outputs = engine.run_when_ready(GraphSpec(network, head, size_hw), feeds)
        vectors.append(np.concatenate([outputs[small_maps(layer)].mean(axis=(1, 2)) for layer in layers]))
    return np.stack(vectors)
