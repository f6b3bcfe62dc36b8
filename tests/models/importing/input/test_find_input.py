"""Inputs of whole numbers can only be pixels: nothing is guessed about them."""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto

from models.importing.open_network import open_network
from tests.models.importing.nets import CLASSES, Net
from tests.models.importing.reference import picture, run, save, scores


def whole(kind: int) -> onnx.ModelProto:
    net = Net(producer="tf2onnx")
    floats = net.op("Cast", "x", to=TensorProto.FLOAT)
    one = net.op("Relu", net.conv(net.op("Transpose", floats, perm=[0, 3, 1, 2]), 3, 8, strides=[2, 2]))
    flat = net.op("Flatten", net.op("GlobalAveragePool", net.op("Relu", net.conv(one, 8, 8))))
    net.op("Gemm", flat, net.random(8, CLASSES), out="y")
    return net.model([1, "h", "w", 3], {"y": [1, CLASSES]}, entry="x", kind=kind)


@pytest.mark.parametrize("kind", [TensorProto.UINT8, TensorProto.INT32])
def test_whole_numbers_are_plain_pixels(tmp_path: Path, kind: int, caplog: pytest.LogCaptureFixture) -> None:
    path = save(whole(kind), tmp_path)
    with caplog.at_level(logging.INFO):
        network = open_network(str(path))
    assert caplog.messages == ["input of net: RGB 0 to 255, because it takes integers"]
    assert (network.info.input.mean, network.info.input.scale) == ((0.0,) * 3, (1.0,) * 3)
    tensor = picture(network, (48, 64))
    np.testing.assert_allclose(scores(network, tensor)[0], run(str(path), tensor)[0].ravel(), rtol=1e-5)
