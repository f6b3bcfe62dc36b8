"""What cannot be shown is refused in one line that names the file, what came, and a way out."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from models.errors import ModelError
from models.importing.open_network import open_network
from tests.models.importing.nets import CLASSES, Net, squeeze, torch_resnet
from tests.models.importing.reference import save


def refusal(path: Path) -> str:
    with pytest.raises(ModelError) as caught:
        open_network(str(path))
    words = str(caught.value)
    assert str(path) in words
    assert len(words.splitlines()) == 1
    assert len(words) < 600
    return words


def zipped(path: Path, *names: str) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        for name in names:
            archive.writestr(name, "x")


OTHERS: dict[str, tuple[Callable[[Path], object], str]] = {
    "net.h5": (lambda path: path.write_bytes(b"\x89HDF\r\n\x1a\n" + bytes(64)), "Keras.*run code.*tf2onnx.convert"),
    "net.keras": (lambda path: zipped(path, "config.json", "model.weights.h5"), "Keras.*run code.*tf2onnx.convert"),
    "net.pt": (lambda path: zipped(path, "net/data.pkl"), "PyTorch.*torch.onnx.export"),
    "net.pth": (lambda path: path.write_bytes(b"\x80\x02c__builtin__\neval\n."), "pickle.*torch.onnx.export"),
    "net.tflite": (lambda path: path.write_bytes(b"\x1c\0\0\0TFL3" + bytes(64)), "TensorFlow Lite.*--tflite"),
    "net.safetensors": (lambda path: path.write_bytes(b"\x40" + bytes(7) + b'{"w": {"dtype": "F32"}}'), "safetensors"),
    "notes.onnx": (lambda path: path.write_text("conv relu conv relu\n"), "is text"),
    "empty.onnx": (lambda path: path.touch(), "is empty"),
    "cat.onnx": (
        lambda path: path.write_bytes(cv2.imencode(".png", np.zeros((8, 8, 3), np.uint8))[1].tobytes()),
        "a picture",
    ),
    "film.onnx": (lambda path: path.write_bytes(b"\0\0\0\x20ftypisom" + bytes(64)), "a video"),
    "junk.onnx": (lambda path: path.write_bytes(bytes(range(256)) * 9), "damaged, truncated or of another kind"),
    "cut.onnx": (lambda path: path.write_bytes(squeeze().SerializeToString()[:900]), "damaged|truncated"),
}


@pytest.mark.parametrize("name", OTHERS)
def test_other_files_are_named_and_the_way_to_onnx_shown(tmp_path: Path, name: str) -> None:
    make, words = OTHERS[name]
    make(tmp_path / name)
    assert re.search(words, refusal(tmp_path / name))


def test_folder_without_a_network_is_refused_and_one_with_it_opened(tmp_path: Path) -> None:
    assert "folder without network.onnx" in refusal(tmp_path)
    save(squeeze(), tmp_path, "network.onnx")
    assert open_network(str(tmp_path)).info.name == "network"


def change(alter: Callable[[onnx.ModelProto], object], model: onnx.ModelProto | None = None) -> onnx.ModelProto:
    model = model or squeeze()
    alter(model)
    return model


def set_input(dims: list[int], kind: int = TensorProto.FLOAT) -> onnx.ModelProto:
    return change(
        lambda model: model.graph.input[0].CopyFrom(helper.make_tensor_value_info("data", kind, dims)),
    )


def add_input(model: onnx.ModelProto) -> None:
    model.graph.input.append(helper.make_tensor_value_info("other", TensorProto.FLOAT, [1, 3, 64, 64]))


def graph_inside(model: onnx.ModelProto) -> None:
    body = helper.make_graph([helper.make_node("Relu", ["one"], ["active"])], "body", [], [])
    model.graph.node.append(helper.make_node("SequenceMap", ["prob"], ["more"], body=body))


def add_node(kind: str, domain: str = "", **attributes: Any) -> Callable[[onnx.ModelProto], None]:
    def alter(model: onnx.ModelProto) -> None:
        model.graph.node.append(helper.make_node(kind, ["prob"], ["more"], domain=domain, **attributes))

    return alter


def first_attribute(name: str, values: list[int]) -> Callable[[onnx.ModelProto], None]:
    def alter(model: onnx.ModelProto) -> None:
        attribute = next(each for each in model.graph.node[0].attribute if each.name == name)
        attribute.ints[:] = values

    return alter


def circle(model: onnx.ModelProto) -> None:
    model.graph.node[0].input[0] = "prob"


def dense() -> onnx.ModelProto:
    net = Net()
    net.op("MatMul", net.op("Flatten", "data"), net.random(48, CLASSES), out="prob")
    return net.model([1, 3, 4, 4], {"prob": [1, CLASSES]}, entry="data")


def quantized() -> onnx.ModelProto:
    net = Net()
    scale, zero = net.weight(0.1), net.weight(0, dtype=np.uint8)
    pixels = net.op("QuantizeLinear", "data", scale, zero)
    kernel = net.weight(np.ones((4, 3, 3, 3)), dtype=np.uint8)
    made = net.op("QLinearConv", pixels, scale, zero, kernel, scale, zero, scale, zero)
    net.op("DequantizeLinear", made, scale, zero, out="map")
    return net.model([1, 3, 16, 16], {"map": [1, 4, 14, 14]}, entry="data")


def claim(model: onnx.ModelProto) -> None:
    model.graph.initializer[0].dims[:] = [10**6, 10**6]


def spoil(model: onnx.ModelProto) -> None:
    values = numpy_helper.to_array(model.graph.initializer[0]).copy()
    values.flat[3] = np.nan
    model.graph.initializer[0].CopyFrom(numpy_helper.from_array(values, model.graph.initializer[0].name))


def opset(version: int) -> Callable[[onnx.ModelProto], None]:
    def alter(model: onnx.ModelProto) -> None:
        model.opset_import[0].version = version

    return alter


def sequence(model: onnx.ModelProto) -> None:
    kind = helper.make_tensor_sequence_value_info("data", TensorProto.FLOAT, [1, 3, 64, 64])
    model.graph.input[0].CopyFrom(kind)


def zeros(model: onnx.ModelProto) -> None:
    """A constant of a terabyte in a few bytes."""
    model.graph.initializer.append(numpy_helper.from_array(np.array([10**12]), "much"))
    model.graph.node.insert(2, helper.make_node("ConstantOfShape", ["much"], ["zeros"]))
    model.graph.node.insert(3, helper.make_node("ReduceMax", ["zeros"], ["zero"], keepdims=0))
    model.graph.node.insert(4, helper.make_node("Add", ["conv1", "zero"], ["sum"]))
    model.graph.node[5].input[0] = "sum"


GRAPHS: dict[str, tuple[Callable[[], onnx.ModelProto], str]] = {
    "batch of eight": (lambda: set_input([8, 3, 64, 64]), "its batch size is 8; export it"),
    "a line of tokens": (
        lambda: set_input([1, 128], TensorProto.INT64),
        r"its inputs are 'data' int64 \(1, 128\); expected one image input",
    ),
    "a line of sound": (lambda: set_input([1, 16000]), "expected one image input"),
    "double": (lambda: set_input([1, 3, 64, 64], TensorProto.DOUBLE), "its inputs are 'data' double"),
    "five colours": (lambda: set_input([1, 5, 64, 64]), "5 channels; expected 3, or 1 for grey"),
    "a vast picture": (lambda: set_input([1, 3, 10**6, 10**6]), "too large; expected a side of at most 2048"),
    "two pictures": (lambda: change(add_input), "'other' float"),
    "a sequence": (lambda: change(sequence), "expected one image input"),
    "another domain": (lambda: change(add_node("FusedConv", "com.microsoft")), "com.microsoft::FusedConv"),
    "an unknown operator": (lambda: change(add_node("Frobnicate")), "No Op registered for Frobnicate"),
    "a graph inside": (lambda: change(graph_inside), "has a graph inside SequenceMap"),
    "opset 6": (lambda: change(opset(6)), "opset 6; expected 7 to "),
    "opset 99": (lambda: change(opset(99)), "opset 99; expected 7"),
    "no opset": (lambda: change(lambda model: model.ClearField("opset_import")), "does not declare its opset"),
    "a circle": (lambda: change(circle), "topologically sorted"),
    "an undefined tensor": (
        lambda: change(lambda m: m.graph.node[0].input.__setitem__(0, "nobody")),
        "input 'nobody' .* not output of any previous node",
    ),
    "a tensor made twice": (lambda: change(lambda m: m.graph.node.append(m.graph.node[0])), "single static assignment"),
    "no convolution": (dense, "no convolution"),
    "whole numbers": (quantized, "quantized"),
    "weights that are not there": (lambda: change(claim), "should hold 1000000000000 numbers but holds"),
    "weights that are no numbers": (lambda: change(spoil), "1 weight in .* is NaN or infinite"),
    "a stride of zero": (lambda: change(first_attribute("strides", [0, 0])), "strides .* expected 1 to 4096"),
    "a margin of a terabyte": (lambda: change(first_attribute("pads", [0, 0, 2**40, 0])), "pads .* expected 0 to 4096"),
    "a terabyte of zeros": (lambda: change(zeros), "too large|unknown before"),
    "a kernel too large": (lambda: change(first_attribute("kernel_shape", [5, 5])), "kernel"),
    "nothing after the pictures": (lambda: change(lambda m: m.graph.ClearField("node")), "ONNX"),
}


@pytest.mark.parametrize("name", GRAPHS)
def test_graphs_that_cannot_be_shown(tmp_path: Path, name: str) -> None:
    make, words = GRAPHS[name]
    path = tmp_path / "net.onnx"
    path.write_bytes(make().SerializeToString())
    assert re.search(words, refusal(path))


def test_nothing_is_kept_of_what_is_refused(tmp_path: Path, cache: Path) -> None:
    folder = cache / "models" / "imported"
    before = set(folder.glob("*")) if folder.exists() else set()
    refusal(save(change(spoil, torch_resnet()), tmp_path))
    assert (set(folder.glob("*")) if folder.exists() else set()) == before
    assert [path.name for path in tmp_path.iterdir()] == ["net.onnx"]


def test_file_that_is_missing_is_said_to_be(tmp_path: Path) -> None:
    assert "is neither a known network nor a file; expected auto, " in refusal(tmp_path / "gone.onnx")
