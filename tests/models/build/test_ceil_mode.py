"""Pools with ceil_mode and their replacements compute the same."""

from __future__ import annotations

import itertools

import numpy as np
import onnx
import onnx.parser
import onnxruntime as ort
import pytest
from numpy.typing import NDArray

from models.build.ceil_mode import remove_ceil_mode
from models.graph.builder import attributes, shapes

SHAPES = [
    (op, kernel, stride, pads, size)
    for op, kernel, stride, pads, size in itertools.product(
        ("MaxPool", "AveragePool"), (1, 2, 3), (1, 2, 3), ((0, 0), (1, 1), (0, 1)), range(6, 12)
    )
    if max(pads) < kernel
]


@pytest.mark.parametrize("include", [0, 1])
def test_sizes_and_values_are_those_of_onnx_runtime(include: int) -> None:
    for op, kernel, stride, (before, after), size in SHAPES:
        text = f"kernel_shape=[{kernel},{kernel}], strides=[{stride},{stride}], ceil_mode=1"
        text += f", pads=[{before},{before},{after},{after}]"
        text += f", count_include_pad={include}" if op == "AveragePool" else ""
        model = onnx.parser.parse_model(
            f'<ir_version: 10, opset_import: ["": 18]> pool (float[1,2,{size},{size + 1}] X) => (float[1,2,h,w] Y)'
            f" {{ Y = {op}<{text}>(X) }}"
        )
        picture = np.random.default_rng(0).normal(size=(1, 2, size, size + 1)).astype(np.float32)
        expected = pooled(model, picture)
        remove_ceil_mode(model)
        assert pooled(model, picture) == pytest.approx(expected, abs=1e-6), text
        if not attributes(model.graph.node[0])["ceil_mode"]:
            assert shapes(model)["Y"] == expected.shape, text
        else:
            assert include


def pooled(model: onnx.ModelProto, picture: NDArray[np.float32]) -> NDArray[np.float32]:
    options = ort.SessionOptions()
    options.log_severity_level = 4  # it remarks on sizes that are not what was inferred
    session = ort.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    return np.asarray(session.run(["Y"], {"X": picture})[0])
