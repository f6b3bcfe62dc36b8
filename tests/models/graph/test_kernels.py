"""The convolution of a layer is found behind activations, norms and biases; a layer without one is an error."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
import pytest
from numpy.typing import NDArray
from onnx import numpy_helper, parser

from models.errors import ModelError
from models.graph.kernels import read_kernels
from models.spec import InputInfo, LayerInfo, ModelInfo, Network

TEXT = """
<ir_version: 10, opset_import: ["" : 18]>
agraph (float[1,3,h,w] input) => (float[1,4,h,w] normed)
{
  half = Constant<value = float {0.5}>()
  shifted = Sub(input, half)
  raw = Conv<pads = [1, 1, 1, 1]>(shifted, first)
  biased = Add(raw, bias)
  scaled = BatchNormalization(biased, ones, zeros, zeros, ones)
  normed = Clip(scaled, low)
  deep = Conv<group = 4>(normed, depthwise)
  gate = Sigmoid(deep)
  swish = Mul(deep, gate)
  point = Conv(swish, pointwise)
  residual = Add(point, swish)
  joined = Concat<axis = 1>(point, residual)
  pooled = MaxPool<kernel_shape = [2, 2]>(joined)
}
"""

RNG = np.random.default_rng(3)
FIRST = RNG.normal(size=(4, 3, 3, 3)).astype(np.float32)
WEIGHTS: dict[str, NDArray[Any]] = {
    "first": FIRST,
    "bias": np.ones((1, 4, 1, 1), np.float32),
    "ones": np.ones(4, np.float32),
    "zeros": np.zeros(4, np.float32),
    "low": np.zeros((), np.float32),
    "depthwise": RNG.normal(size=(4, 1, 5, 5)).astype(np.float32),
    "pointwise": RNG.normal(size=(4, 4, 1, 1)).astype(np.float16),
}
LAYERS = ("normed", "swish", "point", "residual", "joined", "pooled")


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Network:
    path = tmp_path_factory.mktemp("kernels") / "net.onnx"
    model = parser.parse_model(TEXT)
    model.graph.initializer.extend(numpy_helper.from_array(values, name) for name, values in WEIGHTS.items())
    onnx.save(model, path)
    layers = tuple(LayerInfo(name, 4, 1, 1) for name in LAYERS)
    return Network(ModelInfo("net", "some", InputInfo(), layers), path, "digest")


def test_the_first_layer_is_found_behind_a_bias_a_norm_and_a_clip(network: Network) -> None:
    kernels = read_kernels(network)
    assert (kernels.layer.name, kernels.first, kernels.groups) == ("normed", True, 1)
    np.testing.assert_array_equal(kernels.weights, FIRST)


@pytest.mark.parametrize(
    ("layer", "shape", "groups"), [("swish", (4, 1, 5, 5), 4), ("point", (4, 4, 1, 1), 1), ("normed", (4, 3, 3, 3), 1)]
)
def test_kernels_of_a_layer(network: Network, layer: str, shape: tuple[int, ...], groups: int) -> None:
    kernels = read_kernels(network, layer)
    assert (kernels.weights.shape, kernels.groups, kernels.first) == (shape, groups, layer == "normed")
    assert kernels.weights.dtype == np.float32


@pytest.mark.parametrize(
    ("layer", "maker"), [("residual", "several of Conv"), ("joined", "Concat"), ("pooled", "MaxPool")]
)
def test_the_error_for_another_operator_names_layers_nearby(network: Network, layer: str, maker: str) -> None:
    with pytest.raises(
        ModelError,
        match=rf"^layer '{layer}' is computed by {maker}, not by a single convolution; try point, swish or normed$",
    ):
        read_kernels(network, layer)


def test_an_unknown_layer_is_an_error(network: Network) -> None:
    with pytest.raises(ModelError, match="layer 'conv9' is not in net"):
        read_kernels(network, "conv9")
