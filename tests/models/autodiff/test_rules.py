"""Every rule against central differences in float64, and in float32 with ONNX Runtime against itself in float64."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import onnx
import onnx.parser
import onnxruntime as ort
import pytest
from numpy.typing import NDArray
from onnx import TensorProto, numpy_helper

from models.autodiff.gradient import gradient
from models.autodiff.rules import RULES, integers
from models.graph.builder import GraphBuilder, tensors
from tests.models.autodiff.reference import evaluate
from tests.models.autodiff.rule_examples import EXAMPLES, Example

Floats = NDArray[np.float64]

STEP = 1e-5
DIRECTIONS = 6
FLOAT, DOUBLE = TensorProto.FLOAT, TensorProto.DOUBLE


def test_every_rule_has_an_example() -> None:
    operators = {op for example in EXAMPLES for op in re.findall(r"= (\w+)", example.text)}
    assert set(RULES) - set(integers.RULES) <= operators  # the latter: tests/models/build/int8/test_gradient.py


ON_CUDA = """
    Abs Add And ArgMax AveragePool BatchNormalization Cast Clip Concat ConstantOfShape Conv ConvTranspose DepthToSpace
    Div Einsum Equal Erf Exp Expand EyeLike Gather Gemm Greater HardSigmoid Identity Less Log MatMul Max MaxPool Min Mul
    Neg NonZero Not Pad Pow Range ReduceMax ReduceMean ReduceSum Relu Reshape Resize ScatterElements ScatterND Shape
    Sigmoid Sign Slice Softplus SpaceToDepth Sqrt Squeeze Sub Sum Tanh Transpose Unsqueeze Where
"""
"""Operators with a float32 kernel of opset 18 in ONNX Runtime's CUDA provider (docs/OperatorKernels.md there)."""

REPLACED = {"CastLike": "Cast", "Size": "Shape"}
"""Operators that ONNX Runtime replaces by others, or computes on the CPU because they only yield shapes."""


@pytest.mark.parametrize("example", EXAMPLES, ids=str)
def test_the_operators_of_a_rule_run_on_cuda(example: Example) -> None:
    sizes = evaluate(forward(example, DOUBLE), {"X": numbers(example)}, ["Y"])[0].shape
    written = with_gradient(example, np.ones(sizes), FLOAT, example.shape).graph.node
    ops = {REPLACED.get(node.op_type, node.op_type) for node in written if node.name.startswith("ventral/")}
    assert ops <= set(ON_CUDA.split())


@pytest.mark.parametrize("example", EXAMPLES, ids=str)
def test_rule_agrees_with_central_differences(example: Example) -> None:
    x = numbers(example)
    mix = np.random.default_rng(2).normal(size=evaluate(forward(example, DOUBLE), {"X": x}, ["Y"])[0].shape)
    model = with_gradient(example, mix, DOUBLE)
    grad = evaluate(model, {"X": x}, ["gradient"])[0]
    assert grad.shape == x.shape
    for direction in np.random.default_rng(5).choice((-1.0, 1.0), (DIRECTIONS, *x.shape)):
        ahead, behind = (evaluate(model, {"X": x + sign * STEP * direction}, ["value"])[0] for sign in (1, -1))
        assert (grad * direction).sum() == pytest.approx((ahead - behind) / (2 * STEP), rel=1e-6, abs=1e-6)
    for dims in (example.shape, tuple("abcdef"[: len(x.shape)])):
        if dims == example.shape or not example.fixed_size_only:
            actual = run(with_gradient(example, mix, FLOAT, dims), x.astype(np.float32))
            assert actual.shape == grad.shape
            assert actual == pytest.approx(grad, rel=1e-4, abs=1e-4 * np.abs(grad).max())


def numbers(example: Example) -> Floats:
    """Distinct numbers, not close to each other or to zero, where many operators are not differentiable."""
    size = int(np.prod(example.shape))
    line = np.linspace(0.4, 2.0, size) if example.positive else np.linspace(-1.5, 1.6, size + size % 2)[:size]
    return np.random.default_rng(1).permutation(line).reshape(example.shape)


def forward(example: Example, kind: int, dims: Sequence[int | str] | None = None) -> onnx.ModelProto:
    """The model of an example: its input X, its constants, no outputs."""
    name = "float" if kind == FLOAT else "double"
    sizes = ",".join(map(str, dims or example.shape))
    text = (
        f'<ir_version: 10, opset_import: ["": {example.opset}]> example ({name}[{sizes}] X) => () {{ {example.text} }}'
    )
    model = onnx.parser.parse_model(text.replace("\n", "\n "))
    rng = np.random.default_rng(0)
    for constant, value in example.constants.items():
        array = rng.normal(size=value) if isinstance(value, tuple) else np.array(value)
        if array.dtype == np.float64:
            array = array.astype(np.float32 if kind == FLOAT else np.float64)
        model.graph.initializer.append(numpy_helper.from_array(array, constant))
    return model


def with_gradient(example: Example, mix: Floats, kind: int, dims: Sequence[int | str] | None = None) -> onnx.ModelProto:
    """The model of an example with the outputs "value", the sum of Y times `mix`, and "gradient"."""
    model = forward(example, kind, dims)
    y = tensors(model)["Y"].elem_type
    builder = GraphBuilder(model)
    weighted = builder.op("Mul", "Y", builder.constant(mix.astype(np.float32 if y == FLOAT else np.float64)))
    value = builder.op("ReduceSum", weighted, keepdims=0)
    builder.output(value, "value", y, ())
    builder.output(gradient(builder, value, "X"), "gradient", kind, dims or example.shape)
    return model


def run(model: onnx.ModelProto, x: NDArray[np.float32]) -> NDArray[Any]:
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    session = ort.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    return np.asarray(session.run(["gradient"], {"X": x})[0])
