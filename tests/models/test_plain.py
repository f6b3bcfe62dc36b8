"""The clean-up passes, each on a small graph: what they change, and that the numbers stay."""

from __future__ import annotations

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import helper, numpy_helper

from models import plain
from models.errors import ModelError


def convolution(attributes: str, kernel_hw: tuple[int, int]) -> onnx.ModelProto:
    """One convolution without a bias, then a pool, with names as tf2onnx gives them."""
    model = onnx.parser.parse_model(
        f"""<ir_version: 8, opset_import: ["" : 18]>
        g (float[1, 3, h, w] input) => (float[1, 4, H, W] output) {{
            made = Conv <kernel_shape = {list(kernel_hw)}, {attributes}> (input, kernel)
            output = AveragePool <kernel_shape = [3, 2], auto_pad = "SAME_UPPER"> (made)
        }}"""
    )
    values = np.random.default_rng(1).normal(size=(4, 3, *kernel_hw)).astype(np.float32)
    model.graph.initializer.append(numpy_helper.from_array(values, "kernel"))
    return model


def run(model: onnx.ModelProto) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    tensor = np.random.default_rng(2).normal(size=(1, 3, 17, 22)).astype(np.float32)
    return np.asarray(session.run(None, {"input": tensor})[0])


@pytest.mark.parametrize(
    ("attributes", "kernel_hw", "pads"),
    [
        ('auto_pad = "SAME_UPPER"', (3, 3), [1, 1, 1, 1]),
        ('auto_pad = "SAME_UPPER"', (1, 7), [0, 3, 0, 3]),
        ('auto_pad = "SAME_UPPER"', (4, 2), [1, 0, 2, 1]),
        ('auto_pad = "VALID", strides = [2, 2]', (3, 3), [0, 0, 0, 0]),
        ('auto_pad = "NOTSET", pads = [3, 2, 1, 0], strides = [2, 1]', (3, 3), [3, 2, 1, 0]),
        ("group = 1", (3, 3), [0, 0, 0, 0]),
    ],
)
def test_explicit_pads_compute_the_same(attributes: str, kernel_hw: tuple[int, int], pads: list[int]) -> None:
    model = convolution(attributes, kernel_hw)
    before = run(model)
    plain.explicit_pads(model.graph)
    np.testing.assert_allclose(run(model), before, rtol=1e-5, atol=1e-5)
    for node, expected in zip(model.graph.node, [pads, [1, 0, 1, 1]], strict=True):
        found = {attribute.name: helper.get_attribute_value(attribute) for attribute in node.attribute}
        assert found["pads"] == expected
        assert "auto_pad" not in found


def test_a_dilated_convolution_keeps_the_size() -> None:
    model = convolution('auto_pad = "SAME_UPPER", dilations = [2, 3]', (3, 2))
    plain.explicit_pads(model.graph)
    assert run(model).shape == (1, 4, 17, 22)


def test_padding_that_depends_on_the_picture_is_refused() -> None:
    model = convolution('auto_pad = "SAME_UPPER", strides = [2, 2]', (3, 3))
    with pytest.raises(ModelError, match="cannot store Conv"):
        plain.explicit_pads(model.graph)


def test_a_dropped_bias_comes_back_as_zeros() -> None:
    model = convolution("group = 1", (3, 3))
    before = run(model)
    plain.restore_biases(model.graph)
    _, bias = model.graph.initializer
    assert not numpy_helper.to_array(bias).any()
    assert list(bias.dims) == [4]
    assert list(model.graph.node[0].input) == ["input", "kernel", bias.name]
    np.testing.assert_allclose(run(model), before, rtol=1e-6)


def named(kernel: str, conv: str, relu: str, pool: str) -> onnx.GraphProto:
    nodes = [
        helper.make_node("Conv", ["input", kernel, "bias"], [conv]),
        helper.make_node("Relu", [conv], [relu]),
        helper.make_node("MaxPool", [relu], [pool], kernel_shape=[2, 2]),
    ]
    output = helper.make_tensor_value_info("shown", 1, None)
    return helper.make_graph(nodes, "g", [], [output], [numpy_helper.from_array(np.zeros(1), kernel)])


@pytest.mark.parametrize(
    ("scopes", "layers", "expected"),
    [
        (["shown_1", "shown_1", "pool_1"], {"shown", "pool"}, ["shown_W", "shown/preact", "pool"]),
        (["shown", "shown", "pool"], {"shown", "pool"}, ["shown_W", "shown/preact", "pool"]),
        (["conv_1", "bn_1", "pool_1"], {"conv", "bn", "pool", "shown"}, ["conv_W", "bn", "pool"]),
        (["conv_1_2", "conv_1_2", "p"], {"conv", "conv_1", "shown"}, ["conv_1_W", "conv_1", "f/p/op:0"]),
    ],
)
def test_tensors_are_named_after_their_layers(scopes: list[str], layers: set[str], expected: list[str]) -> None:
    kernel, conv, pool = (f"f/{scope}/op:0" for scope in scopes)
    graph = named(f"{kernel}/kernel", conv, "shown", pool)
    plain.readable_names(graph, layers)
    first, relu, last = graph.node
    assert [graph.initializer[0].name, first.output[0], last.output[0]] == expected
    assert list(first.input) == ["input", expected[0], expected[0].replace("_W", "_b")]
    assert [*relu.input, *relu.output, *last.input] == [expected[1], "shown", "shown"]
    assert [node.name for node in graph.node] == [expected[1], "shown", expected[2]]
