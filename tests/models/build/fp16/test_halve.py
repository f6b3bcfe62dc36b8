"""Networks in half precision compute nearly what they compute in float32."""

from __future__ import annotations

import shutil
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import onnx.parser
import pytest
from numpy.typing import NDArray
from onnx import TensorProto

from models.build.build import build
from models.build.graph_spec import GraphSpec
from models.build.heads.activations import ActivationsHead
from models.build.heads.dream import DreamHead
from models.graph.builder import tensors
from models.importing.open_network import open_network
from models.spec import RECORD, InputInfo, LayerInfo, ModelInfo, Network
from realtime.inference.format_trial import worst_tenth
from realtime.inference.open_session import open_session
from realtime.inference.providers import CPU
from scripts.machine.check.agreement import compare, cosine
from scripts.machine.check.examples import Example, examples

SIZE_HW = (32, 40)
CONV = "kernel_shape=[3,3], pads=[1,1,1,1]"
NAMES = ("mosaic", "story", "features", "Grad-CAM", "saliency", "dream step", "maximize", "key picture")


def agrees(example: Example, network: Network) -> bool:
    spec = example.spec(network)
    exact, half = (open_session(each, CPU) for each in (spec, replace(spec, precision="fp16")))
    feeds = example.measured(exact.run)
    return compare(example, exact.run(feeds), half.run(feeds), "fp16").agrees


@pytest.mark.parametrize("name", NAMES)
def test_every_graph_of_the_bundled_network_agrees_with_float32(name: str) -> None:
    """Tiles within 6 levels of 255, features and heatmaps with a cosine of 0.998, gradients with one of 0.95."""
    network = open_network("world")
    assert agrees(next(each for each in examples(network, 96) if each.name == name), network)


@pytest.mark.slow
@pytest.mark.parametrize("file", ["squeezenet_v1_1.onnx", "googlenet.onnx"])
def test_every_graph_of_a_known_network_agrees_with_float32(assets: Path, tmp_path: Path, file: str) -> None:
    shutil.copy(assets / "weights" / file, tmp_path / file)
    network = open_network(str(tmp_path / file))
    wrong = [each.name for each in examples(network, 224) if each.name in NAMES and not agrees(each, network)]
    assert not wrong


def network(folder: Path, text: str, *, scale: float = 1.0) -> Network:
    """A network from ONNX text, whose last tensor is `out`; `scale` is that of its weights."""
    model = onnx.parser.parse_model(
        f'<ir_version: 10, opset_import: ["": 18]> net (float[1,3,h,w] input) => (float[1,c,y,x] out) {{ {text} }}'
    )
    rng = np.random.default_rng(1)
    shapes = {"w1": (8, 3, 3, 3), "w2": (8, 8, 3, 3), "b1": (8,), "d": (8, 1, 3, 3)}
    arrays = {name: (rng.normal(0, 0.2, shape) * scale).astype(np.float32) for name, shape in shapes.items()}
    read = {name for node in model.graph.node for name in node.input}
    stored = [onnx.numpy_helper.from_array(array, name) for name, array in arrays.items() if name in read]
    model.graph.initializer.extend(stored)
    info = ModelInfo("net", "made", InputInfo(mean=(104.0, 117.0, 123.0), smallest=4), (LayerInfo("out", 8, 1, 1),))
    onnx.helper.set_model_props(model, {RECORD: info.to_json()})
    (folder / "net.onnx").write_bytes(model.SerializeToString())
    return open_network(str(folder / "net.onnx"))


def picture() -> NDArray[np.float32]:
    y, x = np.mgrid[: SIZE_HW[0], : SIZE_HW[1]]
    waves = [np.sin(x / a) * np.cos(y / b) for a, b in ((3, 5), (7, 2), (4, 9))]
    return np.asarray(np.stack(waves, axis=2) * 110 + 115, np.float32).round()


TEXTS = {
    "chain": f"a = Conv<{CONV}>(input, w1, b1) r = Relu(a) c = Conv<{CONV}>(r, w2) out = Relu(c)",
    "pools": f"a = Conv<{CONV}>(input, w1, b1) r = Relu(a) m = MaxPool<kernel_shape=[3,3], strides=[2,2]>(r)"
    f" n = MaxPool<kernel_shape=[2,2], strides=[2,2]>(m) out = Conv<{CONV}>(n, w2)",
    "normalization": f"a = Conv<{CONV}>(input, w1, b1) r = Relu(a) l = LRN<size=5, alpha=0.01>(r)"
    f" m = MaxPool<{CONV}>(l) out = Conv<{CONV}>(m, w2)",
    "square": f"a = Conv<{CONV}>(input, w1, b1) s = Mul(a, a) q = Sqrt(s) out = Conv<{CONV}>(q, w2)",
    "residual": f"a = Conv<{CONV}>(input, w1, b1) r = Relu(a) c = Conv<{CONV}>(r, w2) s = Add(c, r) out = Relu(s)",
    "depthwise": f"a = Conv<{CONV}>(input, w1, b1) r = Relu(a) out = Conv<{CONV}, group=8>(r, d)",
    "average": f"a = Conv<{CONV}>(input, w1, b1) m = AveragePool<kernel_shape=[2,2], strides=[2,2]>(a)"
    f" out = Conv<{CONV}>(m, w2)",
}


@pytest.mark.parametrize("name", TEXTS)
def test_activations_and_gradients_agree_with_float32(tmp_path: Path, name: str) -> None:
    made = network(tmp_path, TEXTS[name])
    spec = GraphSpec(made, ActivationsHead("out"), SIZE_HW)
    exact, near = (activations(replace(spec, precision=each)) for each in ("fp32", "fp16"))
    assert 45 < worst_tenth(exact, near) < 90  # it rounds
    exact, near = (gradient(made, each) for each in ("fp32", "fp16"))
    assert cosine(exact, near) > 0.99
    assert np.linalg.norm(near) == pytest.approx(np.linalg.norm(exact), rel=0.05)


def activations(spec: GraphSpec) -> NDArray[np.float32]:
    found: NDArray[np.float32] = open_session(spec, CPU).run({"image": picture().astype(np.uint8)})["activations"]
    return found


def gradient(made: Network, precision: str, weight: float = 1.0) -> NDArray[np.float32]:
    spec = GraphSpec(made, DreamHead(("out",)), SIZE_HW, precision)  # type: ignore[arg-type]
    feeds = {"image": picture(), "weights": np.full(8, weight, np.float32)}
    found: NDArray[np.float32] = open_session(spec, CPU).run(feeds)["gradient"]
    return found


@pytest.mark.parametrize(
    ("name", "half", "single"),
    [
        ("chain", {"Conv", "Relu"}, set()),
        ("pools", {"Conv", "Relu", "MaxPool"}, set()),
        ("normalization", {"Conv", "Relu"}, {"Conv", "Mul", "Sqrt", "Div", "MaxPool"}),
        ("square", {"Conv"}, {"Mul", "Sqrt"}),
        ("average", {"Conv"}, {"AveragePool"}),
    ],
)
def test_sums_and_squares_stay_float32(tmp_path: Path, name: str, half: set[str], single: set[str]) -> None:
    spec = GraphSpec(network(tmp_path, TEXTS[name]), ActivationsHead("out"), SIZE_HW, "fp16")
    model = onnx.load(build(spec))
    known = tensors(model)
    kinds: dict[int, Counter[str]] = {TensorProto.FLOAT: Counter(), TensorProto.FLOAT16: Counter()}
    for node in model.graph.node:
        if not node.output[0].startswith(("ventral/", "input")):  # of the network itself
            kinds.setdefault(known[node.output[0]].elem_type, Counter())[node.op_type] += 1
    assert set(kinds[TensorProto.FLOAT16]) - {"Cast"} == half
    assert set(kinds[TensorProto.FLOAT]) - {"Cast", "Unsqueeze", "Identity"} == single


@pytest.mark.parametrize("weight", [1e-12, 1.0, 1e9])
def test_gradients_neither_vanish_nor_overflow(tmp_path: Path, weight: float) -> None:
    """Half precision has no numbers below 6e-8 or above 65504."""
    made = network(tmp_path, TEXTS["pools"])
    exact, near = (gradient(made, each, weight) for each in ("fp32", "fp16"))
    assert exact.any()
    assert cosine(exact, near) > 0.99


def test_without_weights_there_is_no_gradient(tmp_path: Path) -> None:
    assert not gradient(network(tmp_path, TEXTS["chain"]), "fp16", 0.0).any()


def test_weights_that_are_too_large_stay_float32(tmp_path: Path) -> None:
    made = network(tmp_path, "a = Identity(input) out = Conv<kernel_shape=[3,3], pads=[1,1,1,1]>(a, w1)", scale=1e6)
    spec = GraphSpec(made, ActivationsHead("out"), SIZE_HW)
    assert (activations(spec) == activations(replace(spec, precision="fp16"))).all()


def test_float32_weights_that_nothing_reads_are_left_out() -> None:
    spec = GraphSpec(open_network("world"), ActivationsHead("block3_conv1"), (64, 64), "fp16")
    graph = onnx.load(build(spec), load_external_data=False).graph
    stored = [each for each in graph.initializer if each.data_location == TensorProto.EXTERNAL]
    assert stored
    assert {each.data_type for each in stored} == {TensorProto.FLOAT16}
