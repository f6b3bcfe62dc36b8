"""Every rule of the upgrade computes in opset 18 what it computed before."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import onnx
import pytest

from models.errors import ModelError
from models.importing.passes.convert_opset import RULES, convert_opset
from tests.models.importing.nets import Net
from tests.models.importing.reference import run


def reduction(kind: str) -> Callable[[Net], object]:
    return lambda net: net.op(kind, "x", out="y", axes=[2, 3], keepdims=0)


def resize(net: Net) -> object:
    roi, scales = net.weight(np.zeros(0)), net.weight([1, 1, 2, 2])
    mode = {"coordinate_transformation_mode": "tf_half_pixel_for_nn", "nearest_mode": "floor"}
    return net.op("Resize", "x", roi, scales, out="y", mode="nearest", **mode)


def normalisation(net: Net) -> object:
    values = [net.weight(np.array(each)) for each in ([1, 2, 3], [0, 1, 0], [0.1, 0.2, 0], [1, 2, 1])]
    return net.op("BatchNormalization", "x", *values, out="y")


def align(net: Net) -> object:
    boxes, batch = net.weight(np.array([[0, 0, 5, 5]])), net.weight([0], dtype=np.int64)
    return net.op("RoiAlign", "x", boxes, batch, out="y", output_height=2, output_width=2)


def halves(net: Net, **split: object) -> object:
    net.nodes.append(onnx.helper.make_node("Split", ["x"], ["a", "b"], axis=3, **split))  # type: ignore[arg-type]
    return net.op("Concat", "b", "a", out="y", axis=2)


EXAMPLES: dict[str, Callable[[Net], object]] = {
    **{kind: reduction(kind) for kind in RULES if kind.startswith("Reduce")},
    "Squeeze": lambda net: net.op("Squeeze", net.op("ReduceMax", "x", axes=[1], keepdims=1), out="y", axes=[1]),
    "Unsqueeze": lambda net: net.op("Unsqueeze", "x", out="y", axes=[0, 5]),
    "Split": halves,
    "Split in given parts": lambda net: halves(net, split=[4, 4]),
    "Softmax": lambda net: net.op("Softmax", "x", out="y"),
    "Softmax along an axis": lambda net: net.op("Softmax", "x", out="y", axis=2),
    "LogSoftmax": lambda net: net.op("LogSoftmax", "x", out="y", axis=3),
    "Hardmax": lambda net: net.op("Hardmax", "x", out="y"),
    "Dropout": lambda net: net.op("Dropout", "x", out="y", ratio=0.5),
    "BatchNormalization": normalisation,
    "Resize": resize,
    "RoiAlign": align,
    "Clip": lambda net: net.op("Clip", "x", net.weight(0.0), net.weight(0.5), out="y"),
    "Pad": lambda net: net.op("Pad", "x", net.weight([0, 0, 1, 2, 0, 0, 3, 4], dtype=np.int64), out="y"),
}


def test_every_rule_has_an_example() -> None:
    assert not set(RULES) - set(EXAMPLES)


@pytest.mark.parametrize("name", EXAMPLES)
def test_rule_changes_nothing(name: str) -> None:
    net = Net(opset=11)
    EXAMPLES[name](net)
    model = net.model([1, 3, 8, 8], {"y": [None]}, entry="x")  # type: ignore[list-item]
    model.graph.output[0].type.tensor_type.ClearField("shape")
    tensor = np.random.default_rng(1).random((1, 3, 8, 8), np.float32)
    before = run(model.SerializeToString(), tensor)
    convert_opset(model)
    assert model.opset_import[0].version == 18
    np.testing.assert_allclose(run(model.SerializeToString(), tensor)[0], before[0], rtol=1e-6)


def test_newer_opsets_stay() -> None:
    net = Net(opset=21)
    net.op("Relu", "x", out="y")
    model = net.model([1, 3, 8, 8], {"y": [1, 3, 8, 8]}, entry="x")
    convert_opset(model)
    assert model.opset_import[0].version == 21


def test_operator_that_is_no_more_is_named() -> None:
    net = Net(opset=11)
    net.op("Upsample", "x", net.weight([1, 1, 2, 2]), out="y")
    with pytest.raises(ModelError, match="Upsample of opset 11 is no more"):
        convert_opset(net.model([1, 3, 8, 8], {"y": [1, 3, 16, 16]}, entry="x"))
