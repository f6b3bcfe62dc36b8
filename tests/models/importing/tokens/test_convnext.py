"""The blocks of ConvNeXt are layers, though their channels are last inside."""

from __future__ import annotations

from pathlib import Path

import pytest

from models.importing.open_network import open_network
from tests.models.importing.reference import picture, run, save, scores
from tests.models.importing.tokens.convnext import ConvNeXt
from tests.models.importing.tokens.test_tokens_to_maps import as_in_file

HW = (32, 32)


def test_blocks_are_key_layers_with_the_names_of_their_modules(tmp_path: Path) -> None:
    network = open_network(str(save(ConvNeXt().model(), tmp_path)))
    names = {layer.name: layer for layer in network.info.key_layers}
    assert list(names) == [
        *("stem", "stages.0.blocks.0", "stages.1.downsample", "stages.1.blocks.0"),
        *("stages.2.downsample", "stages.2.blocks.0", "stages.2.blocks.1"),
    ]
    assert [layer.stride for layer in names.values()] == [4, 4, 8, 8, 16, 16, 16]
    assert network.info.input.fixed_hw is None


def test_blocks_and_scores_equal_those_of_the_file(tmp_path: Path) -> None:
    built = ConvNeXt()
    model = built.model()
    network = open_network(str(save(model, tmp_path)))
    tensor = picture(network, HW)
    blocks = [layer.name for layer in network.info.layers if layer.name.endswith(("blocks.0", "blocks.1"))]
    expected = as_in_file(model, tensor, [*built.sums, "y"])
    for found, tensors in zip(run(str(network.path), tensor, blocks), expected, strict=False):
        assert found == pytest.approx(tensors, abs=1e-5)
    assert scores(network, tensor)[0] == pytest.approx(expected[-1].ravel(), abs=1e-5)
