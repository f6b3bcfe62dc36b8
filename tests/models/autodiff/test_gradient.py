"""Gradients of small graphs, and of whole networks against those of TensorFlow."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnx.parser
import onnxruntime as ort
import pytest
from numpy.typing import NDArray

from models.autodiff.backprop_rule import BackpropRule
from models.autodiff.gradient import gradient
from models.errors import ModelError
from models.graph.builder import FLOAT, GraphBuilder
from models.graph.truncate import truncate
from tests.models.autodiff.reference import evaluate

Floats = NDArray[Any]


def parsed(text: str, shape: str = "2,3") -> GraphBuilder:
    return GraphBuilder(
        onnx.parser.parse_model(f'<ir_version: 10, opset_import: ["": 18]> tiny ({shape}) => () {{ {text} }}')
    )


def gradient_of(text: str, x: Floats, **options: Any) -> Floats:
    """d o / d X in float64, for ONNX text that computes the scalar o from X."""
    builder = parsed(text, f"double{list(x.shape)} X")
    return evaluate(builder.model, {"X": x}, [gradient(builder, "o", "X", **options)])[0]


def test_gradients_add_up_where_paths_meet() -> None:
    x = np.array([[1.0, -2.0, 3.0]])
    actual = gradient_of("A = Mul(X, X) B = Mul(A, X) C = Add(A, B) D = Sub(C, X) o = ReduceSum<keepdims=0>(D)", x)
    assert actual == pytest.approx(2 * x + 3 * x**2 - 1)


def test_branches_that_the_objective_does_not_read_are_not_differentiated() -> None:
    builder = parsed("A = Exp(X) B = Sin(X) o = ReduceSum<keepdims=0>(A)", "double[3] X")
    before = len(builder.model.graph.node)
    gradient(builder, "o", "X")
    assert [node.op_type for node in builder.model.graph.node[before:]] == ["Expand", "Mul"]


def test_a_gradient_with_respect_to_an_inner_tensor() -> None:
    builder = parsed("A = Sin(X) B = Exp(A) o = ReduceSum<keepdims=0>(B)", "double[3] X")
    x = np.array([0.3, -0.4, 2.0])
    actual, expected = evaluate(builder.model, {"X": x}, [gradient(builder, "o", "A"), "B"])
    assert actual == pytest.approx(expected)


def test_the_gradient_of_a_tensor_with_respect_to_itself() -> None:
    builder = parsed("o = ReduceSum<keepdims=0>(X)", "double[3] X")
    assert evaluate(builder.model, {"X": np.ones(3)}, [gradient(builder, "o", "o")])[0] == pytest.approx(1.0)


def test_no_gradient_passes_integers() -> None:
    text = "S = Shape(X) F = Cast<to=11>(S) P = ReduceProd<keepdims=0>(F) M = ArgMax<keepdims=0>(X) "
    text += "G = Gather(X, M) R = ReduceSum<keepdims=0>(G) T = Floor(R) U = Add(R, T) o = Mul(U, P)"
    assert gradient_of(text, np.array([1.5, 4.5, 2.5])) == pytest.approx([0.0, 3.0, 0.0])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("A = Sin(X) o = ReduceSum<keepdims=0>(A)", "no gradient rule for Sin, node 'A' of tiny"),
        ("S = Exp(X) A = PRelu(X, S) o = ReduceSum<keepdims=0>(A)", "no gradient rule for input 1 of PRelu, node 'A'"),
        ("A = Exp(X) o = Identity(A)", r"the objective 'o' has the shape \(3,\); expected a scalar"),
        ("C = Constant<value_float=1.0>() o = Identity(C)", "'o' does not depend on 'X' in tiny"),
        ("S = Size(X) o = Cast<to=11>(S)", "'o' does not depend on 'X' in tiny"),
        ("A = Floor(X) o = ReduceSum<keepdims=0>(A)", "no gradient passes through Floor, node 'A' of tiny"),
    ],
)
def test_errors_are_one_line_and_leave_the_graph_unchanged(text: str, message: str) -> None:
    builder = parsed(text, "double[3] X")
    nodes = len(builder.model.graph.node)
    with pytest.raises(ModelError, match=message) as raised:
        gradient(builder, "o", "X")
    assert "\n" not in str(raised.value)
    assert len(builder.model.graph.node) == nodes


@pytest.mark.parametrize("op", ["Relu", "Sigmoid", "LeakyRelu"])
def test_a_tensor_of_unknown_rank_is_an_error(op: str) -> None:
    text = (
        f"M = Constant<value_ints=[-1]>() A = Reshape(X, S) B = {op}(A) C = Reshape(B, M) o = ReduceSum<keepdims=0>(C)"
    )
    builder = parsed(text, "double[1,1,4,4] X, int64[n] S")
    with pytest.raises(ModelError, match=f"the gradient of {op} 'B' needs"):
        gradient(builder, "o", "X")


def test_a_slice_with_an_unknown_number_of_axes_is_an_error() -> None:
    text = "N = NonZero(X) M = Constant<value_ints=[-1]>() S = Reshape(N, M) A = Slice(X, S, S) "
    with pytest.raises(ModelError, match="the gradient of Slice 'A' needs starts of known length"):
        gradient_of(text + "o = ReduceSum<keepdims=0>(A)", np.zeros(3))


@pytest.mark.parametrize("equation", ["ij->i", "ii->i", "...j->j", "ij"])
def test_an_equation_that_the_rule_does_not_cover_is_an_error(equation: str) -> None:
    text = f'A = Einsum<equation="{equation}">(X) o = ReduceSum<keepdims=0>(A)'
    with pytest.raises(ModelError, match="the gradient of Einsum 'A' needs an equation such as bhid,bhjd->bhij"):
        gradient_of(text, np.ones((3, 3)))


SIGNS = np.array([-2.0, -1.0, 1.0, 2.0])


@pytest.mark.parametrize("op", ["Relu(X)", "Clip(X, Z)", "Clip(X, Z, H)"])
@pytest.mark.parametrize(
    ("backprop_rule", "expected"),
    [("plain", [0, 0, -5, 7]), ("guided", [0, 0, 0, 7]), ("deconv", [3, 0, 0, 7])],
)
def test_backprop_rules_of_a_relu(op: str, backprop_rule: BackpropRule, expected: list[int]) -> None:
    text = "Z = Constant<value=double {0.0}>() H = Constant<value=double {6.0}>() "
    text += "W = Constant<value=double[4] {3.0, -1.0, -5.0, 7.0}>() "
    text += f"A = {op} B = Mul(A, W) o = ReduceSum<keepdims=0>(B)"
    assert gradient_of(text, SIGNS, backprop_rule=backprop_rule) == pytest.approx(expected)


@pytest.mark.parametrize(("backprop_rule", "expected"), [("plain", [0.3, -0.1, -5, 7]), ("deconv", [3, 0, 0, 7])])
def test_backprop_rules_of_a_leaky_relu(backprop_rule: BackpropRule, expected: list[float]) -> None:
    text = "W = Constant<value=double[4] {3.0, -1.0, -5.0, 7.0}>() "
    text += "A = LeakyRelu<alpha=0.1>(X) B = Mul(A, W) o = ReduceSum<keepdims=0>(B)"
    assert gradient_of(text, SIGNS, backprop_rule=backprop_rule) == pytest.approx(expected)


@pytest.mark.parametrize("window", ["kernel_shape=[2,2], strides=[2,2]", "kernel_shape=[3,3], pads=[1,1,1,1]"])
def test_equal_maxima_share_the_gradient(window: str) -> None:
    actual = gradient_of(f"A = MaxPool<{window}>(X) o = ReduceSum<keepdims=0>(A)", np.zeros((1, 1, 4, 6)))
    windows = 6 if "strides" in window else 24
    assert actual.sum() == pytest.approx(windows)
    assert actual.max() < 2.5


@pytest.fixture(scope="module")
def googlenet(assets: Path) -> onnx.ModelProto:
    model = onnx.load(assets / "weights" / "googlenet.onnx")
    model.opset_import[0].version = 18  # its operators are the same there
    return model


def test_googlenet_agrees_with_tensorflow(assets: Path, googlenet: onnx.ModelProto) -> None:
    expected = np.load(assets / "weights" / "grad_googlenet_inception_4c_output.npz")
    actual = energy_gradient(googlenet, "inception_4c/output", expected["image"].astype(np.float32))
    assert_agrees(actual, expected["grad"], 1e-3)


def energy_gradient(model: onnx.ModelProto, layer: str, tensor: NDArray[np.float32]) -> Floats:
    """d mean(layer**2) / d input, by ONNX Runtime at a fixed size."""
    truncate(model, [layer])
    dims = model.graph.input[0].type.tensor_type.shape.dim
    for dim, size in zip(dims, tensor.shape, strict=True):
        dim.dim_value = size
    builder = GraphBuilder(model)
    energy = builder.op("ReduceMean", builder.op("Mul", layer, layer), keepdims=0)
    builder.output(gradient(builder, energy, model.graph.input[0].name), "gradient", FLOAT, tensor.shape)
    session = ort.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return np.asarray(session.run(["gradient"], {model.graph.input[0].name: tensor})[0])


def assert_agrees(actual: Floats, expected: Floats, tolerance: float) -> None:
    assert np.linalg.norm(actual - expected) <= tolerance * np.linalg.norm(expected)
    assert (actual * expected).sum() >= (1 - tolerance**2) * np.linalg.norm(actual) * np.linalg.norm(expected)


def test_no_provider_can_take_the_mask_of_a_rectifier_for_another_one() -> None:
    """OpenVINO 2025.4 takes a `beta` of 0 for the default of HardSigmoid, 0.5: then half of a gradient passes."""
    builder = parsed("A = Relu(X) o = ReduceSum<keepdims=0>(A)", "float[3] X")
    grad = gradient(builder, "o", "X")
    (mask,) = [node for node in builder.model.graph.node if node.op_type == "HardSigmoid"]
    assert {each.name: each.f for each in mask.attribute}["beta"] != 0
    x = np.array([-1, 0, 1e-20], np.float32)
    assert evaluate(builder.model, {"X": x}, [grad])[0].tolist() == [0, 0, 1]
