"""The walk on small graphs, and whole networks against gradients that TensorFlow found."""

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


def slope(text: str, x: Floats, **options: Any) -> Floats:
    """d o / d X for ONNX text that makes the number o from X, in float64."""
    draft = parsed(text, f"double{list(x.shape)} X")
    return evaluate(draft.model, {"X": x}, [gradient(draft, "o", "X", **options)])[0]


def test_gradients_add_up_where_paths_meet() -> None:
    x = np.array([[1.0, -2.0, 3.0]])
    found = slope("A = Mul(X, X) B = Mul(A, X) C = Add(A, B) D = Sub(C, X) o = ReduceSum<keepdims=0>(D)", x)
    assert found == pytest.approx(2 * x + 3 * x**2 - 1)


def test_what_the_objective_does_not_read_costs_nothing() -> None:
    draft = parsed("A = Exp(X) B = Sin(X) o = ReduceSum<keepdims=0>(A)", "double[3] X")
    before = len(draft.model.graph.node)
    gradient(draft, "o", "X")
    assert [node.op_type for node in draft.model.graph.node[before:]] == ["Expand", "Mul"]


def test_a_gradient_with_respect_to_a_tensor_within() -> None:
    draft = parsed("A = Sin(X) B = Exp(A) o = ReduceSum<keepdims=0>(B)", "double[3] X")
    x = np.array([0.3, -0.4, 2.0])
    found, expected = evaluate(draft.model, {"X": x}, [gradient(draft, "o", "A"), "B"])
    assert found == pytest.approx(expected)


def test_the_gradient_of_a_tensor_with_respect_to_itself() -> None:
    draft = parsed("o = ReduceSum<keepdims=0>(X)", "double[3] X")
    assert evaluate(draft.model, {"X": np.ones(3)}, [gradient(draft, "o", "o")])[0] == pytest.approx(1.0)


def test_whole_numbers_end_the_walk() -> None:
    text = "S = Shape(X) F = Cast<to=11>(S) P = ReduceProd<keepdims=0>(F) M = ArgMax<keepdims=0>(X) "
    text += "G = Gather(X, M) R = ReduceSum<keepdims=0>(G) T = Floor(R) U = Add(R, T) o = Mul(U, P)"
    assert slope(text, np.array([1.5, 4.5, 2.5])) == pytest.approx([0.0, 3.0, 0.0])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("A = Sin(X) o = ReduceSum<keepdims=0>(A)", "no gradient rule for Sin, node 'A' of tiny"),
        ("S = Exp(X) A = PRelu(X, S) o = ReduceSum<keepdims=0>(A)", "no gradient rule for input 1 of PRelu, node 'A'"),
        ("A = Exp(X) o = Identity(A)", r"the objective 'o' has the shape \(3,\); expected a scalar"),
        ("C = Constant<value_float=1.0>() o = Identity(C)", "'o' does not depend on 'X' in tiny"),
        ("S = Size(X) o = Cast<to=11>(S)", "'o' does not depend on 'X' in tiny"),
        ("A = Floor(X) o = ReduceSum<keepdims=0>(A)", "no gradient passes Floor, node 'A' of tiny"),
    ],
)
def test_what_has_no_gradient_is_refused_in_one_line(text: str, message: str) -> None:
    draft = parsed(text, "double[3] X")
    nodes = len(draft.model.graph.node)
    with pytest.raises(ModelError, match=message) as raised:
        gradient(draft, "o", "X")
    assert "\n" not in str(raised.value)
    assert len(draft.model.graph.node) == nodes


@pytest.mark.parametrize("op", ["Relu", "Sigmoid", "LeakyRelu"])
def test_a_tensor_of_no_known_shape_is_refused(op: str) -> None:
    text = (
        f"M = Constant<value_ints=[-1]>() A = Reshape(X, S) B = {op}(A) C = Reshape(B, M) o = ReduceSum<keepdims=0>(C)"
    )
    draft = parsed(text, "double[1,1,4,4] X, int64[n] S")
    with pytest.raises(ModelError, match=f"the gradient of {op} 'B' needs"):
        gradient(draft, "o", "X")


def test_a_slice_of_no_known_number_of_axes_is_refused() -> None:
    text = "N = NonZero(X) M = Constant<value_ints=[-1]>() S = Reshape(N, M) A = Slice(X, S, S) "
    with pytest.raises(ModelError, match="the gradient of Slice 'A' needs starts of known length"):
        slope(text + "o = ReduceSum<keepdims=0>(A)", np.zeros(3))


SIGNS = np.array([-2.0, -1.0, 1.0, 2.0])


@pytest.mark.parametrize("op", ["Relu(X)", "Clip(X, Z)", "Clip(X, Z, H)"])
@pytest.mark.parametrize(
    ("backprop_rule", "expected"),
    [("plain", [0, 0, -5, 7]), ("guided", [0, 0, 0, 7]), ("deconv", [3, 0, 0, 7])],
)
def test_ways_past_a_rectifier(op: str, backprop_rule: BackpropRule, expected: list[int]) -> None:
    text = "Z = Constant<value=double {0.0}>() H = Constant<value=double {6.0}>() "
    text += "W = Constant<value=double[4] {3.0, -1.0, -5.0, 7.0}>() "
    text += f"A = {op} B = Mul(A, W) o = ReduceSum<keepdims=0>(B)"
    assert slope(text, SIGNS, backprop_rule=backprop_rule) == pytest.approx(expected)


@pytest.mark.parametrize(("backprop_rule", "expected"), [("plain", [0.3, -0.1, -5, 7]), ("deconv", [3, 0, 0, 7])])
def test_ways_past_a_leaky_rectifier(backprop_rule: BackpropRule, expected: list[float]) -> None:
    text = "W = Constant<value=double[4] {3.0, -1.0, -5.0, 7.0}>() "
    text += "A = LeakyRelu<alpha=0.1>(X) B = Mul(A, W) o = ReduceSum<keepdims=0>(B)"
    assert slope(text, SIGNS, backprop_rule=backprop_rule) == pytest.approx(expected)


@pytest.mark.parametrize("window", ["kernel_shape=[2,2], strides=[2,2]", "kernel_shape=[3,3], pads=[1,1,1,1]"])
def test_equal_winners_share_a_gradient(window: str) -> None:
    found = slope(f"A = MaxPool<{window}>(X) o = ReduceSum<keepdims=0>(A)", np.zeros((1, 1, 4, 6)))
    windows = 6 if "strides" in window else 24
    assert found.sum() == pytest.approx(windows)
    assert found.max() < 2.5


@pytest.fixture(scope="module")
def googlenet(assets: Path) -> onnx.ModelProto:
    model = onnx.load(assets / "weights" / "googlenet.onnx")
    model.opset_import[0].version = 18  # its operators are the same there
    return model


def test_googlenet_agrees_with_tensorflow(assets: Path, googlenet: onnx.ModelProto) -> None:
    wanted = np.load(assets / "weights" / "grad_googlenet_inception_4c_output.npz")
    found = energy_gradient(googlenet, "inception_4c/output", wanted["image"].astype(np.float32))
    assert_agrees(found, wanted["grad"], 1e-3)


def energy_gradient(model: onnx.ModelProto, layer: str, tensor: NDArray[np.float32]) -> Floats:
    """d mean(layer**2) / d input, by ONNX Runtime at a fixed size."""
    truncate(model, [layer])
    dims = model.graph.input[0].type.tensor_type.shape.dim
    for dim, size in zip(dims, tensor.shape, strict=True):
        dim.dim_value = size
    draft = GraphBuilder(model)
    energy = draft.op("ReduceMean", draft.op("Mul", layer, layer), keepdims=0)
    draft.output(gradient(draft, energy, model.graph.input[0].name), "gradient", FLOAT, tensor.shape)
    session = ort.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return np.asarray(session.run(["gradient"], {model.graph.input[0].name: tensor})[0])


def assert_agrees(found: Floats, wanted: Floats, tolerance: float) -> None:
    assert np.linalg.norm(found - wanted) <= tolerance * np.linalg.norm(wanted)
    assert (found * wanted).sum() >= (1 - tolerance**2) * np.linalg.norm(found) * np.linalg.norm(wanted)
