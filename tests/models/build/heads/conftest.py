"""An engine and networks for the heads."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeAlias

import onnx
import onnx.parser
import pytest

from models.importing.open_network import open_network
from models.spec import RECORD, InputInfo, LayerInfo, ModelInfo, Network
from realtime.inference.engine import Engine
from realtime.inference.providers import CPU
from tests.networks import colour_network

MakeNetwork: TypeAlias = Callable[[str, tuple[str, ...]], Network]


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with Engine(CPU) as engine:
        yield engine


@pytest.fixture(scope="module")
def bundled() -> Network:
    return open_network("world")


@pytest.fixture(scope="module")
def colours(tmp_path_factory: pytest.TempPathFactory) -> Network:
    path = tmp_path_factory.mktemp("colours") / "colours.onnx"
    colour_network(path)
    return open_network(str(path))


@pytest.fixture
def make_network(tmp_path: Path) -> MakeNetwork:
    """A network from ONNX text and the names of its layers, which have three channels."""

    def make(text: str, layers: tuple[str, ...]) -> Network:
        outputs = ", ".join(f"float[1,3,h,w] {name}" for name in layers)
        constants = (
            "s = Constant<value=float {0.5}>() z = Constant<value=uint8 {0}>() two = Constant<value=float {2}>()"
        )
        model = onnx.parser.parse_model(
            '<ir_version: 10, opset_import: ["": 18]>'
            f"odd (float[1,3,h,w] input) => ({outputs}) {{ {constants} {text} }}"
        )
        info = ModelInfo("odd", "made", InputInfo(smallest=4), tuple(LayerInfo(name, 3, 1, 1) for name in layers))
        onnx.helper.set_model_props(model, {RECORD: info.to_json()})
        (tmp_path / "odd.onnx").write_bytes(model.SerializeToString())
        return open_network(str(tmp_path / "odd.onnx"))

    return make
