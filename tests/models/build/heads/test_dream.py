"""Objectives and their gradients: of layers, channels, units, guides, classes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from models.build.build import build
from models.build.graph_spec import GraphSpec
from models.build.heads.activations import ActivationsHead
from models.build.heads.dream import GUIDE_UNITS, DreamHead
from models.errors import ModelError
from models.importing.open_network import open_network
from models.spec import CLASSES, Network
from realtime.inference.engine import Engine
from tests.models.build.heads.conftest import MakeNetwork
from tests.networks import colour_network

Array = NDArray[Any]
SIZE_HW = (48, 40)
LAYERS = ("block2_conv2", "block3_conv1")


def picture(seed: int = 0) -> Array:
    return np.random.default_rng(seed).uniform(0, 255, (*SIZE_HW, 3)).astype(np.float32)


def activations(engine: Engine, network: Network, layer: str, image: Array) -> Array:
    spec = GraphSpec(network, ActivationsHead(layer), SIZE_HW)
    return engine.run_when_ready(spec, {"image": image.astype(np.uint8)})["activations"]


def value(engine: Engine, network: Network, head: DreamHead, feeds: dict[str, Array]) -> float:
    return float(engine.run_when_ready(GraphSpec(network, head, SIZE_HW), feeds)["value"])


def feeds_of(head: DreamHead, network: Network, image: Array) -> dict[str, Array]:
    rng = np.random.default_rng(1)
    counts = [network.info.layer(name).channels for name in head.layers]
    guides = {
        f"guide_{number}": rng.normal(0, 1, (count, GUIDE_UNITS)).astype(np.float32)
        for number, count in enumerate(counts)
        if head.guided
    }
    return {"image": image, "weights": rng.uniform(0.5, 1, sum(counts)).astype(np.float32), **guides}


HEADS = [
    DreamHead(LAYERS[:1]),
    DreamHead(LAYERS),
    DreamHead(LAYERS, energy=False),
    DreamHead(LAYERS[1:], at=(0.4, 0.9)),
    DreamHead(LAYERS[:1], guided=True),
    DreamHead(LAYERS, guided=True),
]


@pytest.mark.parametrize("head", HEADS, ids=repr)
def test_the_gradient_agrees_with_differences_of_the_value(engine: Engine, bundled: Network, head: DreamHead) -> None:
    spec, feeds = GraphSpec(bundled, head, SIZE_HW), feeds_of(head, bundled, picture())
    gradient = engine.run_when_ready(spec, feeds)["gradient"]
    assert gradient.shape == (*SIZE_HW, 3)
    direction = gradient / np.abs(gradient).max()
    below, above = (
        value(engine, bundled, head, feeds | {"image": picture() + side * direction}) for side in (-0.05, 0.05)
    )
    assert (above - below) / 0.1 == pytest.approx(float((gradient * direction).sum()), rel=0.05)


@pytest.mark.parametrize("energy", [True, False])
def test_the_value_is_the_weighted_sum_over_layers(engine: Engine, bundled: Network, energy: bool) -> None:
    head, image = DreamHead(LAYERS, energy=energy), np.rint(picture())
    feeds = feeds_of(head, bundled, image)
    units = [activations(engine, bundled, layer, image) for layer in LAYERS]
    means = np.concatenate([(each * each if energy else each).mean((1, 2)) for each in units])
    assert value(engine, bundled, head, feeds) == pytest.approx(float(means @ feeds["weights"]), rel=1e-4)


def test_with_a_place_only_the_unit_there_counts(engine: Engine, bundled: Network) -> None:
    head, image = DreamHead(LAYERS[1:], energy=False, at=(1.0, 0.0)), np.rint(picture())
    feeds = feeds_of(head, bundled, image)
    expected = activations(engine, bundled, LAYERS[1], image)[:, 0, -1] @ feeds["weights"]
    assert value(engine, bundled, head, feeds) == pytest.approx(float(expected), rel=1e-4)


def test_similarity_is_the_product_with_the_most_similar_unit_of_the_guide(engine: Engine, bundled: Network) -> None:
    head, image = DreamHead(LAYERS[:1], guided=True), np.rint(picture())
    feeds = feeds_of(head, bundled, image)
    units = activations(engine, bundled, LAYERS[0], image).reshape(len(feeds["weights"]), -1)
    guide = feeds["guide_0"]
    matches = guide[:, np.argmax(guide.T * feeds["weights"] @ units, axis=0)]
    expected = float((units * matches).mean(1) @ feeds["weights"])
    assert value(engine, bundled, head, feeds) == pytest.approx(expected, rel=1e-3)


@pytest.mark.parametrize("apart", [False, True])
def test_the_gradient_of_a_class(tmp_path: Path, engine: Engine, apart: bool) -> None:
    colour_network(tmp_path / "colours.onnx", apart=apart)
    network = open_network(str(tmp_path / "colours.onnx"))
    gradient = engine.run_when_ready(
        GraphSpec(network, DreamHead((CLASSES,), energy=False), (16, 16)),
        {"image": np.full((16, 16, 3), 100, np.float32), "weights": np.array([0, 0, 1], np.float32)},
    )["gradient"][::2, ::2]
    assert gradient[..., 2] == pytest.approx(10 / 255 / 64, rel=1e-4)
    assert not gradient[..., :2].any()


def test_an_unknown_layer_is_named(colours: Network) -> None:
    with pytest.raises(ModelError, match="layer 'conv9' is not in colours"):
        build(GraphSpec(colours, DreamHead(("conv1", "conv9")), (16, 16)))


WHOLE = "q = Cast<to=6>({}) d = Cast<to=1>(q)"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            f"{WHOLE.format('input')} one = Relu(d) two_ = Relu(one)",
            "no gradient passes through Cast, node 'q' of odd; all layers come after it, so none has a gradient",
        ),
        (
            f"one = Relu(input) {WHOLE.format('one')} two_ = Relu(d)",
            "no gradient passes through Cast, node 'q' of odd; choose a layer before it",
        ),
        (
            "one = Mod<fmod=1>(input, two) two_ = Relu(one)",
            "no gradient rule for Mod, node 'one' of odd; all layers come after it, so none has a gradient",
        ),
        (
            "one = Relu(input) two_ = Mod<fmod=1>(one, two)",
            "no gradient rule for Mod, node 'two_' of odd; choose a layer before it",
        ),
    ],
)
def test_an_operator_without_a_gradient_is_named(make_network: MakeNetwork, text: str, message: str) -> None:
    network = make_network(text, ("one", "two_"))
    with pytest.raises(ModelError) as raised:
        build(GraphSpec(network, DreamHead(("two_",)), (16, 16)))
    assert str(raised.value) == message
