"""Functions of a model's own are written out; what they would grow to is known before."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import helper

from models.errors import ModelError
from models.importing.open_network import open_network
from tests.models.importing.nets import Net
from tests.models.importing.reference import picture, run, save

OWN, VERSIONS = "own", [helper.make_opsetid("", 18), helper.make_opsetid("own", 1)]


def calling(name: str, *functions: onnx.FunctionProto) -> onnx.ModelProto:
    """A convolution, a call, and another convolution."""
    net = Net(opset=18)
    first = net.conv("x", 3, 8, name="first")
    net.nodes.append(helper.make_node(name, [first], ["called"], domain=OWN))
    net.op("Relu", net.conv("called", 8, 8, name="second"), out="y")
    model = net.model([1, 3, 32, 32], {"y": [1, 8, 32, 32]}, entry="x")
    model.opset_import.append(helper.make_opsetid(OWN, 1))
    model.functions.extend(functions)
    return model


def function(
    name: str, *nodes: onnx.NodeProto, versions: list[onnx.OperatorSetIdProto] = VERSIONS
) -> onnx.FunctionProto:
    return helper.make_function(OWN, name, ["a"], ["b"], list(nodes), versions)


def test_module_as_a_function_is_written_out(tmp_path: Path) -> None:
    gate = function("Gate", helper.make_node("Sigmoid", ["a"], ["b"]))
    silu = function(
        "Silu", helper.make_node("Gate", ["a"], ["g"], domain=OWN), helper.make_node("Mul", ["a", "g"], ["b"])
    )
    path = save(calling("Silu", gate, silu), tmp_path)
    network = open_network(str(path))
    assert [layer.name for layer in network.info.layers] == ["first", "second"]
    tensor = picture(network, (32, 32))
    np.testing.assert_allclose(run(str(network.path), tensor, ["second"])[0], run(str(path), tensor)[0], atol=1e-5)


def test_functions_that_grow_without_bounds_are_refused(tmp_path: Path) -> None:
    """Thirty functions, each of which calls the one before twice: a billion nodes."""
    functions = [function("F0", helper.make_node("Relu", ["a"], ["b"]))]
    for number in range(1, 31):
        calls = [helper.make_node(f"F{number - 1}", [a], [b], domain=OWN) for a, b in (("a", "m"), ("m", "b"))]
        functions.append(function(f"F{number}", *calls))
    with pytest.raises(ModelError, match="its functions written out have more than 20000 nodes"):
        open_network(str(save(calling("F30", *functions), tmp_path)))


def test_function_that_calls_itself_is_refused(tmp_path: Path) -> None:
    circle = function("Circle", helper.make_node("Circle", ["a"], ["b"], domain=OWN))
    path = tmp_path / "net.onnx"
    path.write_bytes(calling("Circle", circle).SerializeToString())
    with pytest.raises(ModelError, match="its function Circle calls itself"):
        open_network(str(path))


def test_call_of_a_function_that_is_missing_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "net.onnx"
    path.write_bytes(calling("Nobody").SerializeToString())
    with pytest.raises(ModelError, match="own::Nobody"):
        open_network(str(path))
