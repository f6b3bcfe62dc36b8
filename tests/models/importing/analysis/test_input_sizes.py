"""Layouts, margins, sizes and the whole numbers that say shapes: rewritten, they compute the same."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest

from models.build.build import build
from models.build.graph_spec import GraphSpec
from models.build.heads.activations import ActivationsHead
from models.errors import ModelError
from models.graph.builder import attributes
from models.importing.analysis import bounds
from models.importing.analysis.infer_shapes import ShapeModel
from models.importing.open_network import open_network
from models.importing.passes.explicit_pads import write_pads
from models.importing.passes.fold_shapes import fold
from models.spec import INPUT, InputLimits
from realtime.inference.engine import Engine
from realtime.inference.providers import CPU
from tests.models.importing.kinds.sizes import doubled, padded, resized, rounded_pools, skips
from tests.models.importing.nets import NETS, Net, shuffle, torch_resnet
from tests.models.importing.reference import prepare, run, save


def kinds(model: onnx.ModelProto) -> list[str]:
    return [node.op_type for node in model.graph.node]


def last_turned(net: Net, tensor: str) -> str:
    return net.op("Transpose", tensor, out="y", perm=[0, 3, 1, 2])


INDEX = np.int64

NHWC: dict[str, Callable[[Net, str], str]] = {
    "bias": lambda net, x: net.op("Add", x, net.weight([1, 2, 3])),
    "bias before": lambda net, x: net.op("Sub", net.weight(np.ones((1, 1, 3))), x),
    "a plane": lambda net, x: net.op("Mul", x, net.weight(np.arange(48.0).reshape(6, 8, 1))),
    "slope": lambda net, x: net.op("PRelu", x, net.weight(np.full((1, 1, 3), 0.1))),
    "clip": lambda net, x: net.op("Clip", x, net.weight(-0.5), net.weight(0.5)),
    "margin": lambda net, x: net.op("Pad", x, net.weight([0, 1, 2, 0, 0, 3, 4, 0], dtype=INDEX)),
    "join": lambda net, x: net.op("Concat", x, net.op("Relu", x), axis=-1),
    "rows": lambda net, x: net.op("Concat", x, x, axis=1),
    "mean": lambda net, x: net.op("Mul", x, net.op("ReduceMean", x, axes=[1, 2], keepdims=1)),
    "two ways": lambda net, x: net.op("Add", net.op("Sigmoid", x), net.op("Tanh", x)),
    "a matrix": lambda net, x: net.op("MatMul", x, net.random(3, 5)),
    "a shape": lambda net, x: net.op("Reshape", x, net.weight([1, 8, 6, 3], dtype=INDEX)),
    "a softmax": lambda net, x: net.op("Softmax", x, axis=-1),
}


@pytest.mark.parametrize("name", NHWC)
def test_what_is_computed_in_nhwc_is_computed_in_nchw(name: str) -> None:
    net = Net()
    last_turned(net, NHWC[name](net, net.op("Relu", net.op("Transpose", INPUT, perm=[0, 2, 3, 1]))))
    model = net.model([1, 3, 6, 8], {"y": [None]})  # type: ignore[list-item]
    model.graph.output[0].type.tensor_type.ClearField("shape")
    tensor = np.random.default_rng(2).normal(size=(1, 3, 6, 8)).astype(np.float32)
    expected = run(model.SerializeToString(), tensor)[0]
    prepare(model)
    dims = model.graph.input[0].type.tensor_type.shape.dim
    dims[2].dim_value, dims[3].dim_value = 6, 8
    np.testing.assert_allclose(run(model.SerializeToString(), tensor)[0], expected, rtol=1e-5, atol=1e-6)
    needs = {"a matrix": 2, "a shape": 2, "a softmax": 2}
    assert kinds(model).count("Transpose") == needs.get(name, 0)


def test_flattening_is_folded_and_shuffling_is_not() -> None:
    model = torch_resnet()
    prepare(model)
    skeleton = ShapeModel(model, 3)
    fold(model.graph, [skeleton.at((64, 64)), skeleton.at((96, 160))])
    assert "Shape" not in kinds(model)
    model = shuffle()
    prepare(model)
    skeleton = ShapeModel(model, 3)
    fold(model.graph, [skeleton.at((64, 64)), skeleton.at((96, 160))])
    assert "Shape" in kinds(model)
    fold(model.graph, [ShapeModel(model, 3).at((64, 64))])
    assert "Shape" not in kinds(model)


@pytest.mark.parametrize("size", [(32, 32), (33, 47)])
@pytest.mark.parametrize("auto_pad", ["SAME_UPPER", "SAME_LOWER", "VALID"])
@pytest.mark.parametrize(("kernel", "stride"), [(3, 1), (3, 2), (2, 3), (4, 2)])
def test_margins_are_what_the_word_meant(size: tuple[int, int], auto_pad: str, kernel: int, stride: int) -> None:
    net = Net()
    weights = net.random(4, 3, kernel, kernel)
    net.op("Conv", INPUT, weights, out="y", auto_pad=auto_pad, strides=[stride] * 2)
    model = net.model([1, 3, *size], {"y": [None]})  # type: ignore[list-item]
    model.graph.output[0].type.tensor_type.ClearField("shape")
    tensor = np.random.default_rng(2).normal(size=(1, 3, *size)).astype(np.float32)
    expected = run(model.SerializeToString(), tensor)[0]
    write_pads(model.graph, {INPUT: (1, 3, *size)})
    assert "auto_pad" not in attributes(model.graph.node[0])
    np.testing.assert_allclose(run(model.SerializeToString(), tensor)[0], expected, rtol=1e-5, atol=1e-6)


SMALLEST = """
import sys, numpy, onnxruntime
session = onnxruntime.InferenceSession(sys.argv[1])
session.run(sys.argv[3:], {"input": numpy.zeros((1, 3, int(sys.argv[2]), int(sys.argv[2])), numpy.float32)})
"""


def survives(path: Path, side: int, layer: str) -> bool:
    """Whether a process that runs the network so small lives on."""
    command = [sys.executable, "-c", SMALLEST, str(path), str(side), layer]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


@pytest.mark.parametrize("name", ["squeezenet_v1_1", "googlenet"])
def test_smallest_size_of_a_real_network_is_safe(assets: Path, tmp_path: Path, name: str) -> None:
    path = tmp_path / f"{name}.onnx"
    path.symlink_to(assets / "weights" / path.name)
    network = open_network(str(path))
    last = network.info.layers[-1].name
    assert survives(network.path, network.info.input.smallest, last)
    assert not survives(network.path, 8, last)


SIZES: dict[str, tuple[onnx.ModelProto, InputLimits]] = {
    "a fixed size that is not square": (skips(360, 640), InputLimits(8, step=8)),
    "any size in multiples": (skips("h", "w", levels=4), InputLimits(16, step=16)),
    "multiples of the deepest stride": (skips("h", "w", levels=6, up=doubled, join="Concat"), InputLimits(64, step=64)),
    "pools that round down": (rounded_pools(), InputLimits(32, step=32)),
    "free by resizing": (skips("h", "w", up=resized, join="Concat"), InputLimits(8)),
    "free by padding": (skips("h", "w", up=padded, join="Concat"), InputLimits(8)),
}


@pytest.mark.parametrize("name", SIZES)
def test_step_and_smallest_size_are_found_and_hold(tmp_path: Path, name: str) -> None:
    model, expected = SIZES[name]
    network = open_network(str(save(model, tmp_path)))
    info = network.info
    assert info.input.limits == expected
    with Engine(CPU) as engine:
        for height, width in ((1, 3), (2, 1), (5, 7), (9, 8)):
            size_hw = (expected.smallest * height, expected.smallest * width)
            spec = GraphSpec(network, ActivationsHead(info.layers[-1].name), size_hw)
            feeds = {"image": np.zeros((*size_hw, 3), np.uint8)}
            stride = info.layers[-1].stride
            expected_hw = (size_hw[0] // stride, size_hw[1] // stride)
            assert engine.run_when_ready(spec, feeds)["activations"].shape[1:] == expected_hw
        if expected.step == 1:
            spec = GraphSpec(network, ActivationsHead(info.layers[-1].name), (45, 91))
            feeds = {"image": np.zeros((45, 91, 3), np.uint8)}
            assert engine.run_when_ready(spec, feeds)["activations"].shape[1:] == (45, 91)
        else:
            size_hw = (expected.smallest, expected.smallest + 1)
            with pytest.raises(ModelError, match=f"multiples of {expected.step} pixels, but the input would be"):
                build(GraphSpec(network, ActivationsHead(info.layers[-1].name), size_hw))


def test_size_that_layers_are_reshaped_to_stays_the_only_one(tmp_path: Path) -> None:
    net = Net()
    one = net.op("Relu", net.conv("x", 3, 8))
    again = net.op("Reshape", one, net.weight([1, 8, 40, 24], dtype=np.int64))
    net.op("Relu", net.conv(again, 8, 8), out="y")
    info = open_network(str(save(net.model([1, 3, 40, 24], {"y": [1, 8, 40, 24]}, entry="x"), tmp_path))).info
    assert info.input.limits == InputLimits(24, (40, 24))


@pytest.mark.parametrize(("name", "side", "fits"), [("squeeze", 2, False), ("squeeze", 3, True), ("nhwc", 1, True)])
def test_windows_that_do_not_fit_are_found(name: str, side: int, fits: bool) -> None:
    model = NETS[name]()
    context = prepare(model)
    skeleton = ShapeModel(model, context.input.channels)
    if fits:
        bounds.check_bounds(model.graph, skeleton.at((side, side)))
    else:
        with pytest.raises(ModelError, match=r"does not fit into 2x2"):
            bounds.check_bounds(model.graph, skeleton.at((side, side)))
