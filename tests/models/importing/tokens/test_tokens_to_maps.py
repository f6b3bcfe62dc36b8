"""The tokens and the attention of vision transformers are layers, equal to what the file itself computes."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import onnx
import pytest
from numpy.typing import NDArray

from models.importing.open_network import open_network
from models.importing.tokens.tokens_to_maps import tokens_to_maps
from models.spec import Network
from tests.models.importing.nets import NETS
from tests.models.importing.reference import picture, prepare, run, save, scores
from tests.models.importing.tokens.transformers import TRANSFORMERS, Shape, Transformer, value

Floats = NDArray[np.float32]


@pytest.fixture(params=TRANSFORMERS, ids=lambda name: str(name).replace(" ", "-"))
def shape(request: pytest.FixtureRequest) -> Shape:
    return TRANSFORMERS[request.param]


def opened(shape: Shape, folder: Path) -> tuple[Transformer, onnx.ModelProto, Network]:
    transformer = Transformer(shape)
    model = transformer.model()
    return transformer, model, open_network(str(save(model, folder)))


def as_in_file(model: onnx.ModelProto, tensor: Floats, names: list[str]) -> list[Floats]:
    """Tensors inside of the file, as ONNX Runtime computes them."""
    every = onnx.ModelProto.FromString(model.SerializeToString())
    every.graph.output.extend(value(name) for name in names)
    return run(every.SerializeToString(), tensor, names)


def test_each_block_has_its_tokens_and_its_attention(shape: Shape, tmp_path: Path) -> None:
    _, _, network = opened(shape, tmp_path)
    names = [f"block{number}{part}" for number in range(1, shape.depth + 1) for part in ("_attention", "")]
    layers = network.info.layers
    assert [layer.name for layer in layers] == ["patch_embed.proj", *names]
    assert {layer.stride for layer in layers} == {shape.patch}
    assert [layer.channels for layer in layers[1:3]] == [shape.heads, shape.channels]
    assert [layer.name for layer in network.info.key_layers] == ["patch_embed.proj", *names[1::2]]
    assert [layer.kind for layer in layers] == ["maps", *["attention", "tokens"] * shape.depth]
    assert [layer.block for layer in layers] == [1, 2, 2, 4, 4]
    assert network.info.input.fixed_hw == (shape.side, shape.side)


def test_tokens_equal_those_of_the_file(shape: Shape, tmp_path: Path) -> None:
    transformer, model, network = opened(shape, tmp_path)
    tensor = picture(network, (shape.side, shape.side))
    blocks = [f"block{number}" for number in range(1, shape.depth + 1)]
    for maps, tokens in zip(
        run(str(network.path), tensor, blocks), as_in_file(model, tensor, transformer.sums), strict=True
    ):
        side = shape.side // shape.patch
        expected = tokens[0, shape.own_tokens :].T.reshape(1, shape.channels, side, side)
        assert maps == pytest.approx(expected, abs=1e-5)


def test_attention_equals_that_of_the_file(shape: Shape, tmp_path: Path) -> None:
    transformer, model, network = opened(shape, tmp_path)
    if not transformer.softmaxes:  # the operator Attention: the same weights, written out
        transformer = Transformer(dataclasses.replace(shape, exporter="dynamo"))
        model = transformer.model()
    tensor, side = picture(network, (shape.side, shape.side)), shape.side // shape.patch
    names = [f"block{number}_attention" for number in range(1, shape.depth + 1)]
    for maps, weights in zip(
        run(str(network.path), tensor, names), as_in_file(model, tensor, transformer.softmaxes), strict=True
    ):
        rows = weights[:, :, 0] if shape.own_tokens else weights.mean(axis=2)
        assert maps == pytest.approx(rows[:, :, shape.own_tokens :].reshape(1, shape.heads, side, side), abs=1e-5)


def test_scores_are_those_of_the_file(shape: Shape, tmp_path: Path) -> None:
    _, model, network = opened(shape, tmp_path)
    tensor = picture(network, (shape.side, shape.side))
    logits, _ = scores(network, tensor)
    assert logits == pytest.approx(run(model.SerializeToString(), tensor)[0].ravel(), abs=1e-5)


def test_the_scores_depend_on_the_places_of_the_block_before_the_last(shape: Shape, tmp_path: Path) -> None:
    """Of the last block only the class token is read, unless the mean of all places is."""
    info = opened(shape, tmp_path)[2].info
    assert info.scores.evidence == ("block1" if shape.own_tokens else "")
    assert info.evidence_layer.name == ("block1" if shape.own_tokens else "block2")


@pytest.mark.parametrize("batch", [1, "batch"])
def test_a_batch_of_any_size_is_taken(batch: int | str, tmp_path: Path) -> None:
    model = Transformer(Shape()).model(batch=batch)
    assert len(open_network(str(save(model, tmp_path))).info.layers) == 5


@pytest.mark.parametrize("name", NETS)
def test_other_networks_stay_as_they_are(name: str) -> None:
    context = prepare(NETS[name]())
    before = context.model.SerializeToString()
    tokens_to_maps(context)
    assert context.token_layers == ()
    assert context.model.SerializeToString() == before
