"""Where the evidence lies, and how it is shown."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest

from models.build.heads.gradcam import GradcamHead
from models.errors import ModelError, SettingError
from models.importing.open_network import open_network
from models.spec import Network
from realtime.capture.pictures import read_picture
from realtime.imaging.compositing import stage
from realtime.imaging.frame import Image
from realtime.imaging.heatmap import overlay_heatmap
from realtime.inference.channels import channel_weights
from realtime.inference.classes import find_class
from realtime.inference.engine import Engine
from realtime.inference.gradcam import compute_heatmap
from realtime.inference.network_input import network_input
from realtime.sheets.heat_slide import heat_slide
from tests.networks import colour_network


def flag() -> Image:
    """Blue on the left, red on the right."""
    image = np.zeros((40, 60, 3), np.uint8)
    image[:, :30, 0] = image[:, 30:, 2] = 200
    return image


@pytest.mark.parametrize(("name", "left", "right"), [("blue", 1.0, 0.0), ("red", 0.0, 1.0), ("green", 0.0, 0.0)])
def test_evidence_lies_where_the_colour_is(
    engine: Engine, network: Network, name: str, left: float, right: float
) -> None:
    wanted = channel_weights(network.info, "classes", find_class(network.info, name))
    heat = compute_heatmap(engine, network, flag(), GradcamHead("conv2"), wanted)
    assert heat.grey.shape == (8, 8)
    assert heat.grey[:, :3] == pytest.approx(left, abs=1e-6)
    assert heat.grey[:, -3:] == pytest.approx(right, abs=1e-6)
    assert heat.activations.shape == (3,)


def test_the_picture_glows_where_it_is_hot_and_stays_readable() -> None:
    rng = np.random.default_rng(0)
    image = rng.integers(60, 200, (64, 96, 3), dtype=np.uint8)
    grey = np.zeros((4, 6), np.float32)
    grey[:, 3:] = 1
    lit = overlay_heatmap(image, grey)
    assert lit.shape == image.shape
    assert lit[:, 70:].mean() > 1.5 * lit[:, :26].mean()
    for part in (np.s_[:, :20], np.s_[:, 76:]):
        assert np.corrcoef(lit[part][..., 1].ravel(), image[part][..., 1].ravel())[0, 1] > 0.9
    assert lit[:, 80:, 2].mean() > lit[:, 80:, 0].mean() + 30, "the glow is warm"


@pytest.mark.parametrize("image_hw", [(40, 60), (60, 40), (1, 1), (30, 3000), (3000, 20)])
def test_slides_hold_any_picture(image_hw: tuple[int, int]) -> None:
    image = np.full((*image_hw, 3), 128, np.uint8)
    slide = heat_slide((540, 960), image, np.ones((2, 2), np.float32), "a very long name " * 9, "words")
    assert slide.shape == (540, 960, 3)
    assert (slide != stage((540, 960))).any(axis=2).sum() > 200
    assert (slide[-6:] == stage((540, 960))[-6:]).all()


@pytest.mark.parametrize(("text", "place"), [("green", 1), (" Green ", 1), ("2", 2), ("blu", 0)])
def test_classes_are_found_by_name_number_or_part(network: Network, text: str, place: int) -> None:
    assert find_class(network.info, text) == place


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("e", "did you mean one of: 0 blue, 1 green"),
        ("gren", "did you mean one of: 1 green"),
        ("xyzzy", "has no class 'xyzzy'; expected a name, such as blue, or a number from 0 to 2"),
        ("", "has no class"),
        ("3", "there is no class 3"),
    ],
)
def test_classes_that_are_not_there_are_refused(network: Network, text: str, words: str) -> None:
    with pytest.raises(SettingError, match=words):
        find_class(network.info, text)


def test_nan_in_the_result_is_an_error(tmp_path: Path, engine: Engine) -> None:
    colour_network(tmp_path / "colours.onnx", apart=True, sharpness=float("nan"))
    network = open_network(str(tmp_path / "colours.onnx"))
    with pytest.raises(ModelError, match="produced NaN or Inf"):
        compute_heatmap(engine, network, flag(), GradcamHead("conv2"), channel_weights(network.info, "classes", 0))


def test_grad_cam_of_squeezenet_equals_one_by_hand(assets: Path, engine: Engine) -> None:
    """SqueezeNet ends in a 1x1 convolution, a ReLU and a mean, whose gradient is written down in one line."""
    path = assets / "weights" / "squeezenet_v1_1.onnx"
    network, chosen = open_network(str(path)), 285
    picture = network_input(read_picture(assets / "media" / "chelsea.jpg"), network.info.scores.size_hw)
    model = onnx.load(path)
    kernel = next(onnx.numpy_helper.to_array(each) for each in model.graph.initializer if each.dims[:2] == [1000, 512])
    model.graph.output.extend(onnx.ValueInfoProto(name=name) for name in ("fire9/concat", "conv10"))
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    tensor = (picture.astype(np.float32) - (104, 117, 123)).transpose(2, 0, 1)[None].astype(np.float32)
    features, scores = session.run(["fire9/concat", "conv10"], {"data": tensor})
    slopes = kernel[chosen, :, 0, 0, None, None] * (scores[0, chosen] > 0) / scores[0, chosen].size
    expected = np.maximum((features[0] * slopes.mean((1, 2), keepdims=True)).sum(0), 0)
    wanted = channel_weights(network.info, "classes", chosen)
    found = compute_heatmap(engine, network, picture, GradcamHead("fire9/concat"), wanted).grey
    assert np.corrcoef(found.ravel(), expected.ravel())[0, 1] >= 0.9999
    assert found == pytest.approx(expected / expected.max(), abs=1e-3)
