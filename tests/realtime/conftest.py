"""What these tests draw with: an engine that answers at once, and a network that tells colours apart."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from models.importing.open_network import open_network
from models.spec import Network
from realtime.inference.engine import Engine
from realtime.inference.providers import CPU
from tests.networks import colour_network


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with Engine(CPU) as engine:
        yield engine


@pytest.fixture
def network(tmp_path: Path) -> Network:
    colour_network(tmp_path / "colours.onnx")
    return open_network(str(tmp_path / "colours.onnx"))
