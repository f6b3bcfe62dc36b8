"""Every network of the zoo with random weights: what can be shown, what is stored, and that it agrees with Keras."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import onnx
import pytest
from numpy.typing import NDArray

from models import zoo
from models.from_keras.compare_with_keras import cpu_session, deviations, nchw, random_picture
from models.from_keras.convert import any_size
from models.from_keras.keras_passes import stored
from models.from_keras.pretrained import load
from models.spec import INPUT, Hw, ModelInfo

SIZE: Hw = (96, 160)

KNOWN = {
    "vgg16": (13, 13, ["block1_conv1", "block5_conv3"]),
    "vgg19": (16, 16, ["block3_conv4", "block5_conv4"]),
    "inception_v3": (94, 14, ["conv2d", "mixed0", "mixed10"]),
    "resnet50": (53, 17, ["conv1_conv", "conv2_block1_out", "conv5_block3_out"]),
    "mobilenet_v2": (52, 19, ["Conv1", "expanded_conv_project", "block_2_add", "block_16_project", "Conv_1"]),
    "efficientnet_b0": (81, 18, ["stem_conv", "block1a_project_conv", "block2b_add", "top_conv"]),
}
"""Convolutions, key layers, and names of some key layers in forward order."""


@dataclass
class Made:
    info: ModelInfo
    model: onnx.ModelProto
    found: dict[str, NDArray[np.float32]]
    excessive: list[str]


@pytest.fixture(scope="module", params=zoo.ZOO)
def made(request: pytest.FixtureRequest) -> Made:
    entry = zoo.entry(request.param)
    source = load(entry, "none")
    model = stored(source.network, source.info)
    compared = list(deviations(model, source.network, entry.input, [SIZE]))
    picture = nchw(random_picture(entry.input, SIZE))
    outputs = cpu_session(model).run(None, {INPUT: picture})
    found = dict(zip((layer.name for layer in source.info.layers), outputs, strict=True))
    return Made(source.info, model, found, [each.layer for each in compared if each.excessive])


def test_every_layer_agrees_with_keras(made: Made) -> None:
    assert made.excessive == []
    assert {name for name, array in made.found.items() if not 1e-3 < array.std() < 1e4} == set()


def test_every_convolution_and_every_key_layer_is_there(made: Made) -> None:
    convolutions, key_layers, some = KNOWN[made.info.name]
    names = [layer.name for layer in made.info.key_layers]
    assert sum(node.op_type == "Conv" for node in made.model.graph.node) == convolutions
    assert len(made.info.layers) == convolutions + len([name for name in names if re.search("add|out|mixed", name)])
    assert len(names) == key_layers
    assert [name for name in names if name in some] == some
    assert made.info.layers[-1].is_key_layer


def test_shapes_are_as_the_record_says(made: Made) -> None:
    assert [output.name for output in made.model.graph.output] == list(made.found)
    for layer in made.info.layers:
        _, channels, height, width = made.found[layer.name].shape
        assert channels == layer.channels
        if (height, width) != (1, 1):  # what gates channels sees the whole picture
            steps = width + (5 if made.info.name == "inception_v3" else 0)  # which does not pad everywhere
            assert width * layer.stride <= SIZE[1] <= steps * layer.stride, layer.name
    assert sorted({layer.block for layer in made.info.layers}) == [1, 2, 3, 4, 5]
    assert sorted({(layer.stride, layer.block) for layer in made.info.layers}) == sorted(
        {(layer.stride, layer.block) for layer in made.info.key_layers}
    )


def test_the_stored_graph_is_plain(made: Made) -> None:
    kinds = {node.op_type for node in made.model.graph.node}
    pools = {"MaxPool", "AveragePool", "ReduceMean"}
    assert kinds <= {"Conv", "Relu", "Clip", "Sigmoid", "Mul", "Add", "Concat", "Pad"} | pools
    assert "Pad" not in kinds or made.info.name == "inception_v3"
    assert len(made.model.graph.initializer) == len({tensor.name for tensor in made.model.graph.initializer})


def test_the_smallest_picture_runs(made: Made) -> None:
    side = made.info.input.smallest
    picture = nchw(random_picture(made.info.input, (side, side)))
    assert all(array.size for array in cpu_session(made.model).run(None, {INPUT: picture}))


def test_vgg16_is_as_it_is_written_down() -> None:
    assert load(zoo.entry("vgg16"), "none").info.layers == zoo.vgg16_layers()


@pytest.mark.parametrize("name", ["mobilenet_v2", "efficientnet_b0"])
def test_a_copy_takes_any_size_and_pads_as_at_the_trained_one(name: str) -> None:
    entry = zoo.entry(name)
    source = load(entry, "none", until=KNOWN[name][2][2])
    copy = any_size(source.network)
    model = stored(copy, source.info)
    assert model.graph == stored(source.network, source.info).graph
    assert not [each for each in deviations(model, copy, entry.input, [SIZE]) if each.excessive]
    assert copy(random_picture(entry.input, SIZE))[KNOWN[name][2][0]].shape[1:3] == (48, 80)
