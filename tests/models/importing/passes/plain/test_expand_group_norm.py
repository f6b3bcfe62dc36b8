"""GroupNormalization of every opset, and as PyTorch wrote it before: the same layers, values and gradients."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest

from models.importing.open_network import open_network
from realtime.dreams.objective import ObjectiveGradient, channel_objective
from realtime.inference.engine import Engine
from realtime.inference.providers import CPU
from tests.models.importing.nets import Net
from tests.models.importing.reference import picture, run, save


def normalized(net: Net, tensor: str, opset: int) -> str:
    """8 channels in 4 groups."""
    if opset >= 21:
        return net.op("GroupNormalization", tensor, net.random(8, scale=1.0), net.random(8), num_groups=4, epsilon=1e-3)
    if opset >= 18:
        return net.op("GroupNormalization", tensor, net.random(4, scale=1.0), net.random(4), num_groups=4)
    groups = net.op("Reshape", tensor, net.weight([0, 4, -1], dtype=np.int64))
    ones = net.op("InstanceNormalization", groups, net.weight(np.ones(4)), net.weight(np.zeros(4)))
    whole = net.op("Reshape", ones, net.op("Shape", tensor))
    scaled = net.op("Mul", whole, net.random(8, 1, 1, scale=1.0))
    return net.op("Add", scaled, net.random(8, 1, 1))


def groups(opset: int) -> onnx.ModelProto:
    net = Net(opset=opset)
    one = net.op("Relu", normalized(net, net.conv("x", 3, 8, name="first", strides=[2, 2]), opset), out="one")
    two = net.op("Relu", normalized(net, net.conv(one, 8, 8, name="second"), opset))
    joined = net.op("Relu", net.op("Add", two, one), out="y")
    return net.model([1, 3, "h", "w"], {joined: [1, 8, "a", "b"]}, entry="x")


@pytest.mark.parametrize("opset", [13, 17, 18, 21, 26])
def test_layers_end_after_the_activation_and_compute_the_same(tmp_path: Path, opset: int) -> None:
    path = save(groups(opset), tmp_path)
    network = open_network(str(path))
    assert [layer.name for layer in network.info.layers] == ["first", "second", "add1"]
    assert network.info.input.fixed_hw is None
    tensor = picture(network, (48, 64))
    np.testing.assert_allclose(run(str(network.path), tensor, ["add1"])[0], run(str(path), tensor)[0], atol=1e-5)
    inner = groups(opset)
    inner.graph.output.append(onnx.helper.make_empty_tensor_value_info("one"))
    theirs = run(inner.SerializeToString(), tensor, ["one"])[0]
    np.testing.assert_allclose(run(str(network.path), tensor, ["first"])[0], theirs, atol=1e-5)


@pytest.mark.parametrize("opset", [17, 18, 21])
def test_gradient_passes_the_groups(tmp_path: Path, opset: int) -> None:
    network = open_network(str(save(groups(opset), tmp_path)))
    image = np.random.default_rng(0).uniform(0, 255, (16, 24, 3)).astype(np.float32)
    step = np.random.default_rng(1).normal(size=image.shape).astype(np.float32)
    with Engine(CPU) as engine:
        gradient = ObjectiveGradient(engine, network, channel_objective(network.info, "add1", 2))
        expected = (gradient(image + 0.05 * step)[0] - gradient(image - 0.05 * step)[0]) / 0.1
        assert float((gradient(image)[1] * step).sum()) == pytest.approx(expected, rel=0.05)
