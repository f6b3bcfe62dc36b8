"""Layers are found where a person would point: after the activation, with the name that the file gives them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import onnx
import pytest
from onnx import helper

from models.importing.analysis.find_layers import find_layers
from models.importing.analysis.infer_shapes import ShapeModel
from models.importing.analysis.key_layers import MOST, key_layers
from models.importing.analysis.layer_names import clean, layer_names
from models.importing.open_network import open_network
from models.spec import INPUT
from tests.models.importing.nets import NETS, Net
from tests.models.importing.reference import prepare, save

EXPECTED = {
    "torch_resnet": ["conv1", "layer1.0.conv1", "layer1.0.conv2", "add1", "layer2.0.conv1", "layer2.0.conv2",
                     "layer2.0.downsample.0", "add2"],
    "torch_scopes": ["features.0.0", "features.1.block.0", "features.1"],
    "caffe_plain": ["conv1_1", "conv2_1"],
    "squeeze": ["conv1", *(f"fire{n}/{part}" for n in (2, 3) for part in
                ("squeeze1x1", "expand1x1", "expand3x3", "concat")), "conv10"],
    "mobile": ["conv1", "conv2", "conv3", "add1", "conv4"],
    "nhwc": ["one", "two", "three", "cat"],
    "pixels": ["conv1", "conv2"],
    "segmenter": ["conv1", "conv2", "concat1", "conv3", "map"],
}  # fmt: skip


@pytest.mark.parametrize("name", EXPECTED)
def test_layers_have_the_names_of_their_file(tmp_path: Path, name: str) -> None:
    info = open_network(str(save(NETS[name](), tmp_path))).info
    assert [layer.name for layer in info.layers] == EXPECTED[name]


def test_blocks_count_the_strides(tmp_path: Path) -> None:
    layers = open_network(str(save(NETS["torch_resnet"](), tmp_path))).info.layers
    assert [layer.stride for layer in layers] == [2, 4, 4, 4, 8, 8, 8, 8]
    assert [layer.block for layer in layers] == [1, 2, 2, 2, 3, 3, 3, 3]


def found(nodes: list[onnx.NodeProto], weights: int = 2) -> list[str]:
    """The tensors of the layers of a graph that reads `x`."""
    net = Net(opset=20)
    for place in range(weights):
        net.random(4, 3 if place == 0 else 4, 3, 3, name=f"w{place}")
    for name, value in (("half", 0.5), ("one", 1.0), ("three", 3.0), ("six", 6.0), ("zero", 0.0), ("root", 1.4142)):
        net.weight(value, name=name)
    net.nodes += nodes
    model = net.model([1, 3, 32, 32], {}, entry="x")
    prepare(model)
    return [layer.tensor for layer in find_layers(model.graph, ShapeModel(model, 3).at((32, 32)))]


def n(kind: str, inputs: str, out: str, **attributes: Any) -> onnx.NodeProto:
    return helper.make_node(kind, inputs.split(), [out], **attributes)


ACTIVATIONS = {
    "none": [],
    "relu": [n("Relu", "c", "y")],
    "silu": [n("Sigmoid", "c", "s"), n("Mul", "s c", "y")],
    "mish": [n("Softplus", "c", "s"), n("Tanh", "s", "t"), n("Mul", "c t", "y")],
    "hard swish": [n("Add", "c three", "a"), n("Clip", "a zero six", "b"), n("Mul", "c b", "m"),
                   n("Div", "m six", "y")],
    "hard swish of an operator": [n("HardSigmoid", "c", "s"), n("Mul", "c s", "y")],
    "gelu": [n("Div", "c root", "d"), n("Erf", "d", "e"), n("Add", "e one", "a"), n("Mul", "c a", "m"),
             n("Mul", "m half", "y")],
    "prelu written out": [n("Relu", "c", "p"), n("Neg", "c", "q"), n("Relu", "q", "r"), n("Mul", "r half", "s"),
                          n("Sub", "p s", "y")],
    "leaky by max": [n("Mul", "c half", "h"), n("Max", "h c", "y")],
    "scaled relu": [n("Mul", "c half", "b"), n("Relu", "b", "y")],
}  # fmt: skip


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activation_belongs_to_its_convolution(name: str) -> None:
    nodes = [n("Conv", "x w0", "c"), *ACTIVATIONS[name]]
    last = nodes[-1].output[0]
    assert found([*nodes, n("Conv", f"{last} w1", "z")]) == [last, "z"]


def test_what_others_read_before_the_activation_is_a_layer_of_its_own() -> None:
    nodes = [n("Conv", "x w0", "c"), n("Relu", "c", "r"), n("Conv", "r w1", "d", pads=[1] * 4), n("Add", "d c", "sum")]
    assert found([*nodes, n("Relu", "sum", "out")]) == ["c", "d", "out"]


def test_squeeze_and_excite_makes_no_layers() -> None:
    nodes = [n("Conv", "x w0", "c"), n("GlobalAveragePool", "c", "g"), n("Conv", "g w1", "d", pads=[1, 1, 1, 1])]
    assert found([*nodes, n("Sigmoid", "d", "s"), n("Mul", "c s", "m"), n("Relu", "m", "out")]) == ["c"]


def test_many_joins_are_thinned_to_what_keys_can_go_through() -> None:
    net = Net()
    tensor = net.conv("x", 3, 4)
    for _ in range(60):
        tensor = net.op("Add", tensor, net.op("Relu", net.conv(tensor, 4, 4)))
    model = net.model([1, 3, 16, 16], {}, entry="x")
    prepare(model)
    layers = find_layers(model.graph, ShapeModel(model, 3).at((16, 16)))
    stops = key_layers(model.graph, layers, [1] * len(layers))
    assert len(layers) == 121
    assert len(stops) == MOST
    assert {layers[0].tensor, layers[-1].tensor} <= stops


@pytest.mark.parametrize(
    ("raw", "readable"),
    [
        ("/layer1/layer1.0/conv1/Conv_output_0", "layer1.0.conv1"),
        ("/features/features.1/conv/conv.0/conv.0.0/Conv_output_0", "features.1.conv.0.0"),
        ("functional_1/block1_conv1_1/Relu:0", "functional_1/block1_conv1_1"),
        ("m/bn/batchnorm/mul_1__277:0", "m/bn"),
        ("m/bn/batchnorm/mul_1:0/nchw", "m/bn"),
        ("resnetv17_conv0_fwd", "resnetv17_conv0"),
        ("inception_4c/output", "inception_4c/output"),
        ("fire2/concat", "fire2/concat"),
    ],
)
def test_what_exporters_add_is_taken_off(raw: str, readable: str) -> None:
    assert clean(raw) == readable


@pytest.mark.parametrize(
    "raw", ["317", "onnx::Conv_317", "y", "Conv_12", "Convolution28_Output_0", "a\nb", "net/y", "é" * 99]
)
def test_names_that_say_nothing_are_given_anew(raw: str) -> None:
    net = Net()
    one = net.op("Relu", net.conv("x", 3, 4), out=raw)
    net.op("Relu", net.conv(one, 4, 4), out="deep")
    model = net.model([1, 3, 16, 16], {}, entry="x")
    prepare(model)
    layers = find_layers(model.graph, ShapeModel(model, 3).at((16, 16)))
    assert list(layer_names(layers).values()) == ["conv1", "deep"]


def test_modules_of_pytorch_name_layers_whatever_the_tensors_are_called() -> None:
    net = Net()
    one = net.op("Relu", net.conv("x", 3, 4, name="layer1.0.conv1", out="conv2d"), out="relu")
    net.op("Relu", net.conv(one, 4, 4, name="layer1.0.conv2", out="conv2d_1"), out="relu_1")
    model = net.model([1, 3, 16, 16], {}, entry="x")
    prepare(model)
    layers = find_layers(model.graph, ShapeModel(model, 3).at((16, 16)))
    assert list(layer_names(layers).values()) == ["layer1.0.conv1", "layer1.0.conv2"]


def test_names_that_ventral_writes_itself_may_be_taken(tmp_path: Path) -> None:
    net = Net()
    one = net.op("Relu", net.conv("data", 3, 4), out="net/1")
    two = net.op("GlobalAveragePool", net.op("Relu", net.conv(one, 4, 4), out="ventral/relu_1"), out="scores/shape")
    net.op("Flatten", two, out="scores/logits")
    network = open_network(str(save(net.model([1, 3, 16, 16], {"scores/logits": [1, 4]}, entry="data"), tmp_path)))
    assert [layer.name for layer in network.info.layers] == ["conv1", "conv2"]
    assert len(network.info.scores.labels) == 4


def test_names_are_unique_and_spare_the_input(tmp_path: Path) -> None:
    net = Net()
    one = net.op("Relu", net.conv("data", 3, 4), out="input")
    net.op("Relu", net.conv(one, 4, 4), out="conv1")
    network = open_network(str(save(net.model([1, 3, 16, 16], {"conv1": [1, 4, 16, 16]}, entry="data"), tmp_path)))
    assert [layer.name for layer in network.info.layers] == ["conv1", "conv1_2"]
    assert INPUT not in {layer.name for layer in network.info.layers}
