"""Answers and their gradients: of layers, channels, units, guides, classes; and Grad-CAM against other hands."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from numpy.typing import NDArray

from models.build.build import build
from models.build.graph_spec import GraphSpec
from models.build.heads.activations import ActivationsHead
from models.build.heads.dream import GUIDE_UNITS, DreamHead
from models.build.heads.gradcam import GradcamHead
from models.errors import ModelError
from models.graph.builder import FLOAT, GraphBuilder, empty_model
from models.importing.open_network import open_network
from models.spec import CARD, CLASSES, INPUT, ClassifierInfo, InputInfo, LayerInfo, ModelInfo, Network
from realtime.inference.engine import Engine
from realtime.inference.providers import CPU
from tests.networks import colour_network

Array = NDArray[Any]
SIZE_HW = (48, 40)
LAYERS = ("block2_conv2", "block3_conv1")


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with Engine(CPU) as engine:
        yield engine


@pytest.fixture(scope="module")
def network() -> Network:
    return open_network("textures")


def picture(seed: int = 0) -> Array:
    return np.random.default_rng(seed).uniform(0, 255, (*SIZE_HW, 3)).astype(np.float32)


def activations(engine: Engine, network: Network, layer: str, image: Array) -> Array:
    """What a layer answers to whole numbers."""
    spec = GraphSpec(network, ActivationsHead(layer), SIZE_HW)
    return engine.run_when_ready(spec, {"image": image.astype(np.uint8)})["activations"]


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
def test_the_slope_is_how_the_answer_grows(engine: Engine, network: Network, head: DreamHead) -> None:
    spec, feeds = GraphSpec(network, head, SIZE_HW), feeds_of(head, network, picture())
    slope = engine.run_when_ready(spec, feeds)["gradient"]
    assert slope.shape == (*SIZE_HW, 3)
    way = slope / np.abs(slope).max()
    answers = [float(engine.run(spec, feeds | {"image": picture() + side * way})["value"]) for side in (-0.05, 0.05)]
    assert (answers[1] - answers[0]) / 0.1 == pytest.approx(float((slope * way).sum()), rel=0.05)


@pytest.mark.parametrize("energy", [True, False])
def test_the_answer_is_the_weighted_sum_over_layers(engine: Engine, network: Network, energy: bool) -> None:
    head, image = DreamHead(LAYERS, energy=energy), np.rint(picture())
    feeds = feeds_of(head, network, image)
    units = [activations(engine, network, layer, image) for layer in LAYERS]
    means = np.concatenate([(each * each if energy else each).mean((1, 2)) for each in units])
    answer = engine.run_when_ready(GraphSpec(network, head, SIZE_HW), feeds)["value"]
    assert float(answer) == pytest.approx(float(means @ feeds["weights"]), rel=1e-4)


def test_one_unit_answers_alone(engine: Engine, network: Network) -> None:
    head, image = DreamHead(LAYERS[1:], energy=False, at=(1.0, 0.0)), np.rint(picture())
    feeds = feeds_of(head, network, image)
    expected = activations(engine, network, LAYERS[1], image)[:, 0, -1] @ feeds["weights"]
    answer = engine.run_when_ready(GraphSpec(network, head, SIZE_HW), feeds)["value"]
    assert float(answer) == pytest.approx(float(expected), rel=1e-4)


def test_likeness_is_the_product_with_the_likest_unit_of_the_guide(engine: Engine, network: Network) -> None:
    head, image = DreamHead(LAYERS[:1], guided=True), np.rint(picture())
    feeds = feeds_of(head, network, image)
    units = activations(engine, network, LAYERS[0], image).reshape(len(feeds["weights"]), -1)
    guide = feeds["guide_0"]
    likest = guide[:, np.argmax(guide.T * feeds["weights"] @ units, axis=0)]
    answer = engine.run_when_ready(GraphSpec(network, head, SIZE_HW), feeds)["value"]
    assert float(answer) == pytest.approx(float((units * likest).mean(1) @ feeds["weights"]), rel=1e-3)


@pytest.mark.parametrize("apart", [False, True])
def test_a_class_is_climbed_to_and_found(tmp_path: Path, engine: Engine, apart: bool) -> None:
    colour_network(tmp_path / "colours.onnx", apart=apart)
    network = open_network(str(tmp_path / "colours.onnx"))
    wanted = np.array([0, 0, 1], np.float32)
    dream = engine.run_when_ready(
        GraphSpec(network, DreamHead((CLASSES,), energy=False), (16, 16)),
        {"image": np.full((16, 16, 3), 100, np.float32), "weights": wanted},
    )
    seen = dream["gradient"][::2, ::2]
    assert seen[..., 2] == pytest.approx(10 / 255 / 64, rel=1e-4)
    assert not seen[..., :2].any()
    image = np.random.default_rng(0).integers(0, 256, (16, 16, 3), dtype=np.uint8)
    heat = engine.run_when_ready(GraphSpec(network, GradcamHead("conv2"), (16, 16)), {"image": image, "weights": wanted})
    assert heat["heatmap"] == pytest.approx(image[::2, ::2, 2] / 255 * 10 / 64, rel=1e-3)
    assert heat["activations"] == pytest.approx(image[::2, ::2].mean((0, 1)) / 255 * 10, rel=1e-3)


def test_heat_for_a_channel_of_a_deeper_layer(tmp_path: Path, engine: Engine) -> None:
    colour_network(tmp_path / "colours.onnx")
    network = open_network(str(tmp_path / "colours.onnx"))
    image = np.random.default_rng(0).integers(0, 256, (16, 16, 3), dtype=np.uint8)
    result = engine.run_when_ready(
        GraphSpec(network, GradcamHead("conv1", "conv2"), (16, 16)),
        {"image": image, "weights": np.array([0, 1, 0], np.float32)},
    )
    assert result["heatmap"] == pytest.approx(image[..., 1] / 255 / 256, rel=1e-3)


@pytest.mark.parametrize(
    ("head", "words"),
    [
        (
            GradcamHead("conv2", "conv1"),
            "layer 'conv1' does not depend on layer 'conv2'; choose a layer that comes before",
        ),
        (GradcamHead("conv9"), "layer 'conv9' is not in colours"),
        (DreamHead(("conv1", "conv9")), "layer 'conv9' is not in colours"),
    ],
    ids=repr,
)
def test_what_cannot_be_reached_is_said(tmp_path: Path, head: DreamHead | GradcamHead, words: str) -> None:
    colour_network(tmp_path / "colours.onnx")
    with pytest.raises(ModelError, match=words):
        build(GraphSpec(open_network(str(tmp_path / "colours.onnx")), head, (16, 16)))


def test_an_operator_without_a_rule_is_named(tmp_path: Path) -> None:
    path = write_network(tmp_path, lambda draft, tensor: draft.op("Mod", tensor, draft.floats(2.0), fmod=1))
    with pytest.raises(ModelError, match="no gradient rule for Mod"):
        build(GraphSpec(open_network(str(path)), DreamHead(("conv",)), (16, 16)))


def write_network(folder: Path, head: Any) -> Path:
    model = empty_model("odd")
    draft = GraphBuilder(model)
    draft.input(INPUT, FLOAT, (1, 3, "height", "width"))
    draft.output(head(draft, INPUT), "conv", FLOAT, (1, 3, None, None))
    info = ModelInfo("odd", "made", InputInfo(smallest=4), (LayerInfo("conv", 3, 1, 1),))
    onnx.helper.set_model_props(model, {CARD: info.to_json()})
    (folder / "odd.onnx").write_bytes(model.SerializeToString())
    return folder / "odd.onnx"


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
    weights = tf.reduce_mean(tape.gradient(score, first), (0, 1, 2))
    expected = tf.nn.relu(tf.reduce_sum(first[0] * weights, -1)).numpy()
    learned = [[np.asarray(each) for each in layer.get_weights()] for layer in (*convolutions, dense)]
    network = open_network(str(write_classifier(tmp_path / "keras.onnx", learned[:2], learned[2][0])))
    wanted = np.eye(1, 5, 3, dtype=np.float32)[0]
    result = engine.run_when_ready(GraphSpec(network, GradcamHead("conv1"), (24, 24)), {"image": image, "weights": wanted})
    assert expected.max() > 0
    assert np.corrcoef(result["heatmap"].ravel(), expected.ravel())[0, 1] >= 0.9999
    assert result["heatmap"] == pytest.approx(expected, abs=1e-4 * float(expected.max()))


def write_classifier(path: Path, convolutions: list[list[Array]], dense: Array) -> Path:
    """The same network as a stored one, kernels turned to NCHW; biases of Keras's begin at zero."""
    model = empty_model("keras")
    draft, tensor = GraphBuilder(model), INPUT
    draft.input(INPUT, FLOAT, (1, 3, "height", "width"))
    for number, (kernel, bias) in enumerate(convolutions, start=1):
        weights = (draft.constant(kernel.transpose(3, 2, 0, 1)), draft.constant(bias))
        relu = draft.op("Relu", draft.op("Conv", tensor, *weights, pads=[1, 1, 1, 1]))
        draft.output(relu, f"conv{number}", FLOAT, (1, kernel.shape[3], None, None))
        tensor = draft.op("MaxPool", f"conv{number}", kernel_shape=[2, 2], strides=[2, 2])
    scores = draft.op("MatMul", draft.op("ReduceMean", "conv2", draft.ints(2, 3), keepdims=0), draft.constant(dense))
    for name, result in (("logits", scores), ("probabilities", draft.op("Softmax", scores, axis=1))):
        model.graph.node.append(onnx.helper.make_node("Identity", [result], [name]))
    info = ModelInfo(
        name="keras",
        weights="made",
        input=InputInfo(scale=(1 / 255,) * 3, smallest=4),
        layers=(LayerInfo("conv1", 8, 1, 1), LayerInfo("conv2", 12, 2, 2)),
        classifier=ClassifierInfo("logits", "probabilities", tuple("abcde"), size_hw=(24, 24)),
    )
    onnx.helper.set_model_props(model, {CARD: info.to_json()})
    path.write_bytes(model.SerializeToString())
    return path
