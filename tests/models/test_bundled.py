"""The bundled network is small and plain, uses all its channels, and classifies unseen textures."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import onnx
import onnxruntime
import pytest
from numpy.typing import NDArray

from models.importing.open_network import open_network
from models.spec import INPUT, ModelInfo
from models.zoo import bundled_path, vgg16_layers
from tests.textures import CLASSES, draw

ASSET = bundled_path()
UNSEEN = 77_000_000
"""The first seed of the test pictures; those of the training are below 10 million."""


@pytest.fixture(scope="module")
def session() -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 2
    return onnxruntime.InferenceSession(ASSET, options, providers=["CPUExecutionProvider"])


@pytest.fixture(scope="module")
def info() -> ModelInfo:
    return open_network(str(ASSET)).info


def feeds(image: NDArray[np.uint8], info: ModelInfo) -> dict[str, NDArray[np.float32]]:
    tensor = (image - np.array(info.input.mean, np.float32)) * np.array(info.input.scale, np.float32)
    return {INPUT: np.ascontiguousarray(tensor.transpose(2, 0, 1)[None])}


def unseen(count: int, size: int) -> Iterator[tuple[int, NDArray[np.uint8]]]:
    for label, name in enumerate(CLASSES):
        for number in range(count):
            yield label, draw(name, UNSEEN + number, size)


def test_it_is_a_small_plain_network_with_a_card(info: ModelInfo) -> None:
    assert ASSET.stat().st_size <= 4_000_000
    assert (info.name, info.trained, info.layers) == ("world", True, vgg16_layers(0.25))
    assert info.scores.labels == CLASSES
    graph = onnx.load(ASSET).graph
    kinds = {node.op_type for node in graph.node}
    assert kinds <= {"Conv", "Relu", "MaxPool", "GlobalAveragePool", "Flatten", "Gemm", "Softmax"}
    assert "MIT" in ASSET.with_suffix(".md").read_text()


def test_it_classifies_unseen_textures(session: onnxruntime.InferenceSession, info: ModelInfo) -> None:
    right = []
    for label, image in unseen(8, info.scores.size_hw[0]):
        [probabilities] = session.run([info.scores.probabilities], feeds(image, info))
        assert probabilities.sum() == pytest.approx(1, abs=1e-4)
        right.append(probabilities.argmax() == label)
    assert np.mean(right) >= 0.9


def test_every_channel_of_every_layer_is_alive(session: onnxruntime.InferenceSession, info: ModelInfo) -> None:
    names = [layer.name for layer in info.layers]
    peaks = [np.zeros(layer.channels, np.float32) for layer in info.layers]
    for _, image in unseen(1, 160):
        for peak, activations in zip(peaks, session.run(names, feeds(image, info)), strict=True):
            np.maximum(peak, activations[0].max(axis=(1, 2)), out=peak)
    dead = {name: int((peak <= 1e-6).sum()) for name, peak in zip(names, peaks, strict=True)}
    assert dead == dict.fromkeys(names, 0)


def test_deep_layers_tell_textures_apart(session: onnxruntime.InferenceSession, info: ModelInfo) -> None:
    names = [layer.name for layer in info.layers if layer.block >= 4]
    bricks, clouds = (session.run(names, feeds(draw(name, UNSEEN, 160), info)) for name in ("bricks", "clouds"))
    for name, first, second in zip(names, bricks, clouds, strict=True):
        patterns = [activations[0].mean(axis=(1, 2)) for activations in (first, second)]
        assert np.corrcoef(*patterns)[0, 1] < 0.9, name
