"""Grad-CAM (Selvaraju et al. 2017): the heatmap of a picture for a class or a channel."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.build.graph_spec import GraphSpec
from models.build.heads.gradcam import GradcamHead
from models.spec import CLASSES, Hw, ModelInfo, Network
from realtime.imaging.frame import Floats, Image, hw
from realtime.inference.engine import Engine
from realtime.inference.network_input import input_size, network_input

SHORT_SIDE = 224  # pixels of the input of a network without a classifier


def gradcam_input_hw(info: ModelInfo, image_hw: Hw, target: str) -> Hw:
    """The input size for Grad-CAM: with a classifier the same as for predictions."""
    if target == CLASSES:
        return info.scores.size_hw
    return input_size(image_hw, SHORT_SIDE, info.input.limits)


def compute_heatmap(engine: Engine, network: Network, image: Image, head: GradcamHead, weights: Floats) -> Floats:
    """Evidence from 0 to 1 for each unit of `head.layer`, (h, w), for the weighted channels of `head.target`.

    Raises ModelError when `head.target` does not depend on `head.layer`, or when the result has NaN or Inf.
    """
    size_hw = gradcam_input_hw(network.info, hw(image), head.target)
    feeds: dict[str, NDArray[Any]] = {"image": network_input(image, size_hw), "weights": weights}
    return normalized(engine.run_checked(GraphSpec(network, head, size_hw), feeds)["heatmap"])


def normalized(heatmap: Floats) -> Floats:
    """A heatmap whose maximum is 1, or 0 where it is empty."""
    return np.asarray(heatmap / max(heatmap.max(initial=0), 1e-30), np.float32)
