"""One network of each kind that people bring: its layers, the sizes it takes, and what is said of it."""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np
import pytest

from models.importing.open_network import open_network
from realtime.dreams.objective import ObjectiveGradient, channel_objective
from realtime.inference.engine import Engine
from realtime.inference.providers import CPU
from tests.models.importing.kinds.cases import CASES, write_case
from tests.models.importing.reference import picture, run


@pytest.mark.parametrize("name", CASES)
def test_record_of_each_kind(tmp_path: Path, name: str, caplog: pytest.LogCaptureFixture) -> None:
    case = CASES[name]
    with caplog.at_level(logging.INFO):
        network = open_network(str(write_case(name, tmp_path)))
    assert set(case.layers) <= {layer.name for layer in network.info.layers}
    assert network.info.input.limits == case.limits
    assert case.said in caplog.text


@pytest.mark.parametrize("name", ["computed pads", "computed kernel", "opset 9", "external data"])
def test_last_layer_is_what_the_file_returns(tmp_path: Path, name: str) -> None:
    path = write_case(name, tmp_path)
    network = open_network(str(path))
    tensor = picture(network, (64, 64))
    [expected] = run(str(path), tensor)
    np.testing.assert_allclose(
        run(str(network.path), tensor, [CASES[name].layers[-1]])[0], expected, rtol=1e-4, atol=1e-5
    )


@pytest.mark.parametrize("name", ["uint8 levels", "int8 levels", "int16 levels"])
def test_gradient_passes_levels_right_at_the_input(tmp_path: Path, name: str) -> None:
    """Over a whole step of the picture, rounding hardly matters: the value changes as the gradient says."""
    network = open_network(str(write_case(name, tmp_path)))
    image = np.random.default_rng(0).uniform(60, 200, (32, 48, 3)).astype(np.float32)
    with Engine(CPU) as engine:
        gradient = ObjectiveGradient(engine, network, channel_objective(network.info, "second", 1))
        before, slope = gradient(image)
        step = 3 * slope / np.abs(slope).mean()
        expected = float((slope * step).sum())
        assert gradient(image + step)[0] - before == pytest.approx(expected, rel=0.3)
