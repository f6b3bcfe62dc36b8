"""A mosaic of maps that are averaged is the same, whether their levels or their floats are."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx

from models.build.build import build
from models.build.graph_spec import GraphSpec
from models.build.heads.grid import Grid
from models.build.heads.mosaic import MosaicHead
from realtime.inference.open_session import open_session
from realtime.inference.providers import CPU
from tests.models.build.int8.networks import NETWORKS, SIZE_HW, MakeChain, picture

SMALL = Grid(2, 4, (20, 24), 1, (41, 99))
"""Tiles of half the size of the maps."""


def test_levels_are_averaged(make: MakeChain) -> None:
    network, head = make(NETWORKS["chain"]), MosaicHead("out", SMALL)
    kinds = [node.op_type for node in onnx.load(build(GraphSpec(network, head, SIZE_HW, "int8"))).graph.node]
    assert "AveragePool" not in kinds
    assert kinds.count("DequantizeLinear") == 1


def test_the_tiles_are_those_of_floats(make: MakeChain) -> None:
    network, head = make(NETWORKS["chain"]), MosaicHead("out", SMALL)
    feeds: dict[str, Any] = {"image": picture(), "black": np.zeros(8, np.float32), "gain": np.full(8, 1e-2, np.float32)}
    exact, near = (
        open_session(GraphSpec(network, head, SIZE_HW, each), CPU).run(feeds)["picture"] for each in ("fp32", "int8")
    )
    assert np.abs(exact.astype(int) - near).max() <= 12
    assert np.abs(exact.astype(int) - near).mean() < 2
