"""What the classifier of a network says of a picture: names and probabilities."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.spec import GraphSpec, Network, Precision, ScoresHead
from realtime.imaging.compositing import network_input
from realtime.imaging.frame import Image
from realtime.inference.engine import Engine


@dataclass(frozen=True, slots=True)
class Prediction:
    """A class by its place in the classifier's list, its name, and its probability from 0 to 1."""

    index: int
    label: str
    probability: float


def top(probabilities: NDArray[np.float32], labels: tuple[str, ...], count: int) -> tuple[Prediction, ...]:
    """The `count` likeliest classes, the likeliest first."""
    order = np.argsort(-probabilities, kind="stable")[:count]
    return tuple(Prediction(int(index), labels[index], float(probabilities[index])) for index in order)


def scores_spec(network: Network, precision: Precision = "fp32") -> GraphSpec:
    """The graph that scores a picture at the size that the classifier was trained on."""
    return GraphSpec(network, ScoresHead(), network.info.scores.size_hw, precision)


def classify(engine: Engine, network: Network, image: Image, count: int = 5) -> tuple[Prediction, ...]:
    """What the whole picture shows, squeezed to the size that the classifier was trained on.

    Raises ModelError when the network has no classifier. Waits until the graph is made: for offline work.
    """
    spec = scores_spec(network)
    result = engine.run_surely(spec, {"image": network_input(image, spec.size_hw)})
    return top(result["scores"], network.info.scores.labels, count)
