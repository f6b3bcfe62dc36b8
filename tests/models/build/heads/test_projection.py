"""The projection inside the graph is that of numpy; the enlargement keeps lines straight."""

from __future__ import annotations

import numpy as np
import pytest

from models.build.graph_spec import GraphSpec
from models.build.heads.activations import ActivationsHead
from models.build.heads.projection import MAX_PLACES, ProjectionHead, cubic_matrix, place_step
from models.importing.open_network import open_network
from realtime.inference.engine import Engine
from realtime.inference.providers import CPU


def test_the_graph_projects_as_numpy_does() -> None:
    network, layer, size_hw = open_network("world"), "block4_conv3", (96, 128)
    rng = np.random.default_rng(0)
    image = rng.integers(0, 256, (*size_hw, 3), np.uint8)
    channels = network.info.layer(layer).channels
    rows = rng.normal(size=(3, channels)).astype(np.float32)
    offset = rng.normal(size=3).astype(np.float32)
    with Engine(CPU) as engine:
        activations = engine.run_when_ready(GraphSpec(network, ActivationsHead(layer), size_hw), {"image": image})
        features = activations["activations"]
        spec = GraphSpec(network, ProjectionHead(layer, 3, (48, 64)), size_hw)
        outputs = engine.run_when_ready(spec, {"image": image, "projection": rows, "offset": offset})
    unit = features / np.maximum(np.linalg.norm(features, axis=0), 1e-6)
    small = np.tensordot(rows, unit, axes=1) + offset[:, None, None]
    height, width = features.shape[1:]
    expected = cubic_matrix(height, 48) @ small @ cubic_matrix(width, 64).T
    assert np.abs(outputs["maps"] - expected).max() * 255 < 1
    assert np.allclose(outputs["places"], unit, atol=1e-5)


@pytest.mark.parametrize(("source", "target"), [(5, 5), (7, 40), (14, 170), (1, 9), (40, 24)])
def test_the_enlargement_keeps_levels_and_lines(source: int, target: int) -> None:
    matrix = cubic_matrix(source, target)
    assert matrix.shape == (target, source)
    assert np.allclose(matrix.sum(axis=1), 1, atol=1e-6)
    line = matrix @ np.arange(source)
    places = (np.arange(target) + 0.5) * source / target - 0.5
    inside = (places >= 1) & (places <= source - 2)
    assert np.allclose(line[inside], places[inside], atol=1e-4)


def test_few_places_leave_the_graph() -> None:
    assert place_step((14, 18)) == 1
    for size_hw in ((224, 298), (720, 1280), (3000, 20)):
        step = place_step(size_hw)
        assert -(-size_hw[0] // step) * -(-size_hw[1] // step) <= MAX_PLACES
