"""Gradients of networks in 8-bit integers point nearly where those of floats point."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
import pytest

from models.autodiff.backprop_rule import BackpropRule
from models.build.build import build
from models.build.graph_spec import GraphSpec
from models.build.heads.dream import DreamHead
from models.build.precision import Precision
from models.importing.open_network import open_network
from models.spec import Hw, Network
from realtime.imaging.frame import Floats
from realtime.inference.int8_session import Int8Session
from realtime.inference.open_session import open_session
from realtime.inference.providers import CPU
from tests.models.build.int8.networks import NETWORKS, SIZE_HW, MakeChain, picture


def spec(network: Network, precision: Precision, layer: str, size_hw: Hw, rule: BackpropRule = "plain") -> GraphSpec:
    return GraphSpec(network, DreamHead((layer,), backprop_rule=rule), size_hw, precision)


def cosine(network: Network, layer: str, image: Floats, rule: BackpropRule = "plain", runs: int = 2) -> float:
    """Between the gradients in integers and in floats."""
    channels = network.info.layer(layer).channels
    feeds: dict[str, Any] = {"image": image, "weights": np.full(channels, 1 / channels, np.float32)}
    exact = open_session(spec(network, "fp32", layer, image.shape[:2], rule), CPU).run(feeds)["gradient"]
    session = open_session(spec(network, "int8", layer, image.shape[:2], rule), CPU)
    assert isinstance(session, Int8Session)
    for _ in range(runs):
        near = session.run(feeds)["gradient"]
    return float(np.vdot(exact, near) / np.linalg.norm(exact) / np.linalg.norm(near))


@pytest.mark.parametrize("name", NETWORKS)
def test_the_direction_is_nearly_that_of_floats(make: MakeChain, name: str) -> None:
    """Few units of "clip" are between its limits, and rounding decides about many of them."""
    assert cosine(make(NETWORKS[name]), "out", picture().astype(np.float32)) > (0.8 if name == "clip" else 0.95)


@pytest.mark.parametrize("rule", ["guided", "deconv"])
@pytest.mark.parametrize("name", ["chain", "residual"])
def test_the_backprop_rules_hold_in_integers(make: MakeChain, name: str, rule: BackpropRule) -> None:
    assert cosine(make(NETWORKS[name]), "out", picture().astype(np.float32), rule) > 0.95


@pytest.mark.parametrize("factor", [1e-6, 1e6])
def test_the_first_gradient_is_right_whatever_its_size(make: MakeChain, factor: float) -> None:
    network = make(NETWORKS["chain"])
    feeds = {"image": picture().astype(np.float32), "weights": np.full(8, factor, np.float32)}
    exact, near = (
        open_session(spec(network, each, "out", SIZE_HW), CPU).run(feeds)["gradient"] for each in ("fp32", "int8")
    )
    assert np.vdot(exact, near) / np.linalg.norm(exact) / np.linalg.norm(near) > 0.95


def test_the_convolutions_of_a_gradient_are_integers(make: MakeChain) -> None:
    path = build(spec(make(NETWORKS["chain"]), "int8", "out", SIZE_HW))
    kinds = [node.op_type for node in onnx.load(path, load_external_data=False).graph.node]
    assert kinds.count("QLinearConv") == 4
    assert "Conv" not in kinds


def test_a_gradient_of_the_bundled_network() -> None:
    image = np.kron(picture(), np.ones((4, 4, 1), np.uint8))[:128, :128].astype(np.float32)
    assert cosine(open_network("world"), "block3_conv3", image) > 0.9
