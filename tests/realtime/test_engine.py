"""Graphs made in the background; a failing GPU is left for the CPU, and says so."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from models.errors import ModelError
from models.network import open_network
from models.spec import GraphSpec, Grid, MosaicHead
from realtime import providers
from realtime.engine import Engine, NotReady, open_session
from realtime.providers import CPU, Provider, Session, choose

GPU = Provider("CUDA")


def spec(layer: str = "block1_conv1") -> GraphSpec:
    return GraphSpec(open_network("vgg16-quarter"), MosaicHead(layer, Grid(4, 4, (8, 8), 1, (40, 40))), (32, 32))


FEEDS: dict[str, NDArray[Any]] = {"image": np.zeros((32, 32, 3), np.uint8), "gain": np.ones(16, np.float32)}


@pytest.fixture
def engine() -> Iterator[Engine]:
    with Engine(CPU) as engine:
        yield engine


def test_first_answer_is_not_ready_and_then_the_picture_comes(engine: Engine) -> None:
    with pytest.raises(NotReady):
        engine.run(spec(), FEEDS)
    engine.wait(spec(), timeout=20)
    assert engine.run(spec(), FEEDS)["picture"].shape == (40, 40)


def test_prefetched_graph_is_ready_without_being_asked_for(engine: Engine) -> None:
    wanted = [spec("block1_conv2"), spec("block1_conv1")]
    engine.prefetch(wanted)
    for each in wanted:
        engine.wait(each, timeout=20)
        engine.run(each, FEEDS)


def test_unknown_layer_is_reported_by_run(engine: Engine) -> None:
    engine.wait(spec("conv9"), timeout=20)
    with pytest.raises(ModelError, match="conv9"):
        engine.run(spec("conv9"), FEEDS)


def test_a_fault_of_one_graph_leaves_the_others(engine: Engine) -> None:
    engine.wait(spec("conv9"), timeout=20)
    engine.wait(spec(), timeout=20)
    assert engine.run(spec(), FEEDS)


class BrokenGpu:
    """Opens graphs on the CPU; what was asked for as CUDA fails as a lost device does."""

    def __init__(self, *, fails: str) -> None:
        self.fails = fails
        self.opened: list[str] = []

    def __call__(self, wanted: GraphSpec, provider: Provider) -> Session:
        self.opened.append(provider.name)
        if provider == GPU and self.fails == "open":
            raise RuntimeError("CUDA failure 35: driver version is insufficient")
        session = open_session(wanted, CPU)
        if provider == GPU:
            session.run = self._lost  # type: ignore[method-assign]
        return session

    def _lost(self, feeds: providers.Tensors) -> dict[str, np.ndarray]:
        raise RuntimeError("CUDA failure 719: unspecified launch failure")


def run_until_ready(engine: Engine, seconds: float = 20.0) -> dict[str, np.ndarray]:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            return engine.run(spec(), FEEDS)
        except NotReady:
            time.sleep(0.01)
    raise AssertionError("never ready")


@pytest.mark.parametrize("fails", ["open", "run"])
def test_lost_gpu_is_tried_once_more_and_then_left(fails: str) -> None:
    gpu = BrokenGpu(fails=fails)
    with Engine(GPU, gpu) as engine:
        assert run_until_ready(engine)["picture"].shape == (40, 40)
        assert engine.provider.name == "CPU"
        assert engine.provider.reason is not None
        assert "CUDA failed: CUDA failure" in engine.provider.reason
    assert gpu.opened == ["CUDA", "CUDA", "CPU"]


def test_closing_ends_the_loader() -> None:
    before = threading.active_count()
    with Engine(CPU):
        pass
    assert threading.active_count() == before


def test_provider_is_cpu_with_a_reason_where_there_is_no_gpu() -> None:
    provider = choose("auto")
    if provider.name == "CPU":
        assert provider.reason
        with pytest.raises(Exception, match="ventral doctor"):
            choose("cuda")
    assert choose("cpu") == CPU


def test_missing_file_is_an_error_of_the_session(tmp_path: Path) -> None:
    with pytest.raises(Exception, match="nowhere"):
        Session(tmp_path / "nowhere.onnx", CPU)
