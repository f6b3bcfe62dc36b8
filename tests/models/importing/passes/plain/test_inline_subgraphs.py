"""Branches and loops of known course are written out and compute the same; what depends on the picture is left out."""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from models.errors import ModelError
from models.importing.open_network import open_network
from tests.models.importing.nets import Net
from tests.models.importing.reference import picture, run, save

INDEX = np.int64


def branch(net: Net, tensor: str, filters: int, activation: str = "Identity") -> onnx.GraphProto:
    """A branch that computes a convolution of a tensor around it; its inner names are those of other branches."""
    kernel = net.random(filters, 3, 3, 3)
    nodes = [
        helper.make_node("Conv", [tensor, kernel], ["inner"], pads=[1] * 4),
        helper.make_node(activation, ["inner"], ["active"]),
    ]
    return helper.make_graph(nodes, "branch", [], [helper.make_empty_tensor_value_info("active")])


def loop_body(nodes: list[onnx.NodeProto], end: str, *outputs: str, suffix: str = "") -> onnx.GraphProto:
    """A body that takes the trip, the condition and a state, and returns the condition and `outputs`."""
    inputs = [
        helper.make_tensor_value_info(f"trip{suffix}", TensorProto.INT64, []),
        helper.make_tensor_value_info(f"on{suffix}", TensorProto.BOOL, []),
        helper.make_tensor_value_info(f"state{suffix}", TensorProto.FLOAT, [1, 8, 32, 32]),
    ]
    still = helper.make_node("Identity", [f"on{suffix}"], [f"still{suffix}"])
    results = [helper.make_empty_tensor_value_info(name) for name in (f"still{suffix}", end, *outputs)]
    return helper.make_graph([*nodes, still], "body", inputs, results)


def with_branches(condition: str, opset: int = 13) -> onnx.ModelProto:
    """An If as PyTorch writes one: the condition is a constant, computed from a shape, or from the picture."""
    net = Net(opset=opset, producer="pytorch")
    match condition:
        case "constant":
            chosen = net.weight(True, dtype=np.bool_)
        case "shape":
            size = net.op("Gather", net.op("Shape", "x"), net.weight(1, dtype=INDEX))
            chosen = net.op("Equal", size, net.weight(3, dtype=INDEX))
        case _:
            chosen = net.op("Greater", net.op("ReduceMax", "x", keepdims=0), net.weight(0.0))
    branches = {"then_branch": branch(net, "x", 8, "Relu"), "else_branch": branch(net, "x", 8)}
    first = net.op("If", chosen, out="first", **branches)
    again = net.op(
        "If", chosen, out="again", then_branch=branch(net, "x", 8, "Sigmoid"), else_branch=branch(net, "x", 8)
    )
    net.op("Relu", net.conv(net.op("Add", first, again), 8, 8, name="last"), out="y")
    return net.model([1, 3, 32, 32], {"y": [1, 8, 32, 32]}, entry="x")


@pytest.mark.parametrize("opset", [11, 13, 20])
@pytest.mark.parametrize("condition", ["constant", "shape"])
def test_branch_of_known_condition_is_written_out(tmp_path: Path, condition: str, opset: int) -> None:
    path = save(with_branches(condition, opset), tmp_path)
    network = open_network(str(path))
    tensor = picture(network, (32, 32))
    last = network.info.layers[-1].name
    np.testing.assert_allclose(
        run(str(network.path), tensor, [last])[0], run(str(path), tensor)[0], rtol=1e-5, atol=1e-5
    )
    assert {"Relu", "Sigmoid"} <= {node.op_type for node in onnx.load(network.path).graph.node}


def looped(trips: int | str, opset: int = 13) -> onnx.ModelProto:
    """A convolution repeated in a loop, which also returns the mean of every trip."""
    net = Net(opset=opset)
    kernel = net.random(8, 8, 3, 3)
    nodes = [
        helper.make_node("Conv", ["state", kernel], ["made"], pads=[1] * 4),
        helper.make_node("Relu", ["made"], ["next"]),
        helper.make_node("GlobalAveragePool", ["next"], ["mean"]),
    ]
    body = loop_body(nodes, "next", "mean")
    start = net.op("Relu", net.conv("x", 3, 8, name="start"))
    count = net.weight(trips, dtype=INDEX) if isinstance(trips, int) else net.op(
        "Cast", net.op("ReduceMax", "x", keepdims=0), to=TensorProto.INT64
    )  # fmt: skip
    net.nodes.append(helper.make_node("Loop", [count, "", start], ["state_out", "means"], body=body))
    net.op("Relu", net.conv("state_out", 8, 8, name="end"), out="y")
    net.op("ReduceSum", "means", keepdims=0, out="sum")
    return net.model([1, 3, 32, 32], {"y": [1, 8, 32, 32], "sum": []}, entry="x")


@pytest.mark.parametrize("opset", [11, 13])
def test_loop_of_known_count_is_written_out(tmp_path: Path, opset: int) -> None:
    path = save(looped(3, opset), tmp_path)
    network = open_network(str(path))
    tensor = picture(network, (32, 32))
    assert [layer.name for layer in network.info.layers] == [
        "start",
        *(f"state_out/{trip}/next" for trip in range(3)),
        "end",
    ]
    np.testing.assert_allclose(
        run(str(network.path), tensor, ["end"])[0], run(str(path), tensor)[0], rtol=1e-5, atol=1e-5
    )


@pytest.mark.parametrize(
    ("model", "kind"), [(with_branches("picture"), "If 'If_"), (looped("picture"), "Loop"), (looped(2**40), "Loop")]
)
def test_course_that_depends_on_the_picture_is_left_out_and_said(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, model: onnx.ModelProto, kind: str
) -> None:
    first = helper.make_node("Conv", ["x", model.graph.initializer[0].name], ["seen"], pads=[1] * 4, name="seen")
    weights = onnx.numpy_helper.from_array(np.ones((4, 3, 3, 3), np.float32), "seen.weight")
    first.input[1] = "seen.weight"
    model.graph.node.insert(0, first)
    model.graph.initializer.append(weights)
    with caplog.at_level(logging.INFO):
        network = open_network(str(save(model, tmp_path)))
    assert network.info.layers[0].name == "seen"
    assert "end" not in {layer.name for layer in network.info.layers}
    said = [line for line in caplog.messages if line.startswith("net is shown without ")]
    assert len(said) == 1
    assert kind in said[0]
    assert said[0].endswith("whose course depends on the picture, and what depends on it")


def test_network_of_nothing_else_says_what_was_left_out(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"no convolution.*; left out: If 'If_first', whose course depends on the pic"):
        open_network(str(save(with_branches("picture"), tmp_path)))


def test_loops_inside_loops_are_bounded(tmp_path: Path) -> None:
    """256 trips of 256 trips of 256 trips: refused within moments."""
    net = Net()
    count, nodes = net.weight(256, dtype=INDEX), [helper.make_node("Relu", ["state0"], ["made0"])]
    for depth in range(3):
        body = loop_body(nodes, f"made{depth}", suffix=str(depth))
        nodes = [helper.make_node("Loop", [count, "", f"state{depth + 1}"], [f"made{depth + 1}"], body=body)]
    nodes[0].input[2] = net.conv("x", 3, 8)
    net.nodes += nodes
    net.op("Relu", net.conv("made3", 8, 8), out="y")
    with pytest.raises(ModelError, match=r"more than 20000 nodes|no convolution|left out"):
        open_network(str(save(net.model([1, 3, 32, 32], {"y": [1, 8, 32, 32]}, entry="x"), tmp_path)))
