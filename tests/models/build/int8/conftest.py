"""The fixture that makes networks from ONNX text."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import onnx.parser
import pytest

from models.importing.open_network import open_network
from models.spec import RECORD, LayerInfo, ModelInfo, Network
from tests.models.build.int8.networks import INPUT, WEIGHTS, MakeChain


@pytest.fixture
def make(tmp_path: Path) -> MakeChain:
    """A network from ONNX text, whose last tensor is `out`."""

    def write(text: str) -> Network:
        model = onnx.parser.parse_model(
            f'<ir_version: 10, opset_import: ["": 18]> net (float[1,3,h,w] input) => (float[1,c,y,x] out) {{ {text} }}'
        )
        rng = np.random.default_rng(1)
        arrays = {
            name: rng.normal(0, np.sqrt(2 / np.prod(shape[1:])) if len(shape) > 1 else 0.5, shape).astype(np.float32)
            for name, shape in WEIGHTS.items()
        }
        arrays |= {"variance": np.full(8, 2000, np.float32), "zero": np.array(0, np.float32)}
        arrays["six"] = np.array(6, np.float32)
        arrays |= {"edges": np.array([0, 0, 1, 1, 0, 0, 1, 1])}
        read = {name for node in model.graph.node for name in node.input}
        model.graph.initializer.extend(
            onnx.numpy_helper.from_array(array, name) for name, array in arrays.items() if name in read
        )
        channels = 16 if "Concat" in text else 8 if "Conv" in text else 3
        info = ModelInfo("net", "made", INPUT, (LayerInfo("out", channels, 1, 1),))
        onnx.helper.set_model_props(model, {RECORD: info.to_json()})
        (tmp_path / "net.onnx").write_bytes(model.SerializeToString())
        return open_network(str(tmp_path / "net.onnx"))

    return write
