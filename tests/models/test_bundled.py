"""The bundled network is small, uses all its channels, names things in plain words, and is silent if it is unsure."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import onnx
import pytest
from numpy.typing import NDArray

from models.build.graph_spec import GraphSpec
from models.build.heads.activations import ActivationsHead
from models.importing.open_network import open_network
from models.importing.read_file import read_onnx
from models.spec import SOMETHING_ELSE, Network
from models.zoo import BUNDLED, bundled_path, vgg16_layers
from realtime.capture.pattern import Pattern
from realtime.inference.engine import Engine
from realtime.inference.predictions import classify, is_sure
from realtime.inference.providers import CPU

ASSET = bundled_path()

NAMES = ("person's face", "cup", "laptop", "phone", "chair", "umbrella", "scissors", "watch", "shirt", "shoes")
CATS = ("cougar", "cougar's face", "leopard", "wild cat", "cartoon cat")


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with Engine(CPU) as engine:
        yield engine


@pytest.fixture(scope="module")
def network() -> Network:
    return open_network(BUNDLED)


def made_pictures() -> Iterator[NDArray[np.uint8]]:
    """Pictures of nothing: plain colours, noise fine and coarse, ramps."""
    rng = np.random.default_rng(0)
    for level in (0, 90, 200, 255):
        yield np.full((240, 320, 3), level, np.uint8)
    for cells in (6, 24, 320):
        noise = rng.integers(0, 256, (cells * 3 // 4, cells, 3), np.uint8)
        yield np.asarray(cv2.resize(noise, (320, 240), interpolation=cv2.INTER_CUBIC), np.uint8)
    yield np.repeat(np.linspace(0, 255, 320, dtype=np.uint8)[None, :, None], 240, axis=0).repeat(3, axis=2)


def test_it_is_a_small_plain_network_with_a_card(network: Network) -> None:
    info = network.info
    assert ASSET.stat().st_size <= 2_500_000
    assert (info.name, info.trained, info.layers) == (BUNDLED, True, vgg16_layers(0.25, 1024))
    kinds = {node.op_type for node in read_onnx(ASSET).graph.node}
    assert kinds == {"Conv", "Relu", "MaxPool", "GlobalAveragePool", "Flatten", "Gemm", "Identity", "Softmax"}
    assert "DequantizeLinear" in {node.op_type for node in onnx.load(ASSET).graph.node}
    card = ASSET.with_suffix(".md").read_text()
    assert network.digest in card
    assert all(word in card for word in ("CC BY 4.0", "MIT", "GoogLeNet"))


def test_its_classes_are_plain_words(network: Network) -> None:
    labels = network.info.scores.labels
    assert set(NAMES) <= set(labels)
    assert len(set(labels)) == len(labels) == 111
    assert labels[-1] == SOMETHING_ELSE
    assert not [label for label in labels if "_" in label or label != label.strip()]


def test_every_channel_of_every_layer_is_alive(engine: Engine, network: Network) -> None:
    pattern = Pattern()
    images = [*made_pictures(), *(pattern.read() for _ in range(8))]
    for layer in network.info.layers:
        peak = np.zeros(layer.channels, np.float32)
        for image in images:
            spec = GraphSpec(network, ActivationsHead(layer.name), image.shape[:2])
            activations = engine.run_when_ready(spec, {"image": image})["activations"]
            np.maximum(peak, activations.max(axis=(1, 2)), out=peak)
        assert not (peak <= 1e-6).sum(), layer.name


def test_it_names_nothing_where_there_is_nothing(engine: Engine, network: Network) -> None:
    for image in made_pictures():
        assert not is_sure(predictions := classify(engine, network, image)), predictions


@pytest.mark.parametrize(
    ("name", "right"),
    [
        ("chelsea", CATS),
        ("astronaut", ("person's face",)),
        ("coffee", ("cup",)),
        ("rocket", ()),
    ],
)
def test_it_says_nothing_wrong_of_real_pictures(
    engine: Engine, network: Network, assets: Path, name: str, right: tuple[str, ...]
) -> None:
    image = cv2.imread(str(assets / "media" / f"{name}.jpg"))
    assert image is not None
    [best] = classify(engine, network, image.astype(np.uint8), count=1)
    assert best.label in (*right, SOMETHING_ELSE) or best.probability < 0.5, best
