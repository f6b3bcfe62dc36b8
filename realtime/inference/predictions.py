"""Classify a picture: labels and probabilities."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from models.build.graph_spec import GraphSpec
from models.build.heads.scores import ScoresHead
from models.spec import SOMETHING_ELSE, Network, Prediction
from realtime.imaging.frame import Image
from realtime.inference.engine import Engine
from realtime.inference.network_input import network_input

SURE = 0.3
"""The default lowest probability of the best prediction at which predictions are shown."""

NOT_SURE = "not sure"  # what is said in their place below it


def top(probabilities: NDArray[np.float32], labels: tuple[str, ...], count: int) -> tuple[Prediction, ...]:
    """The `count` most likely classes, the most likely first."""
    order = np.argsort(-probabilities, kind="stable")[:count]
    return tuple(Prediction(int(index), labels[index], float(probabilities[index])) for index in order)


def is_sure(predictions: Sequence[Prediction], threshold: float = SURE) -> bool:
    """Whether the best of some predictions is worth saying: likely enough, and the name of something."""
    return bool(predictions) and predictions[0].probability >= threshold and predictions[0].label != SOMETHING_ELSE


def scores_spec(network: Network) -> GraphSpec:
    """The graph of the classifier, at the size that it was trained on; ModelError when there is no classifier."""
    return GraphSpec(network, ScoresHead(), network.info.scores.size_hw)


def classify(engine: Engine, network: Network, image: Image, count: int = 5) -> tuple[Prediction, ...]:
    """The most likely classes of a picture, squeezed to the size that the classifier was trained on.

    Raises ModelError when the network has no classifier. Waits until the graph is ready.
    """
    spec = scores_spec(network)
    outputs = engine.run_checked(spec, {"image": network_input(image, spec.size_hw)})
    return top(outputs["scores"], network.info.scores.labels, count)
