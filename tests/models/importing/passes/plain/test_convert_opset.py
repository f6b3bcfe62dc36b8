"""What onnx.version_converter writes in opset 18 computes what it computed before; what differs is refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest

from models.errors import ModelError
from models.importing.open_network import open_network
from models.importing.passes.context import PassContext
from models.importing.passes.plain.convert_opset import NEWEST_RUN, convert_opset
from tests.models.importing.nets import CLASSES, Net
from tests.models.importing.reference import picture, run, save, scores

REDUCTIONS = ("L1", "L2", "LogSum", "LogSumExp", "Max", "Mean", "Min", "Prod", "Sum", "SumSquare")


def reduction(kind: str) -> Callable[[Net], object]:
    return lambda net: net.op(kind, "x", out="y", axes=[2, 3], keepdims=0)


def resize(net: Net) -> object:
    roi, scales = net.weight(np.zeros(0)), net.weight([1, 1, 2, 2])
    mode = {"coordinate_transformation_mode": "tf_half_pixel_for_nn", "nearest_mode": "floor"}
    return net.op("Resize", "x", roi, scales, out="y", mode="nearest", **mode)


def normalization(net: Net, **attributes: float) -> object:
    values = [net.weight(np.array(each)) for each in ([1, 2, 3], [0, 1, 0], [0.1, 0.2, 0], [1, 2, 1])]
    return net.op("BatchNormalization", "x", *values, out="y", **attributes)


def align(net: Net) -> object:
    boxes, batch = net.weight(np.array([[0, 0, 5, 5]])), net.weight([0], dtype=np.int64)
    return net.op("RoiAlign", "x", boxes, batch, out="y", output_height=2, output_width=2)


def halves(net: Net, **split: object) -> object:
    net.nodes.append(onnx.helper.make_node("Split", ["x"], ["a", "b"], axis=3, **split))  # type: ignore[arg-type]
    return net.op("Concat", "b", "a", out="y", axis=2)


EXAMPLES: dict[str, tuple[int, Callable[[Net], object]]] = {
    **{f"Reduce{kind}": (11, reduction(f"Reduce{kind}")) for kind in REDUCTIONS},
    "Squeeze": (11, lambda net: net.op("Squeeze", net.op("ReduceMax", "x", axes=[1]), out="y", axes=[1])),
    "Unsqueeze": (11, lambda net: net.op("Unsqueeze", "x", out="y", axes=[0, 5])),
    "Split": (11, halves),
    "Split in given parts": (11, lambda net: halves(net, split=[4, 4])),
    "Softmax": (11, lambda net: net.op("Softmax", "x", out="y")),
    "Softmax along an axis": (11, lambda net: net.op("Softmax", "x", out="y", axis=2)),
    "LogSoftmax": (11, lambda net: net.op("LogSoftmax", "x", out="y", axis=3)),
    "Dropout": (11, lambda net: net.op("Dropout", "x", out="y", ratio=0.5)),
    "BatchNormalization": (11, normalization),
    "Resize": (11, resize),
    "RoiAlign": (11, align),
    "Clip": (11, lambda net: net.op("Clip", "x", net.weight(0.0), net.weight(0.5), out="y")),
    "Pad": (11, lambda net: net.op("Pad", "x", net.weight([0, 0, 1, 2, 0, 0, 3, 4], dtype=np.int64), out="y")),
    "Upsample of opset 9": (9, lambda net: net.op("Upsample", "x", net.weight([1, 1, 2, 2]), out="y")),
    "Upsample of opset 7": (7, lambda net: net.op("Upsample", "x", out="y", scales=[1.0, 1.0, 2.0, 2.0])),
    "Clip of opset 7": (7, lambda net: net.op("Clip", "x", out="y", min=0.1, max=0.5)),
    "Pad of opset 7": (7, lambda net: net.op("Pad", "x", out="y", pads=[0, 0, 1, 2, 0, 0, 3, 4])),
    "Slice of opset 7": (7, lambda net: net.op("Slice", "x", out="y", starts=[1, 2], ends=[7, 8], axes=[2, 3])),
    "Slice to the end of opset 7": (
        7,
        lambda net: net.op("Slice", "x", out="y", starts=[1], ends=[2**63 - 1], axes=[2]),
    ),
    "BatchNormalization of opset 8": (8, normalization),
    "MaxPool of opset 8": (8, lambda net: net.op("MaxPool", "x", out="y", kernel_shape=[3, 3], strides=[2, 2])),
    "Dropout of opset 7": (7, lambda net: net.op("Dropout", "x", out="y", ratio=0.5)),
}


def example(name: str) -> onnx.ModelProto:
    opset, write = EXAMPLES[name]
    net = Net(opset=opset)
    write(net)
    model = net.model([1, 3, 8, 8], {"y": [None]}, entry="x")  # type: ignore[list-item]
    model.graph.output[0].type.tensor_type.ClearField("shape")
    return model


@pytest.mark.parametrize("name", EXAMPLES)
def test_converted_node_computes_the_same(name: str) -> None:
    model = example(name)
    tensor = np.random.default_rng(1).random((1, 3, 8, 8), np.float32)
    before = run(model.SerializeToString(), tensor)
    convert_opset(PassContext(model))
    assert model.opset_import[0].version == 18
    np.testing.assert_array_equal(run(model.SerializeToString(), tensor)[0], before[0])


@pytest.mark.parametrize(
    ("kind", "opset", "kept"), [("Relu", 21, 18), ("Relu", 28, 18), ("Identity", 21, 21), ("Celu", 28, 26)]
)
def test_newer_opset_becomes_the_first_that_has_its_operators(kind: str, opset: int, kept: int) -> None:
    net = Net(opset=opset)
    net.op(kind, "x", out="y")
    model = net.model([1, 3, 8, 8], {"y": [1, 3, 8, 8]}, entry="x")
    convert_opset(PassContext(model))
    assert model.opset_import[0].version == kept


def test_operator_newer_than_onnx_runtime_is_named(tmp_path: Path) -> None:
    net = Net(opset=28)
    one = net.conv("x", 3, 8)
    net.op("SwiGLU", one, one, out="y")
    with pytest.raises(ModelError, match=r"net\.onnx cannot be shown: it cannot be converted to opset 26: .*SwiGLU"):
        open_network(str(save(net.model([1, 3, 8, 8], {"y": [1, 8, 8, 4]}, entry="x"), tmp_path)))


@pytest.mark.parametrize("opset", range(7, onnx.defs.onnx_opset_version() + 1))
def test_network_of_every_opset_is_imported_and_computes_the_same(tmp_path: Path, opset: int) -> None:
    net = Net(opset=opset)
    one = net.op("Relu", net.bn(net.conv("x", 3, 8, strides=[2, 2]), 8))
    two = net.op("MaxPool", net.conv(one, 8, 16), kernel_shape=[2, 2], strides=[2, 2])
    net.op(
        "Gemm",
        net.op("Flatten", net.op("GlobalAveragePool", two)),
        net.random(16, CLASSES),
        net.random(CLASSES),
        out="y",
    )
    path = save(net.model([1, 3, 32, 32], {"y": [1, CLASSES]}, entry="x"), tmp_path)
    network = open_network(str(path))
    assert len(network.info.layers) == 2
    if opset <= NEWEST_RUN:
        tensor = picture(network, (32, 32))
        np.testing.assert_allclose(scores(network, tensor)[0], run(str(path), tensor)[0].ravel(), rtol=1e-5, atol=1e-5)


def old(opset: int) -> onnx.ModelProto:
    """A classifier as exporters of that time wrote it, with an Upsample in the middle."""
    net = Net(opset=opset)
    scales = [1.0, 1.0, 2.0, 2.0]
    one = net.op("Relu", net.conv("x", 3, 8, strides=[2, 2]), out="stem")
    two = net.op("Upsample", one, net.weight(scales)) if opset == 9 else net.op("Upsample", one, scales=scales)
    three = net.op("Clip", net.conv(two, 8, 40, out="deep"), min=0.0, max=6.0)
    flat = net.op("Flatten", net.op("Dropout", net.op("GlobalAveragePool", three), ratio=0.5))
    net.op("Softmax", net.op("Gemm", flat, net.random(40, CLASSES), net.random(CLASSES)), out="prob")
    return net.model([1, 3, 32, 32], {"prob": [1, CLASSES]}, entry="x")


@pytest.mark.parametrize("opset", [7, 8, 9])
def test_old_network_is_imported_and_computes_the_same(tmp_path: Path, opset: int) -> None:
    path = save(old(opset), tmp_path)
    network = open_network(str(path))
    tensor = picture(network, (32, 32))
    expected = run(str(path), tensor)[0].ravel()
    np.testing.assert_allclose(scores(network, tensor)[1], expected, rtol=1e-6)
    assert [layer.name for layer in network.info.layers] == ["stem", "deep"]


def test_conversion_that_changes_a_result_is_refused(tmp_path: Path) -> None:
    """The converter forgets that Hardmax flattened its input until opset 13."""
    net = Net(opset=11)
    one = net.op("Hardmax", net.op("Relu", net.conv("x", 3, 8)), axis=1)
    net.op("Relu", net.conv(one, 8, 8), out="y")
    path = save(net.model([1, 3, 16, 16], {"y": [1, 8, 16, 16]}, entry="x"), tmp_path)
    with pytest.raises(ModelError, match=r"'y' differs by .* after the import; expected at most 1e-03"):
        open_network(str(path))


def test_operator_that_is_no_more_is_named(tmp_path: Path) -> None:
    net = Net(opset=11)
    net.op("Upsample", net.conv("x", 3, 8), net.weight([1, 1, 2, 2]), out="y")
    path = save(net.model([1, 3, 8, 8], {"y": [1, 8, 16, 16]}, entry="x"), tmp_path)
    with pytest.raises(ModelError, match="Upsample is deprecated in domain_version of 11"):
        open_network(str(path))
