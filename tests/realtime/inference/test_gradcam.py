"""Heatmaps of known networks."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest

from models.build.heads.gradcam import GradcamHead
from models.errors import ModelError
from models.importing.open_network import open_network
from models.spec import Network
from realtime.imaging.frame import Image
from realtime.imaging.reading.read_picture import read_picture
from realtime.inference.channels import channel_weights
from realtime.inference.classes import find_class
from realtime.inference.engine import Engine
from realtime.inference.gradcam import compute_heatmap
from realtime.inference.network_input import network_input
from tests.networks import colour_network


def flag() -> Image:
    """Blue on the left, red on the right."""
    image = np.zeros((40, 60, 3), np.uint8)
    image[:, :30, 0] = image[:, 30:, 2] = 200
    return image


@pytest.mark.parametrize(("name", "left", "right"), [("blue", 1.0, 0.0), ("red", 0.0, 1.0), ("green", 0.0, 0.0)])
def test_the_heatmap_is_high_where_the_colour_is(
    engine: Engine, network: Network, name: str, left: float, right: float
) -> None:
    weights = channel_weights(network.info, "classes", find_class(network.info, name))
    heatmap = compute_heatmap(engine, network, flag(), GradcamHead("conv2"), weights)
    assert heatmap.shape == (8, 8)
    assert heatmap[:, :3] == pytest.approx(left, abs=1e-6)
    assert heatmap[:, -3:] == pytest.approx(right, abs=1e-6)


def test_nan_in_the_result_is_an_error(tmp_path: Path, engine: Engine) -> None:
    colour_network(tmp_path / "colours.onnx", apart=True, sharpness=float("nan"))
    network = open_network(str(tmp_path / "colours.onnx"))
    with pytest.raises(ModelError, match="produced NaN or Inf"):
        compute_heatmap(engine, network, flag(), GradcamHead("conv2"), channel_weights(network.info, "classes", 0))


def test_grad_cam_of_squeezenet_equals_one_by_hand(assets: Path, engine: Engine) -> None:
    """SqueezeNet ends in a 1x1 convolution, a ReLU and a mean, whose gradient is one line."""
    path = assets / "weights" / "squeezenet_v1_1.onnx"
    network, chosen = open_network(str(path)), 285
    picture = network_input(read_picture(assets / "media" / "chelsea.jpg"), network.info.scores.size_hw)
    model = onnx.load(path)
    kernel = next(onnx.numpy_helper.to_array(each) for each in model.graph.initializer if each.dims[:2] == [1000, 512])
    model.graph.output.extend(onnx.ValueInfoProto(name=name) for name in ("fire9/concat", "conv10"))
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    tensor = (picture.astype(np.float32) - (104, 117, 123)).transpose(2, 0, 1)[None].astype(np.float32)
    features, scores = session.run(["fire9/concat", "conv10"], {"data": tensor})
    gradients = kernel[chosen, :, 0, 0, None, None] * (scores[0, chosen] > 0) / scores[0, chosen].size
    expected = np.maximum((features[0] * gradients.mean((1, 2), keepdims=True)).sum(0), 0)
    weights = channel_weights(network.info, "classes", chosen)
    actual = compute_heatmap(engine, network, picture, GradcamHead("fire9/concat"), weights)
    assert np.corrcoef(actual.ravel(), expected.ravel())[0, 1] >= 0.9999
    assert actual == pytest.approx(expected / expected.max(), abs=1e-3)
