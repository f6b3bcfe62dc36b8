"""Weights packed as int8 are a quarter of the size, valid ONNX, and nearly the same once unpacked."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from numpy.typing import NDArray
from onnx import numpy_helper

from models.graph.packed_weights import pack, unpack
from models.importing.open_network import open_network
from models.spec import INPUT
from scripts.dev.benchmarks.untrained import vgg16_shaped


def weights(model: onnx.ModelProto) -> dict[str, NDArray[np.float32]]:
    return {each.name: numpy_helper.to_array(each) for each in model.graph.initializer}


def run(model: onnx.ModelProto) -> NDArray[np.float32]:
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    image = np.random.default_rng(0).normal(0, 60, (1, 3, 64, 64)).astype(np.float32)
    result: NDArray[np.float32] = session.run(["block3_conv3"], {INPUT: image})[0]
    return result


def test_weights_come_back(tmp_path: Path) -> None:
    plain, packed = (vgg16_shaped("plain", width=0.25) for _ in range(2))
    pack(packed)
    onnx.checker.check_model(packed, full_check=True)
    assert packed.ByteSize() < plain.ByteSize() / 3.5
    expected, found = run(plain), run(packed)
    assert np.linalg.norm(found - expected) / np.linalg.norm(expected) < 0.02
    (tmp_path / "packed.onnx").write_bytes(packed.SerializeToString())
    assert open_network(str(tmp_path / "packed.onnx")).info.layers[-1].name == "block5_conv3"
    unpack(packed)
    assert [node.op_type for node in packed.graph.node] == [node.op_type for node in plain.graph.node]
    original, restored = weights(plain), weights(packed)
    assert original.keys() == restored.keys()
    for name, values in original.items():
        assert np.abs(values - restored[name]).max() <= np.abs(values).max() / 127 * 0.51, name
    assert np.allclose(run(packed), found, rtol=1e-3, atol=1e-3)


def test_a_channel_of_zeros_stays_one() -> None:
    model = vgg16_shaped("plain", width=0.25)
    [kernel] = (each for each in model.graph.initializer if each.name == "block2_conv1_W")
    values = numpy_helper.to_array(kernel).copy()
    values[3] = 0
    kernel.CopyFrom(numpy_helper.from_array(values, kernel.name))
    pack(model)
    unpack(model)
    assert np.array_equal(weights(model)["block2_conv1_W"][3], values[3])


def test_what_others_quantized_stays_as_it_is() -> None:
    model = onnx.parser.parse_model(
        '<ir_version: 10, opset_import: ["": 18]> other (float[1] x) => (float[2] y)'
        " <int8[2] w = {1, 2}, float s = {0.5}> { d = DequantizeLinear(w, s) y = Add(x, d) }"
    )
    before = model.SerializeToString()
    unpack(model)
    assert model.SerializeToString() == before
