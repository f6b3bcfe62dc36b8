"""Grad-CAM against values known by hand, and against Keras."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from numpy.typing import NDArray

from models.build.build import build
from models.build.graph_spec import GraphSpec
from models.build.heads.gradcam import GradcamHead
from models.errors import ModelError
from models.graph.builder import FLOAT, GraphBuilder, empty_model
from models.importing.open_network import open_network
from models.spec import INPUT, RECORD, ClassifierInfo, InputInfo, LayerInfo, ModelInfo, Network
from realtime.inference.engine import Engine
from tests.models.build.heads.conftest import MakeNetwork
from tests.networks import colour_network

Array = NDArray[Any]


def run(engine: Engine, network: Network, head: GradcamHead, image: Array, weights: list[float]) -> dict[str, Array]:
    spec = GraphSpec(network, head, (image.shape[0], image.shape[1]))
    return engine.run_when_ready(spec, {"image": image, "weights": np.array(weights, np.float32)})


@pytest.fixture
def image() -> NDArray[np.uint8]:
    return np.random.default_rng(0).integers(0, 256, (16, 16, 3), dtype=np.uint8)


@pytest.mark.parametrize("apart", [False, True])
def test_the_heatmap_of_a_class(tmp_path: Path, engine: Engine, image: NDArray[np.uint8], apart: bool) -> None:
    colour_network(tmp_path / "colours.onnx", apart=apart)
    outputs = run(engine, open_network(str(tmp_path / "colours.onnx")), GradcamHead("conv2"), image, [0, 0, 1])
    assert outputs["heatmap"] == pytest.approx(image[::2, ::2, 2] / 255 * 10 / 64, rel=1e-3)
    assert outputs["activations"] == pytest.approx(image[::2, ::2].mean((0, 1)) / 255 * 10, rel=1e-3)


def test_the_heatmap_of_a_channel(engine: Engine, colours: Network, image: NDArray[np.uint8]) -> None:
    outputs = run(engine, colours, GradcamHead("conv1", "conv2"), image, [0, 1, 0])
    assert outputs["heatmap"] == pytest.approx(image[..., 1] / 255 / 256, rel=1e-3)


@pytest.mark.parametrize(
    ("head", "message"),
    [
        (
            GradcamHead("conv2", "conv1"),
            "layer 'conv1' does not depend on layer 'conv2'; choose a layer that comes before it",
        ),
        (GradcamHead("conv9"), "layer 'conv9' is not in colours"),
    ],
    ids=repr,
)
def test_a_layer_that_does_not_fit_is_named(colours: Network, head: GradcamHead, message: str) -> None:
    with pytest.raises(ModelError, match=message):
        build(GraphSpec(colours, head, (16, 16)))


@pytest.mark.parametrize(
    ("target", "advice"), [("last", "choose a layer after it"), ("next", "no layer lies between it and layer 'next'")]
)
def test_an_operator_without_a_gradient_is_named(make_network: MakeNetwork, target: str, advice: str) -> None:
    text = "first = Relu(input) m = Mod<fmod=1>(first, two) next = Relu(m) last = Relu(next)"
    network = make_network(text, ("first", "next", "last"))
    with pytest.raises(ModelError) as raised:
        build(GraphSpec(network, GradcamHead("first", target), (16, 16)))
    assert str(raised.value) == f"no gradient rule for Mod, node 'm' of odd; {advice}"


@pytest.mark.keras
def test_grad_cam_equals_keras(tmp_path: Path, engine: Engine) -> None:
    tf = pytest.importorskip("tensorflow")
    tf.keras.utils.set_random_seed(5)
    layers, image = tf.keras.layers, np.random.default_rng(5).integers(0, 256, (24, 24, 3), dtype=np.uint8)
    convolutions = [layers.Conv2D(count, 3, padding="same", activation="relu") for count in (8, 12)]
    dense = layers.Dense(5)
    rest = tf.keras.Sequential([layers.MaxPooling2D(), convolutions[1], layers.GlobalAveragePooling2D(), dense])
    first = convolutions[0](image[None] / np.float32(255))
    with tf.GradientTape() as tape:
        tape.watch(first)
        score = rest(first)[0, 3]
    importance = tf.reduce_mean(tape.gradient(score, first), (0, 1, 2))
    expected = tf.nn.relu(tf.reduce_sum(first[0] * importance, -1)).numpy()
    learned = [[np.asarray(each) for each in layer.get_weights()] for layer in (*convolutions, dense)]
    network = open_network(str(write_classifier(tmp_path / "keras.onnx", learned[:2], learned[2][0])))
    heatmap = run(engine, network, GradcamHead("conv1"), image, [0, 0, 0, 1, 0])["heatmap"]
    assert expected.max() > 0
    assert np.corrcoef(heatmap.ravel(), expected.ravel())[0, 1] >= 0.9999
    assert heatmap == pytest.approx(expected, abs=1e-4 * float(expected.max()))


def write_classifier(path: Path, convolutions: list[list[Array]], dense: Array) -> Path:
    """The same network as a stored one, with kernels in NCHW order; the dense layer's biases are zero."""
    model = empty_model("keras")
    builder, tensor = GraphBuilder(model), INPUT
    builder.input(INPUT, FLOAT, (1, 3, "height", "width"))
    for number, (kernel, bias) in enumerate(convolutions, start=1):
        weights = (builder.constant(kernel.transpose(3, 2, 0, 1)), builder.constant(bias))
        relu = builder.op("Relu", builder.op("Conv", tensor, *weights, pads=[1, 1, 1, 1]))
        builder.output(relu, f"conv{number}", FLOAT, (1, kernel.shape[3], None, None))
        tensor = builder.op("MaxPool", f"conv{number}", kernel_shape=[2, 2], strides=[2, 2])
    means = builder.op("ReduceMean", "conv2", builder.ints(2, 3), keepdims=0)
    scores = builder.op("MatMul", means, builder.constant(dense))
    for name, result in (("logits", scores), ("probabilities", builder.op("Softmax", scores, axis=1))):
        model.graph.node.append(onnx.helper.make_node("Identity", [result], [name]))
    info = ModelInfo(
        name="keras",
        weights="made",
        input=InputInfo(scale=(1 / 255,) * 3, smallest=4),
        layers=(LayerInfo("conv1", 8, 1, 1), LayerInfo("conv2", 12, 2, 2)),
        classifier=ClassifierInfo("logits", "probabilities", tuple("abcde"), size_hw=(24, 24)),
    )
    onnx.helper.set_model_props(model, {RECORD: info.to_json()})
    path.write_bytes(model.SerializeToString())
    return path
