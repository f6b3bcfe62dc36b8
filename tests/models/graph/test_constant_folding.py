"""Chains of constants and shapes are computed; what would be large is known before and stays."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
import pytest
from onnx import helper, numpy_helper

from models.graph.constant_folding import FOLDABLE, SMALL, evaluate, fold_known_shapes, replace_by_constants


def graph(node: onnx.NodeProto, *more: onnx.NodeProto, **constants: Any) -> onnx.GraphProto:
    weights = [numpy_helper.from_array(np.asarray(values), name) for name, values in constants.items()]
    return helper.make_graph([node, *more], "chain", [], [], weights)


def node(kind: str, *inputs: str, outputs: tuple[str, ...] = ("y",), **attributes: Any) -> onnx.NodeProto:
    return helper.make_node(kind, inputs, outputs, **attributes)


COMPUTED: dict[str, tuple[onnx.GraphProto, int, list[Any]]] = {
    "Range": (graph(node("Range", "a", "b", "c"), a=0, b=10, c=3), 18, [0, 3, 6, 9]),
    "NonZero": (graph(node("NonZero", "a"), a=[1, 0, 3]), 18, [[0, 2]]),
    "OneHot": (graph(node("OneHot", "a", "b", "c"), a=[1], b=2, c=[0, 1]), 18, [[0, 1]]),
    "Pad": (graph(node("Pad", "a", "b"), a=[7], b=[1, 0]), 18, [0, 7]),
    "Split": (graph(node("Split", "a", outputs=("z", "y"), num_outputs=2), a=[1, 2, 3, 4]), 18, [3, 4]),
    "Unsqueeze of opset 11": (graph(node("Unsqueeze", "a", axes=[0]), a=[1, 2]), 11, [[1, 2]]),
    "Slice of opset 9": (graph(node("Slice", "a", starts=[1], ends=[2**63 - 1]), a=[1, 2, 3]), 9, [2, 3]),
    "ReduceProd of opset 11": (graph(node("ReduceProd", "a", keepdims=0), a=[2, 3]), 11, [6]),
}


@pytest.mark.parametrize("name", COMPUTED)
def test_operators_are_computed_in_their_opset(name: str) -> None:
    chain, opset, expected = COMPUTED[name]
    assert np.ravel(evaluate(chain, {}, opset=opset)["y"]).tolist() == np.ravel(expected).tolist()


HUGE = 2**40
LARGE: dict[str, onnx.GraphProto] = {
    "ConstantOfShape": graph(node("ConstantOfShape", "a"), a=[2**20, 2**20]),
    "Expand": graph(node("Expand", "a", "b"), a=[1], b=[HUGE]),
    "Tile": graph(node("Tile", "a", "b"), a=[1, 2], b=[HUGE]),
    "Range": graph(node("Range", "a", "b", "c"), a=0, b=HUGE, c=1),
    "OneHot": graph(node("OneHot", "a", "b", "c"), a=[1], b=HUGE, c=[0, 1]),
    "Pad": graph(node("Pad", "a", "b"), a=[1], b=[HUGE, 0]),
    "outer product": graph(node("Mul", "a", "b"), a=np.ones((SMALL, 1)), b=np.ones((1, SMALL))),
    "doubled forty times": graph(
        *(node("Concat", *2 * (f"c{place}",), outputs=(f"c{place + 1}",), axis=0) for place in range(40)), c0=[1, 2]
    ),
}


@pytest.mark.parametrize("name", LARGE)
def test_what_would_be_large_is_never_made(name: str) -> None:
    values = evaluate(LARGE[name], {})
    assert all(each.size <= SMALL for each in values.values())
    assert "y" not in values


def test_shapes_say_the_next_shapes() -> None:
    """A margin that is computed from one shape decides the next one."""
    nodes = [
        node("Shape", "x", outputs=("s",)),
        node("Concat", "s", "s", outputs=("margins",), axis=0),
        node("Pad", "x", "margins", outputs=("padded",)),
        node("Shape", "padded"),
    ]
    image = helper.make_tensor_value_info("x", 1, [1, 2])
    model = helper.make_model(
        helper.make_graph(nodes, "margins", [image], [helper.make_empty_tensor_value_info("y")]),
        opset_imports=[helper.make_opsetid("", 18)],
    )
    while fold_known_shapes(model):
        pass
    [result] = (numpy_helper.to_array(each) for each in model.graph.initializer if each.name == "y")
    assert result.tolist() == [3, 6]


def test_only_what_is_read_is_stored() -> None:
    chain = graph(node("Add", "a", "a", outputs=("b",)), node("Neg", "b"), a=[1])
    chain.output.append(helper.make_empty_tensor_value_info("y"))
    replace_by_constants(chain, evaluate(chain, {}))
    assert {each.name for each in chain.initializer} == {"a", "y"}
    assert not chain.node


def test_nothing_random_is_computed() -> None:
    assert not [kind for kind in FOLDABLE if "Random" in kind or kind in ("Bernoulli", "Multinomial", "Dropout")]
