"""Detectors have inputs besides the picture, and ends made of sequences: their layers are shown all the same."""

from __future__ import annotations

import logging
import re
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from models.importing.open_network import open_network
from tests.models.importing.nets import Net
from tests.models.importing.reference import save


def detector(end: str) -> onnx.ModelProto:
    """Maps of boxes and scores; the boxes are scaled by the size of the picture, or all go into a sequence."""
    net = Net(opset=13)
    one = net.op("Relu", net.conv("image", 3, 8, name="backbone", strides=[2, 2]))
    boxes = net.conv(one, 8, 4, 1, name="boxes")
    scores = net.op("Sigmoid", net.conv(one, 8, 6, 1, name="scores"))
    if end == "size":
        tall = net.op("Gather", "image_shape", net.weight(0, dtype=np.int64), axis=1)
        net.op("Mul", boxes, tall, out="scaled")
    else:
        sequence = net.op("SequenceConstruct", boxes, scores)
        net.op("ConcatFromSequence", sequence, out="scaled", axis=1)
    model = net.model(["n", 3, "h", "w"], {"scaled": ["a", "b", "c", "d"], scores: ["n", 6, "h", "w"]}, entry="image")
    if end == "size":
        model.graph.input.append(helper.make_tensor_value_info("image_shape", TensorProto.FLOAT, ["n", 2]))
    return model


@pytest.mark.parametrize(
    ("end", "said"),
    [
        ("size", "input 'image_shape', which takes no picture"),
        ("sequence", "SequenceConstruct '.*', which makes no tensor"),
    ],
)
def test_what_has_no_part_in_the_picture_is_left_out_and_said(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, end: str, said: str
) -> None:
    path = save(detector(end), tmp_path)
    with caplog.at_level(logging.INFO):
        network = open_network(str(path))
        open_network(str(path))
    assert [layer.name for layer in network.info.layers] == ["backbone", "boxes", "scores"]
    assert network.info.classifier is None
    lines = [line for line in caplog.messages if "without" in line]
    assert len(lines) == 2, "also when the network comes from the cache"
    assert lines[0] == lines[1]
    assert re.fullmatch(f"net is shown without {said}, and what depends on it", lines[0])
