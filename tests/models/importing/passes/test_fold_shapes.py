"""Chains of constants are computed once, by onnx's reference implementation; what is large or wrong stays."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import helper, numpy_helper

from models.graph.constant_folding import SMALL
from models.importing.open_network import open_network
from models.importing.passes.fold_shapes import fold
from models.spec import INPUT
from tests.models.importing.nets import Net
from tests.models.importing.reference import picture, run, save

INDEX = np.int64


def padding_module() -> onnx.ModelProto:
    """Pads computed by a chain of constants, as TorchScript exports padding modules."""
    net = Net(producer="pytorch")
    value = numpy_helper.from_array(np.array([0], INDEX))
    zeros = net.op("ConstantOfShape", net.weight([4], dtype=INDEX), value=value)
    pads = net.op("Concat", net.weight([1, 1, 1, 1], dtype=INDEX), zeros, axis=0)
    pairs = net.op("Reshape", pads, net.weight([-1, 2], dtype=INDEX))
    bounds = (net.weight([each], dtype=INDEX) for each in (-1, -(2**63) + 1, 0, -1))
    flat = net.op("Reshape", net.op("Transpose", net.op("Slice", pairs, *bounds)), net.weight([-1], dtype=INDEX))
    padded = net.op("Pad", INPUT, net.op("Cast", flat, to=onnx.TensorProto.INT64), mode="reflect")
    net.op("Relu", net.conv(padded, 3, 8, name="first", pads=[0] * 4), out="y")
    return net.model([1, 3, 64, 64], {"y": [1, 8, 64, 64]})


def test_computed_pads_are_folded_before_shapes_are_inferred(tmp_path: Path) -> None:
    path = save(padding_module(), tmp_path)
    network = open_network(str(path))
    assert [(layer.name, layer.stride) for layer in network.info.layers] == [("first", 1)]
    assert network.info.input.fixed_hw is None
    assert [node.op_type for node in onnx.load(network.path).graph.node] == ["Pad", "Conv", "Relu"]
    tensor = picture(network, (64, 64))
    np.testing.assert_array_equal(run(str(network.path), tensor, ["first"])[0], run(str(path), tensor)[0])


def graph(*nodes: onnx.NodeProto, **constants: list[int]) -> onnx.GraphProto:
    weights = [numpy_helper.from_array(np.array(values, INDEX), name) for name, values in constants.items()]
    return helper.make_graph(nodes, "chain", [], [], weights)


@pytest.mark.parametrize(
    ("kind", "constants"),
    [
        ("Div", {"a": [4, 2], "b": [2, 0]}),  # ONNX Runtime dies of it with SIGFPE
        ("ConstantOfShape", {"a": [2**20, 2**20]}),
        ("Expand", {"a": [1], "b": [SMALL, 2]}),
        ("Gather", {"a": [1, 2], "b": [7]}),
    ],
)
def test_what_is_large_or_undefined_stays(kind: str, constants: dict[str, list[int]]) -> None:
    node = helper.make_node(kind, list(constants), ["y"])
    chain = graph(node, helper.make_node("Cast", ["y"], ["z"], to=1), **constants)
    fold(chain, [{}])
    assert [each.op_type for each in chain.node] == [kind, "Cast"]


def test_integer_division_truncates_towards_zero() -> None:
    chain = graph(helper.make_node("Div", ["a", "b"], ["y"]), helper.make_node("Shape", ["y"], ["z"]), a=[-7], b=[2])
    fold(chain, [{}])
    [result] = (numpy_helper.to_array(each) for each in chain.initializer if each.name == "y")
    assert result.tolist() == [-3]
