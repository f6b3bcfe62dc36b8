"""Attention of opset 23, written out, computes what ONNX Runtime's operator computes."""

from __future__ import annotations

import numpy as np
import onnx
import onnx.parser
import pytest
from numpy.typing import NDArray
from onnx import numpy_helper

from models.errors import ModelError
from models.importing.passes.context import PassContext
from models.importing.tokens.expand_attention import expand_attention, has_no_attention
from models.spec import INPUT
from tests.models.importing.reference import run

Floats = NDArray[np.float32]

IMAGE = (1, 3, 4, 4)
COUNT, HEADS, LENGTH = 6, 2, 4


def attention(attributes: str = "", *, rank: int = 4, mask: NDArray[np.generic] | None = None) -> onnx.ModelProto:
    """Queries, keys and values from one picture, as products with random matrices."""
    rest = f"{HEADS}, {COUNT}, {LENGTH}" if rank == 4 else f"{COUNT}, {HEADS * LENGTH}"
    shape = f"int64[{rank}] size = {{1, {rest}}}"
    parts = "".join(
        f"{name}_row = MatMul(row, {name}_kernel) {name} = Reshape({name}_row, size) " for name in ("q", "k", "v")
    )
    names = "q, k, v" + (", mask" if mask is not None else "")
    text = (
        f'<ir_version: 10, opset_import: ["": 23]> net (float[1,3,4,4] {INPUT}) => (float[{_listed(rank)}] y)'
        f" <{shape}, int64[2] flat = {{1, 48}}>"
        f" {{ row = Reshape({INPUT}, flat) {parts} y = Attention{attributes}({names}) }}"
    )
    model = onnx.parser.parse_model(text)
    rng = np.random.default_rng(0)
    for name in ("q", "k", "v"):
        kernel = rng.normal(0, 0.3, (48, HEADS * COUNT * LENGTH)).astype(np.float32)
        model.graph.initializer.append(numpy_helper.from_array(kernel, f"{name}_kernel"))
    if mask is not None:
        model.graph.initializer.append(numpy_helper.from_array(mask, "mask"))
    return model


def _listed(rank: int) -> str:
    return f"1,{HEADS},{COUNT},{LENGTH}" if rank == 4 else f"1,{COUNT},{HEADS * LENGTH}"


def expanded(model: onnx.ModelProto) -> PassContext:
    context = PassContext(onnx.ModelProto.FromString(model.SerializeToString()))
    expand_attention(context)
    return context


MASK = np.random.default_rng(1).random((COUNT, COUNT)) < 0.7
NUM_HEADS = f"q_num_heads={HEADS}, kv_num_heads={HEADS}"


@pytest.mark.parametrize(
    "model",
    [
        attention(),
        attention("<scale=0.1>"),
        attention(f"<{NUM_HEADS}>", rank=3),
        attention(mask=MASK | np.eye(COUNT, dtype=bool)),
        attention(mask=np.where(MASK, 0, -2).astype(np.float32)),
        attention(f"<{NUM_HEADS}, scale=0.3>", rank=3, mask=MASK | np.eye(COUNT, dtype=bool)),
    ],
    ids=["plain", "scale", "joined heads", "mask", "added mask", "joined heads, scale and mask"],
)
def test_the_result_is_the_same(model: onnx.ModelProto) -> None:
    picture: Floats = np.random.default_rng(2).normal(size=IMAGE).astype(np.float32)
    context = expanded(model)
    assert has_no_attention(context)
    [expected], [found] = run(model.SerializeToString(), picture), run(context.model.SerializeToString(), picture)
    assert found == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(
    ("model", "words"),
    [
        (attention("<is_causal=1>"), "has is_causal; expected plain attention between all tokens"),
        (attention("<softcap=2.0>"), "has softcap"),
        (attention(f"<q_num_heads={HEADS}, kv_num_heads=1>", rank=3), "has grouped heads"),
    ],
    ids=["causal", "softcap", "grouped"],
)
def test_what_only_language_models_do_is_refused(model: onnx.ModelProto, words: str) -> None:
    with pytest.raises(ModelError, match=words):
        expanded(model)
