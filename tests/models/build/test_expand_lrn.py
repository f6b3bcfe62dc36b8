"""Local response normalization and its replacement compute the same."""

from __future__ import annotations

import numpy as np
import onnx
import onnx.parser
import onnxruntime as ort
import pytest
from numpy.typing import NDArray

from models.build.expand_lrn import LARGEST, expand_lrn


@pytest.mark.parametrize("channels", [2, 5, 64])
@pytest.mark.parametrize("size", [1, 3, 5, 7])
@pytest.mark.parametrize("attributes", ["", ", alpha=0.5", ", beta=0.5, bias=2.0", ", alpha=0.1, beta=0.75"])
def test_values_are_those_of_onnx_runtime(channels: int, size: int, attributes: str) -> None:
    model = normalization(channels, f"size={size}{attributes}")
    picture = np.random.default_rng(0).normal(size=(1, channels, 6, 7)).astype(np.float32)
    expected = run(model, picture)
    expand_lrn(model)
    assert "LRN" not in {node.op_type for node in model.graph.node}
    assert run(model, picture) == pytest.approx(expected, abs=1e-5)


def test_a_very_wide_layer_keeps_its_normalization() -> None:
    model = normalization(LARGEST + 1, "size=5")
    expand_lrn(model)
    assert [node.op_type for node in model.graph.node] == ["LRN"]


def normalization(channels: int, attributes: str) -> onnx.ModelProto:
    return onnx.parser.parse_model(
        f'<ir_version: 10, opset_import: ["": 18]> lrn (float[1,{channels},6,7] X) => (float[1,{channels},6,7] Y)'
        f" {{ Y = LRN<{attributes}>(X) }}"
    )


def run(model: onnx.ModelProto, picture: NDArray[np.float32]) -> NDArray[np.float32]:
    session = ort.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    output: NDArray[np.float32] = session.run(None, {"X": picture})[0]
    return output
