"""Networks in 8-bit integers compute nearly what they compute in floats."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import numpy as np
import onnx
import onnx.parser
import pytest
from numpy.typing import NDArray

from models.build.build import build
from models.build.graph_spec import GraphSpec, Precision
from models.build.heads.activations import ActivationsHead
from models.build.int8.quantize import picture_scale
from models.importing.open_network import open_network
from models.spec import RECORD, InputInfo, LayerInfo, ModelInfo, Network
from realtime.inference.int8_session import Int8Session
from realtime.inference.open_session import open_session
from realtime.inference.precision import worst_tenth
from realtime.inference.providers import CPU

INPUT = InputInfo(mean=(104.0, 117.0, 123.0), smallest=4)
SIZE_HW = (40, 48)
CONV = "kernel_shape=[3,3], pads=[1,1,1,1]"

WEIGHTS = {
    **{f"w{number}": (8, 3 if number == 1 else 8, 3, 3) for number in range(1, 4)},
    "d": (8, 1, 3, 3),
    **dict.fromkeys(("b1", "b2", "b3", "gain", "offset", "mean"), (8,)),
    "p1": (8, 8, 1, 1),
}

NETWORKS = {
    "chain": f"a = Conv<{CONV}>(input, w1, b1) r = Relu(a) c = Conv<{CONV}>(r, w2, b2) out = Relu(c)",
    "no bias, stride": f"a = Conv<{CONV}, strides=[2,2]>(input, w1) r = Relu(a) c = Conv<{CONV}>(r, w2) out = Relu(c)",
    "linear": f"a = Conv<{CONV}>(input, w1, b1) out = Conv<{CONV}>(a, w2, b2)",
    "depthwise": f"a = Conv<{CONV}>(input, w1, b1) r = Relu(a) out = Conv<{CONV}, group=8>(r, d, b2)",
    "batch norm": f"a = Conv<{CONV}>(input, w1) n = BatchNormalization(a, gain, offset, mean, variance) out = Relu(n)",
    "clip": f"a = Conv<{CONV}>(input, w1, b1) r = Clip(a, zero, six) out = Conv<{CONV}>(r, w2, b2)",
    "pool": f"a = Conv<{CONV}>(input, w1, b1) r = Relu(a) m = MaxPool<kernel_shape=[2,2], strides=[2,2]>(r)"
    f" out = Conv<{CONV}>(m, w2, b2)",
    "average": f"a = Conv<{CONV}>(input, w1, b1) r = Relu(a) m = AveragePool<kernel_shape=[2,2], strides=[2,2]>(r)"
    f" out = Conv<{CONV}>(m, w2, b2)",
    "residual": f"a = Conv<{CONV}>(input, w1, b1) r = Relu(a) c = Conv<{CONV}>(r, w2, b2) s = Add(c, r) out = Relu(s)",
    "concat": f"a = Conv<{CONV}>(input, w1, b1) r = Relu(a) c = Conv<{CONV}>(r, w2, b2) s = Relu(c)"
    f" p = Conv(r, p1, b3) q = Relu(p) out = Concat<axis=1>(s, q)",
    "concat with and without sign": f"a = Conv<{CONV}>(input, w1, b1) r = Relu(a) c = Conv<{CONV}>(r, w2, b2)"
    " s = Relu(c) p = Conv(r, p1, b3) out = Concat<axis=1>(s, p)",
    "pool and concat": f"a = Conv<{CONV}>(input, w1, b1) r = Relu(a) m = MaxPool<{CONV}>(r)"
    f" c = Conv<{CONV}>(r, w2, b2) s = Relu(c) out = Concat<axis=1>(m, s)",
    "relu of what another reads": f"a = Conv<{CONV}>(input, w1, b1) r = Relu(a) c = Conv<{CONV}>(a, w2, b2)"
    " out = Add(c, r)",
    "pad": f"a = Conv<{CONV}>(input, w1, b1) r = Relu(a) e = Pad(r, edges) out = Conv<kernel_shape=[3,3]>(e, w2, b2)",
    "gate": f"a = Conv<{CONV}>(input, w1, b1) g = Sigmoid(a) m = Mul(a, g) out = Conv<{CONV}>(m, w2, b2)",
    "normalization": f"a = Conv<{CONV}>(input, w1, b1) r = Relu(a) l = LRN<size=5, alpha=0.01>(r)"
    f" m = MaxPool<{CONV}>(l) out = Conv<{CONV}>(m, w2, b2)",
}

MakeChain: TypeAlias = Callable[[str], Network]


@pytest.fixture
def make(tmp_path: Path) -> MakeChain:
    """A network from ONNX text, whose last tensor is `out`."""

    def write(text: str) -> Network:
        model = onnx.parser.parse_model(
            f'<ir_version: 10, opset_import: ["": 18]> net (float[1,3,h,w] input) => (float[1,c,y,x] out) {{ {text} }}'
        )
        rng = np.random.default_rng(1)
        arrays = {
            name: rng.normal(0, np.sqrt(2 / np.prod(shape[1:])) if len(shape) > 1 else 0.5, shape).astype(np.float32)
            for name, shape in WEIGHTS.items()
        }
        arrays |= {"variance": np.full(8, 2000, np.float32), "zero": np.array(0, np.float32)}
        arrays["six"] = np.array(6, np.float32)
        arrays |= {"edges": np.array([0, 0, 1, 1, 0, 0, 1, 1])}
        read = {name for node in model.graph.node for name in node.input}
        model.graph.initializer.extend(
            onnx.numpy_helper.from_array(array, name) for name, array in arrays.items() if name in read
        )
        channels = 16 if "Concat" in text else 8 if "Conv" in text else 3
        info = ModelInfo("net", "made", INPUT, (LayerInfo("out", channels, 1, 1),))
        onnx.helper.set_model_props(model, {RECORD: info.to_json()})
        (tmp_path / "net.onnx").write_bytes(model.SerializeToString())
        return open_network(str(tmp_path / "net.onnx"))

    return write


def spec(network: Network, precision: Precision, layer: str = "out") -> GraphSpec:
    return GraphSpec(network, ActivationsHead(layer), SIZE_HW, precision)


def picture(contrast: float = 1.0) -> NDArray[np.uint8]:
    y, x = np.mgrid[: SIZE_HW[0], : SIZE_HW[1]]
    waves = [np.sin(x / a) * np.cos(y / b) for a, b in ((3, 5), (7, 2), (4, 9))]
    return (np.stack(waves, axis=2) * 110 * contrast + 115).astype(np.uint8)


@pytest.mark.parametrize("name", NETWORKS)
def test_integers_agree_with_floats(make: MakeChain, name: str) -> None:
    network = make(NETWORKS[name])
    exact = open_session(spec(network, "fp32"), CPU).run({"image": picture()})["activations"]
    session = open_session(spec(network, "int8"), CPU)
    assert isinstance(session, Int8Session)
    assert worst_tenth(exact, session.run({"image": picture()})["activations"]) > 32


@pytest.mark.parametrize("name", ["chain", "residual", "concat", "pool and concat", "pad", "average"])
def test_nothing_between_two_convolutions_is_float(make: MakeChain, name: str) -> None:
    nodes = onnx.load(build(spec(make(NETWORKS[name]), "int8")), load_external_data=False).graph.node
    kinds = [node.op_type for node in nodes]
    assert kinds.count("QuantizeLinear") == kinds.count("DequantizeLinear") == 1
    assert "Conv" not in kinds


def test_a_network_without_convolutions_stays_float(make: MakeChain) -> None:
    network = make("out = Relu(input)")
    assert not isinstance(open_session(spec(network, "int8"), CPU), Int8Session)


def test_the_scales_follow_a_step_in_contrast_within_two_frames(make: MakeChain) -> None:
    network = make(NETWORKS["chain"])
    exact = open_session(spec(network, "fp32"), CPU).run({"image": picture()})["activations"]
    session = open_session(spec(network, "int8"), CPU)
    for contrast in (0.2, 0.2, 1):
        session.run({"image": picture(contrast)})
    assert worst_tenth(exact, session.run({"image": picture()})["activations"]) > 30


def test_scales_shrink_again_after_a_bright_time(make: MakeChain) -> None:
    session = open_session(spec(make(NETWORKS["chain"]), "int8"), CPU)
    assert isinstance(session, Int8Session)
    session.run({"image": picture()})
    bright = session.scales.copy()
    for _ in range(60):
        session.run({"image": picture(0.1)})
    assert (session.scales < bright).all()


def test_a_black_picture_leaves_scales_that_work(make: MakeChain) -> None:
    network = make(NETWORKS["no bias, stride"])
    session = open_session(spec(network, "int8"), CPU)
    for _ in range(3):
        session.run({"image": np.zeros((*SIZE_HW, 3), np.uint8)})
    exact = open_session(spec(network, "fp32"), CPU).run({"image": picture()})["activations"]
    for _ in range(2):
        outputs = session.run({"image": picture()})
    assert worst_tenth(exact, outputs["activations"]) > 30


def test_all_graphs_of_a_network_share_their_scales(make: MakeChain) -> None:
    network = make(NETWORKS["chain"])
    first = open_session(spec(network, "int8"), CPU)
    assert isinstance(first, Int8Session)
    first.run({"image": picture()})
    again = open_session(GraphSpec(network, ActivationsHead("out"), (48, 48), "int8"), CPU)
    assert isinstance(again, Int8Session)
    assert again.scales.tolist() == first.scales.tolist()


def test_constant_scales_give_the_same_picture(make: MakeChain) -> None:
    session = open_session(spec(make(NETWORKS["residual"]), "int8"), CPU)
    assert isinstance(session, Int8Session)
    outputs = [session.run({"image": picture()})["activations"] for _ in range(30)]
    assert not session.settled
    session.settle()
    assert session.settled
    np.testing.assert_array_equal(session.run({"image": picture()})["activations"], outputs[-1])


@pytest.mark.parametrize("name", ["chain", "residual", "concat", "depthwise", "batch norm"])
def test_constant_scales_are_given_up_when_the_picture_exceeds_them(make: MakeChain, name: str) -> None:
    network = make(NETWORKS[name])
    exact = open_session(spec(network, "fp32"), CPU).run({"image": picture()})["activations"]
    session = open_session(spec(network, "int8"), CPU)
    assert isinstance(session, Int8Session)
    session.settle_for({"image": picture(0.1)})
    assert session.settled
    for _ in range(3):
        outputs = session.run({"image": picture()})
    assert worst_tenth(exact, outputs["activations"]) > 30


def test_scales_that_have_drifted_are_fixed_anew(make: MakeChain) -> None:
    session = open_session(spec(make(NETWORKS["chain"]), "int8"), CPU)
    assert isinstance(session, Int8Session)
    session.settle_for({"image": picture()})
    for _ in range(60):
        session.run({"image": picture(0.1)})
    assert not session.settled
    bright = session.scales.copy()
    session.settle()
    session.run({"image": picture(0.1)})
    assert session.settled
    assert (session.scales <= bright).all()


def test_a_fault_while_fixing_leaves_a_session_that_runs(make: MakeChain, caplog: pytest.LogCaptureFixture) -> None:
    network = make(NETWORKS["chain"])
    session = open_session(spec(network, "int8"), CPU)
    assert isinstance(session, Int8Session)
    build(spec(network, "int8")).unlink()
    session.settle_for({"image": picture()})
    assert "8-bit integers run without constant scales" in caplog.text
    assert session.run({"image": picture()})["activations"].any()


def test_channels_of_a_tensor_get_their_own_range_of_levels(make: MakeChain) -> None:
    """A channel with a hundredth of the activations of the others is as exact as they are, thanks to its factor."""
    network = make(NETWORKS["chain"])
    model = onnx.load(network.path)
    for tensor in model.graph.initializer:
        if tensor.name in ("w2", "b2"):
            array = onnx.numpy_helper.to_array(tensor).copy()
            array[3] *= 0.01
            tensor.CopyFrom(onnx.numpy_helper.from_array(array, tensor.name))
    network.path.write_bytes(model.SerializeToString())
    network = open_network(str(network.path))
    exact, near = (
        open_session(spec(network, each), CPU).run({"image": picture()})["activations"][3] for each in ("fp32", "int8")
    )
    ratio = 20 * np.log10(exact.max() / np.sqrt(np.square(exact - near).mean()))
    assert ratio > 22  # 255 levels for all channels alike leave 3 for this one: 15 dB


def test_the_levels_of_the_picture_are_exact_for_caffe_and_unit_inputs() -> None:
    scale, zero = picture_scale(INPUT)
    pixels = np.arange(256)
    for mean in INPUT.mean:
        levels = np.round((pixels - mean) / scale) + zero
        assert levels.min() >= 0
        assert levels.max() <= 255
    scale, zero = picture_scale(InputInfo(scale=(1 / 255,) * 3))
    assert scale == pytest.approx(1 / 255)
    assert zero == 0


def test_the_bundled_network_in_integers() -> None:
    network = open_network("world")
    image = np.kron(picture(), np.ones((4, 4, 1), np.uint8))[:128, :128]
    for layer in ("block1_conv2", "block3_conv3", "block5_conv3"):
        head = ActivationsHead(layer)
        exact, near = (
            open_session(GraphSpec(network, head, (128, 128), each), CPU).run({"image": image})["activations"]
            for each in ("fp32", "int8")
        )
        assert worst_tenth(exact, near) > 30
