"""Outputs that are pictures or maps are shown as layers, and hold what the file returns."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from models.importing.open_network import open_network
from tests.models.importing.kinds.outputs import OUTPUTS, SIDE
from tests.models.importing.reference import picture, run, save


@pytest.mark.parametrize("name", OUTPUTS)
def test_outputs_on_the_picture_are_layers(tmp_path: Path, name: str) -> None:
    make, expected = OUTPUTS[name]
    path = save(make(), tmp_path)
    network = open_network(str(path))
    layers = {layer.name: layer for layer in network.info.layers}
    assert {each: layers[each].channels for each in expected} == expected
    assert all(layers[each].is_key_layer for each in expected)
    assert network.info.classifier is None
    assert network.info.input.fixed_hw is None
    tensor = picture(network, (SIDE, SIDE + 32))
    theirs = run(str(path), tensor)
    for each, output in zip(
        run(str(network.path), tensor, [*expected]) if expected else [], theirs, strict=bool(expected)
    ):
        alike = output.transpose(0, 3, 1, 2) if output.ndim == 4 and each.shape != output.shape else output
        np.testing.assert_allclose(each.ravel(), alike.ravel(), rtol=1e-4, atol=1e-4)


def test_list_of_boxes_is_no_layer(tmp_path: Path) -> None:
    info = open_network(str(save(OUTPUTS["a detector"][0](), tmp_path))).info
    assert [layer.name for layer in info.layers] == ["one", "two", "far", "near_head", "far_head"]
