"""The passes of Keras networks, each on a small graph: what they change, and that the numbers stay."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import onnx
import onnxruntime
import pytest
from numpy.typing import NDArray
from onnx import helper, numpy_helper

from models.from_keras.keras_passes import KerasContext, drop_unused, to_stored
from models.from_keras.passes.fold_batch_norm import fold_batch_norm
from models.from_keras.passes.fold_pads import fold_pads
from models.from_keras.passes.own_weights import own_weights
from models.from_keras.passes.remove_reshapes import remove_reshapes
from models.importing.passes.context import PassContext
from models.importing.passes.explicit_pads import explicit_pads
from models.spec import InputInfo, LayerInfo, ModelInfo

SHAPES = {"kernel": (4, 3, 3, 3), "bias": (4,), "factor": (1, 4, 1, 1), "shift": (1, 4, 1, 1), "one": (1, 1, 1, 1)}


def parsed(nodes: str, outputs: str = "float[1, 4, a, b] output") -> onnx.ModelProto:
    """A model whose weights are random and whose `pads` are (1, 2) rows and (0, 2) columns."""
    text = f'<ir_version: 8, opset_import: ["" : 18]> g (float[1, 3, h, w] input) => ({outputs}) {{ {nodes} }}'
    model = onnx.parser.parse_model(text)
    random = np.random.default_rng(1)
    for name, shape in SHAPES.items():
        model.graph.initializer.append(numpy_helper.from_array(random.normal(size=shape).astype(np.float32), name))
    for name, values in {"pads": [0, 0, 1, 0, 0, 0, 2, 2], "point": [1, 4, 1, 1], "places": [2, 3]}.items():
        model.graph.initializer.append(numpy_helper.from_array(np.array(values), name))
    return model


CONV = "conv = Conv <kernel_shape = [3, 3], strides = [2, 2], pads = [0, 0, 0, 0]> (input, kernel, bias) "
MUL, ADD = "mul = Mul (conv, factor) ", "add = Add (mul, shift) "
LAST = CONV.replace("conv =", "output =")
RELU = "relu = Relu (conv) "
POOL = "output = MaxPool <kernel_shape = [3, 3], strides = [2, 2], pads = [0, 0, 0, 0]> (padded)"
MEAN = "mean = ReduceMean <keepdims = 1> (conv, places) "
CONV_MEAN_RELU = ["Conv", "ReduceMean", "Relu"]
SAME = (
    'conv = Conv <kernel_shape = [3, 3], strides = [1, 1], auto_pad = "SAME_UPPER">'
    " (input, kernel, bias) output = AveragePool <kernel_shape = [2, 3], strides = [1, 1],"
    ' auto_pad = "SAME_UPPER"> (conv)'
)


def context_of(model: onnx.ModelProto) -> KerasContext:
    """A context whose layers are the outputs of `model`."""
    layers = tuple(LayerInfo(output.name, 4, 1, 1) for output in model.graph.output)
    return KerasContext(model, ModelInfo("tiny", "none", InputInfo(), layers))


def run(model: onnx.ModelProto) -> list[NDArray[np.float32]]:
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    tensor = np.random.default_rng(2).normal(size=(1, 3, 17, 22)).astype(np.float32)
    return [np.asarray(output) for output in session.run(None, {"input": tensor})]


@pytest.mark.parametrize(
    ("rewrite", "nodes", "left"),
    [
        (fold_batch_norm, CONV + MUL + ADD + "output = Relu (add)", ["Conv", "Relu"]),
        (fold_batch_norm, CONV + MUL + ADD.replace("add =", "output ="), ["Conv"]),
        (fold_batch_norm, CONV + "mul = Mul (conv, one) output = Add (mul, one)", ["Conv"]),
        (fold_batch_norm, CONV + MUL + "output = Add (conv, mul)", ["Conv", "Mul", "Add"]),
        (fold_batch_norm, CONV + RELU + "output = Mul (relu, factor)", ["Conv", "Relu", "Mul"]),
        (fold_batch_norm, CONV + RELU + "output = Add (relu, conv)", ["Conv", "Relu", "Add"]),
        (fold_pads, "padded = Pad (input, pads) " + LAST.replace("input", "padded"), ["Conv"]),
        (fold_pads, CONV + RELU + "padded = Pad (relu, pads) " + POOL, ["Conv", "Relu", "MaxPool"]),
        (fold_pads, CONV + "padded = Pad (conv, pads) " + POOL, ["Conv", "Pad", "MaxPool"]),
        (remove_reshapes, CONV + MEAN + "output = Reshape (mean, point)", ["Conv", "ReduceMean"]),
        (remove_reshapes, CONV + MEAN + "same = Reshape (mean, point) output = Relu (same)", CONV_MEAN_RELU),
        (
            remove_reshapes,
            CONV + MEAN + "other = Reshape (mean, point) same = Reshape (mean, point) output = Mul (other, same)",
            ["Conv", "ReduceMean", "Mul"],
        ),
        (explicit_pads, SAME, ["Conv", "AveragePool"]),
    ],
)
def test_a_pass_computes_the_same(rewrite: Callable[[PassContext], None], nodes: str, left: list[str]) -> None:
    model = parsed(nodes)
    [before] = run(model)
    rewrite(context_of(model))
    assert [node.op_type for node in model.graph.node] == left
    np.testing.assert_allclose(run(model)[0], before, rtol=1e-4, atol=1e-5)


def test_what_an_output_shows_stays() -> None:
    model = parsed(CONV + MUL.replace("mul =", "output ="), "float[1, 4, a, b] conv, float[1, 4, a, b] output")
    before = run(model)
    fold_batch_norm(context_of(model))
    for one, other in zip(run(model), before, strict=True):
        np.testing.assert_array_equal(one, other)


def test_same_pads_as_for_a_picture_of_even_sides() -> None:
    model = parsed(LAST.replace("pads = [0, 0, 0, 0]", 'dilations = [1, 2], auto_pad = "SAME_UPPER"'))
    explicit_pads(context_of(model))
    attributes = {each.name: helper.get_attribute_value(each) for each in model.graph.node[0].attribute}
    assert "auto_pad" not in attributes
    assert attributes["pads"] == [0, 1, 1, 2]


def test_a_convolution_has_weights_of_its_own_and_a_bias() -> None:
    second = CONV.replace("conv =", "other =").replace(", bias", "")
    model = parsed(CONV + second + "output = Relu (other)", "float[1, 4, a, b] conv, float[1, 4, a, b] output")
    before = run(model)
    own_weights(context_of(model))
    drop_unused(context_of(model))
    assert [tensor.name for tensor in model.graph.initializer] == ["conv_W", "conv_b", "output_W", "output_b"]
    np.testing.assert_array_equal(numpy_helper.to_array(model.graph.initializer[3]), np.zeros(4))
    for one, other in zip(run(model), before, strict=True):
        np.testing.assert_array_equal(one, other)


def test_what_no_node_takes_is_left_out() -> None:
    model = parsed(LAST)
    drop_unused(context_of(model))
    assert {tensor.name for tensor in model.graph.initializer} == {"kernel", "bias"}


def test_a_stored_network_says_what_it_is() -> None:
    info = ModelInfo("tiny", "none", InputInfo(), (LayerInfo("relu", 4, 2, 1), LayerInfo("twice", 4, 2, 1)))
    pool = "output = MaxPool <kernel_shape = [3, 3], strides = [1, 1]> (relu) twice = Add (output, one)"
    model = parsed(CONV + RELU + pool, "float[1, 4, a, b] relu")
    stored = to_stored(model, info)
    assert [output.name for output in stored.graph.output] == ["relu", "twice"]
    names = [node.output[0] for node in stored.graph.node]
    assert names == ["relu/preact", "relu", "relu/maxpool", "twice"]
    assert {tensor.name for tensor in stored.graph.initializer} == {"relu_W", "relu_b", "twice/1"}
    assert [dim.dim_param for dim in stored.graph.input[0].type.tensor_type.shape.dim[2:]] == ["height", "width"]
    facts = {entry.key: entry.value for entry in stored.metadata_props}
    assert ModelInfo.from_json(facts["ventral"]) == info
    assert helper.get_node_attr_value(stored.graph.node[0], "pads") == [0, 0, 0, 0]
