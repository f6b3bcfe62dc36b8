"""Networks in 8-bit integers compute nearly what they compute in floats."""

from __future__ import annotations

import numpy as np
import onnx
import onnx.parser
import pytest

from models.build.build import build
from models.build.graph_spec import GraphSpec
from models.build.heads.activations import ActivationsHead
from models.build.int8.quantize import picture_scale
from models.build.precision import Precision
from models.importing.open_network import open_network
from models.spec import InputInfo, Network
from realtime.inference.format_trial import worst_tenth
from realtime.inference.int8_session import Int8Session
from realtime.inference.open_session import open_session
from realtime.inference.providers import CPU
from tests.models.build.int8.networks import INPUT, NETWORKS, SIZE_HW, MakeChain, picture


def spec(network: Network, precision: Precision, layer: str = "out") -> GraphSpec:
    return GraphSpec(network, ActivationsHead(layer), SIZE_HW, precision)


@pytest.mark.parametrize("name", NETWORKS)
def test_integers_agree_with_floats(make: MakeChain, name: str) -> None:
    network = make(NETWORKS[name])
    exact = open_session(spec(network, "fp32"), CPU).run({"image": picture()})["activations"]
    session = open_session(spec(network, "int8"), CPU)
    assert isinstance(session, Int8Session)
    assert worst_tenth(exact, session.run({"image": picture()})["activations"]) > 30


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


def test_a_picture_without_any_activation_leaves_scales_that_work(make: MakeChain) -> None:
    """Every pixel is the mean of the network's input, so that nothing is active without a bias."""
    network = make(NETWORKS["no bias, stride"])
    grey = np.broadcast_to(np.array(INPUT.mean, np.uint8), (*SIZE_HW, 3)).copy()
    exact = open_session(spec(network, "fp32"), CPU).run({"image": picture()})["activations"]
    session = open_session(GraphSpec(network, ActivationsHead("out"), SIZE_HW, "int8"), CPU)
    assert not session.run({"image": grey})["activations"].any()
    for _ in range(3):
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
