"""The clean-up passes, each on a small graph: what they change, and that the numbers stay."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import onnx
import onnxruntime
import pytest
from numpy.typing import NDArray
from onnx import helper, numpy_helper

from models import plain
from models.spec import InputInfo, LayerInfo, ModelInfo

SHAPES = {"kernel": (4, 3, 3, 3), "bias": (4,), "gamma": (4,), "beta": (4,), "mean": (4,), "var": (4,)}


def parsed(nodes: str, outputs: str = "float[1, 4, a, b] output") -> onnx.ModelProto:
    """A model whose weights are random and whose `pads` are (1, 2) rows and (0, 2) columns."""
    text = f'<ir_version: 8, opset_import: ["" : 18]> g (float[1, 3, h, w] input) => ({outputs}) {{ {nodes} }}'
    model = onnx.parser.parse_model(text)
    random = np.random.default_rng(1)
    for name, shape in SHAPES.items():
        values = random.normal(size=shape) if name != "var" else random.uniform(0.5, 2, shape)
        model.graph.initializer.append(numpy_helper.from_array(values.astype(np.float32), name))
    model.graph.initializer.append(numpy_helper.from_array(np.array([0, 0, 1, 0, 0, 0, 2, 2]), "pads"))
    return model


CONV = "conv = Conv <kernel_shape = [3, 3], strides = [2, 2], pads = [0, 0, 0, 0]> (input, kernel, bias) "
NORM = "norm = BatchNormalization <epsilon = 0.001> (conv, gamma, beta, mean, var) "
LAST = CONV.replace("conv =", "output =")
RELU = "relu = Relu (conv) "
POOL = "output = MaxPool <kernel_shape = [3, 3], strides = [2, 2], pads = [0, 0, 0, 0]> (padded)"


def run(model: onnx.ModelProto) -> list[NDArray[np.float32]]:
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    tensor = np.random.default_rng(2).normal(size=(1, 3, 17, 22)).astype(np.float32)
    return [np.asarray(output) for output in session.run(None, {"input": tensor})]


@pytest.mark.parametrize(
    ("tidy", "nodes", "left"),
    [
        (plain.fold_batch_norms, CONV + NORM + "output = Relu (norm)", ["Conv", "Relu"]),
        (plain.fold_batch_norms, CONV + NORM.replace("norm =", "output ="), ["Conv"]),
        (
            plain.fold_batch_norms,
            CONV + NORM + "output = Add (conv, norm)",
            ["Conv", "BatchNormalization", "Add"],
        ),
        (
            plain.fold_batch_norms,
            CONV + RELU + NORM.replace("conv", "relu").replace("norm =", "output ="),
            ["Conv", "Relu", "BatchNormalization"],
        ),
        (plain.fold_pads, "padded = Pad (input, pads) " + LAST.replace("input", "padded"), ["Conv"]),
        (plain.fold_pads, CONV + RELU + "padded = Pad (relu, pads) " + POOL, ["Conv", "Relu", "MaxPool"]),
        (plain.fold_pads, CONV + "padded = Pad (conv, pads) " + POOL, ["Conv", "Pad", "MaxPool"]),
    ],
)
def test_a_pass_computes_the_same(tidy: Callable[[onnx.GraphProto], None], nodes: str, left: list[str]) -> None:
    model = parsed(nodes)
    [before] = run(model)
    tidy(model.graph)
    assert [node.op_type for node in model.graph.node] == left
    np.testing.assert_allclose(run(model)[0], before, rtol=1e-4, atol=1e-5)


def test_a_batch_norm_behind_an_output_stays() -> None:
    nodes = CONV + NORM.replace("norm =", "output =")
    model = parsed(nodes, "float[1, 4, a, b] conv, float[1, 4, a, b] output")
    before = run(model)
    plain.fold_batch_norms(model.graph)
    for one, other in zip(run(model), before, strict=True):
        np.testing.assert_array_equal(one, other)


def test_what_no_node_takes_is_left_out() -> None:
    model = parsed(LAST)
    plain.drop_unused(model.graph)
    assert {tensor.name for tensor in model.graph.initializer} == {"kernel", "bias"}


def test_a_stored_network_says_what_it_is() -> None:
    info = ModelInfo("tiny", "none", InputInfo(), (LayerInfo("conv", 4, 2, 1), LayerInfo("relu", 4, 2, 1)))
    model = parsed(CONV + NORM.replace("norm =", "normed =") + RELU, "float[1, 4, a, b] relu")
    stored = plain.plain(model, info)
    assert [output.name for output in stored.graph.output] == ["conv", "relu"]
    assert [dim.dim_param for dim in stored.graph.input[0].type.tensor_type.shape.dim[2:]] == ["height", "width"]
    facts = {entry.key: entry.value for entry in stored.metadata_props}
    assert ModelInfo.from_json(facts["ventral"]) == info
    assert helper.get_node_attr_value(stored.graph.node[0], "pads") == [0, 0, 0, 0]
