"""The gradient of whole transformers of the size "tiny", with random weights, against differences in float64."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort
import pytest
from numpy.typing import NDArray
from onnx import TensorProto, numpy_helper

from models.autodiff.gradient import gradient
from models.graph.builder import FLOAT, GraphBuilder
from models.importing.analysis.find_classifier import LOGITS
from models.importing.open_network import open_network
from models.spec import INPUT
from tests.models.autodiff.reference import evaluate
from tests.models.importing.reference import save
from tests.models.importing.tokens.convnext import ConvNeXt
from tests.models.importing.tokens.transformers import Exporter, Shape, Transformer

SIDE = 32
STEP = 1e-4
PIXELS = 3
MIX = np.random.default_rng(3).normal(size=(1, 10))


def vit_tiny(exporter: Exporter) -> onnx.ModelProto:
    return Transformer(Shape(exporter, SIDE, patch=16, channels=192, heads=3, depth=12)).model()


def convnext_tiny() -> onnx.ModelProto:
    return ConvNeXt((3, 3, 9, 3), (96, 192, 384, 768)).model(SIDE)


NETWORKS = {
    "ViT, TorchScript": lambda: vit_tiny("torchscript"),
    "ViT, opset 23": lambda: vit_tiny("dynamo23"),
    "ConvNeXt": convnext_tiny,
}


def stored(name: str, folder: Path) -> onnx.ModelProto:
    """The imported network, at a fixed size."""
    model = onnx.load(open_network(str(save(NETWORKS[name](), folder))).path)
    for dim, size in zip(model.graph.input[0].type.tensor_type.shape.dim, (1, 3, SIDE, SIDE), strict=True):
        dim.dim_value = size
    del model.graph.output[:]
    return model


def in_float64(model: onnx.ModelProto) -> onnx.ModelProto:
    double = onnx.ModelProto()
    double.CopyFrom(model)
    double.graph.input[0].type.tensor_type.elem_type = TensorProto.DOUBLE
    for tensor in double.graph.initializer:
        if tensor.data_type == FLOAT:
            tensor.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(tensor).astype(np.float64), tensor.name))
    return double


def gradient_of(model: onnx.ModelProto, picture: NDArray[np.float32]) -> NDArray[np.float32]:
    builder = GraphBuilder(onnx.ModelProto.FromString(model.SerializeToString()))
    weighted = builder.op("Mul", LOGITS, builder.constant(MIX.astype(np.float32)))
    value = builder.op("ReduceSum", weighted, keepdims=0)
    builder.output(gradient(builder, value, INPUT), "gradient", FLOAT, picture.shape)
    session = ort.InferenceSession(builder.model.SerializeToString(), providers=["CPUExecutionProvider"])
    return np.asarray(session.run(["gradient"], {INPUT: picture})[0])


@pytest.mark.slow
@pytest.mark.parametrize("name", NETWORKS)
def test_the_gradient_agrees_with_differences(name: str, tmp_path: Path) -> None:
    model, rng = stored(name, tmp_path), np.random.default_rng(4)
    picture = rng.normal(size=(1, 3, SIDE, SIDE)).astype(np.float32)
    found, double = gradient_of(model, picture), in_float64(model)
    places = [(0, *each) for each in rng.integers((3, SIDE, SIDE), size=(PIXELS, 3))]

    def value(place: tuple[int, ...], step: float) -> float:
        moved = picture.astype(np.float64)
        moved[place] += step
        return float((evaluate(double, {INPUT: moved}, [LOGITS])[0] * MIX).sum())

    expected = np.array([(value(place, STEP) - value(place, -STEP)) / (2 * STEP) for place in places])
    error = np.linalg.norm(np.array([found[place] for place in places]) - expected)
    assert error <= 1e-3 * np.linalg.norm(expected)
    assert np.linalg.norm(expected) > 0
