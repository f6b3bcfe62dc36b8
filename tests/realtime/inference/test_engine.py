"""Graphs prepared in the background, jobs, and the change from a failing GPU to the CPU."""

from __future__ import annotations

import dataclasses
import itertools
import os
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from models.build.build import build
from models.build.graph_spec import GraphSpec
from models.build.heads.grid import Grid
from models.build.heads.mosaic import MosaicHead
from models.errors import ModelError, OutputError
from models.importing.open_network import open_network
from realtime.inference import providers
from realtime.inference.engine import Engine, GraphError, NotReady, SessionLike
from realtime.inference.open_session import open_session
from realtime.inference.providers import CPU, Provider, Session, choose
from realtime.threads.background_result import BackgroundResult
from tests.screen import until

GPU = Provider("CUDA")


def spec(layer: str = "block1_conv1") -> GraphSpec:
    return GraphSpec(open_network("world"), MosaicHead(layer, Grid(4, 4, (8, 8), 1, (40, 40))), (32, 32))


FEEDS: dict[str, NDArray[Any]] = {
    "image": np.zeros((32, 32, 3), np.uint8),
    "black": np.zeros(16, np.float32),
    "gain": np.ones(16, np.float32),
}


@pytest.fixture
def engine() -> Iterator[Engine]:
    with Engine(CPU) as engine:
        yield engine


def test_a_graph_is_not_ready_at_first_and_runs_later(engine: Engine) -> None:
    with pytest.raises(NotReady):
        engine.run(spec(), FEEDS)
    engine.wait(spec(), timeout=20)
    assert engine.run(spec(), FEEDS)["picture"].shape == (40, 40)


def test_a_patient_engine_waits_for_a_graph() -> None:
    with Engine(CPU, patient=True) as engine:
        assert engine.run(spec(), FEEDS)["picture"].shape == (40, 40)
        assert engine.ready(spec("block1_conv2"))


def test_a_prefetched_graph_is_ready_at_once(engine: Engine) -> None:
    engine.prefetch([spec("block1_conv2"), spec("block1_conv1")])
    until(lambda: engine.pending == 0, "both graphs")
    for layer in ("block1_conv1", "block1_conv2"):
        engine.run(spec(layer), FEEDS)


def test_a_requested_graph_comes_before_prefetched_ones() -> None:
    def slow(graph: GraphSpec, provider: Provider) -> SessionLike:
        time.sleep(0.02)
        return open_session(graph, provider)

    def elsewhere(engine: Engine) -> None:
        like = spec()
        for side in itertools.count(33):
            engine.prefetch([dataclasses.replace(like, size_hw=(side, 32))])
            if done.wait(0.001):
                return

    done = threading.Event()
    with Engine(CPU, slow) as engine:
        show = threading.Thread(target=elsewhere, args=(engine,))
        show.start()
        until(lambda: engine.pending, "what is prefetched")
        try:
            assert engine.run_when_ready(spec(), FEEDS, timeout=20)["picture"].shape == (40, 40)
        finally:
            done.set()
            show.join()


def test_a_job_that_waits_for_a_graph_does_not_delay_closing() -> None:
    opening = threading.Event()

    def slow(graph: GraphSpec, provider: Provider) -> SessionLike:
        opening.set()
        time.sleep(0.5)
        return open_session(graph, provider)

    before = set(threading.enumerate())
    with Engine(CPU, slow, background=True) as engine:
        engine.prefetch([spec("block1_conv2")])
        opening.wait(20)
        task = engine.start(lambda: engine.run_when_ready(spec(), FEEDS))
        start = time.monotonic()
    assert time.monotonic() - start < 4
    until(lambda: set(threading.enumerate()) <= before, "the end of both threads")
    with pytest.raises(GraphError, match="the engine is closed"):
        task.result()


def test_a_job_that_raises_leaves_the_jobs_after_it() -> None:
    def fail() -> None:
        raise ZeroDivisionError("in a job")

    for background in (True, False):
        with Engine(CPU, background=background) as engine:
            failed, done = engine.start(fail), engine.start(lambda: 7)
            assert done.result() == 7
            with pytest.raises(ZeroDivisionError, match="in a job"):
                failed.result()
            engine.check()


def test_closing_drops_jobs_that_have_not_started() -> None:
    started, go = threading.Event(), threading.Event()

    def wait() -> None:
        started.set()
        assert go.wait(20)

    with Engine(CPU, background=True) as engine:
        engine.start(wait)
        assert started.wait(20)
        dropped = engine.start(lambda: 7)
        threading.Timer(0.2, go.set).start()
    assert dropped.cancelled()


def test_a_result_is_taken_once_and_so_is_an_error() -> None:
    request, future = BackgroundResult[int](), Future[int]()
    assert request.idle
    request.send(future)
    assert not request.idle
    assert request.take() is None
    future.set_result(7)
    assert request.take() == 7
    assert request.take() is None
    failed = Future[int]()
    failed.set_exception(ZeroDivisionError("in a job"))
    request.send(failed)
    with pytest.raises(ZeroDivisionError, match="in a job"):
        request.take()
    assert request.idle


def test_ready_requests_the_graph() -> None:
    with Engine(CPU, background=True) as engine:
        assert not engine.ready(spec())
        until(lambda: engine.ready(spec()), "the graph")
        engine.wait(spec("conv9"), timeout=20)
        with pytest.raises(ModelError, match="conv9"):
            engine.ready(spec("conv9"))


def test_without_background_jobs_ready_raises_not_ready(engine: Engine) -> None:
    with pytest.raises(NotReady):
        engine.ready(spec())


def test_each_graph_is_opened_once() -> None:
    opened: list[GraphSpec] = []

    def counted(graph: GraphSpec, provider: Provider) -> SessionLike:
        opened.append(graph)
        return open_session(graph, provider)

    with Engine(CPU, counted) as engine:
        with pytest.raises(NotReady):
            engine.run(spec(), FEEDS)
        engine.wait(spec(), timeout=20)
        engine.wait(spec(), timeout=20)
        engine.run(spec(), FEEDS)
    assert opened == [spec()]


def test_a_failed_graph_is_tried_again_later(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("realtime.inference.engine.RETRY", 1.0)
    full = [True]

    def opener(graph: GraphSpec, provider: Provider) -> SessionLike:
        if full[0]:
            raise OutputError("cannot write the cache: no space left")
        return open_session(graph, provider)

    with Engine(CPU, opener) as engine:
        engine.wait(spec(), timeout=20)
        with pytest.raises(ModelError, match="no space left"):
            engine.run(spec(), FEEDS)
        full[0] = False
        time.sleep(1.1)
        assert run_until_ready(engine)["picture"].shape == (40, 40)


def test_errors_keep_no_frames_alive(engine: Engine) -> None:
    """An error that is raised in every frame must not keep the frames alive."""
    engine.wait(spec("conv9"), timeout=20)
    depths = []
    for _ in range(3):
        with pytest.raises(ModelError) as caught:
            engine.run(spec("conv9"), FEEDS)
        depths.append(len(caught.traceback))
    assert len(set(depths)) == 1


@pytest.mark.parametrize("victim", ["network.bin", "network.onnx", "network.json", "graph"])
@pytest.mark.parametrize("damage", ["cut", "emptied", "scrambled"])
def test_a_damaged_cache_is_repaired(victim: str, damage: str, monkeypatch: pytest.MonkeyPatch) -> None:
    path = build(spec())
    damaged = path if victim == "graph" else path.parent / victim
    whole = damaged.read_bytes()
    scrambled = np.random.default_rng(0).bytes(len(whole))
    damaged.write_bytes({"cut": whole[: len(whole) // 2], "emptied": b"", "scrambled": scrambled}[damage])
    monkeypatch.setattr("models.build.weight_cache._intact", set())  # as in a new process
    with Engine(CPU) as engine:
        engine.wait(spec(), timeout=20)
        assert engine.run(spec(), FEEDS)["picture"].shape == (40, 40)
    assert (path.parent / "network.bin").stat().st_size > 1_000_000
    assert victim == "graph" or damaged.read_bytes() == whole


@pytest.mark.skipif(sys.platform == "win32", reason="Windows locks files that are open")
def test_an_open_graph_survives_damage_to_its_files() -> None:
    path = build(spec())
    with Engine(CPU) as engine:
        engine.wait(spec(), timeout=20)
        before = engine.run(spec(), FEEDS)["picture"]
        for name in ("network.bin", "network.onnx", path.name):
            os.truncate(path.with_name(name), 100)
        assert np.array_equal(engine.run(spec(), FEEDS)["picture"], before)
        engine.wait(spec("block1_conv2"), timeout=20)
        assert engine.run(spec("block1_conv2"), FEEDS)


def test_unknown_layer_is_reported_by_run(engine: Engine) -> None:
    engine.wait(spec("conv9"), timeout=20)
    with pytest.raises(ModelError, match="conv9"):
        engine.run(spec("conv9"), FEEDS)


def test_an_error_in_one_graph_leaves_the_others(engine: Engine) -> None:
    engine.wait(spec("conv9"), timeout=20)
    engine.wait(spec(), timeout=20)
    assert engine.run(spec(), FEEDS)


class BrokenGpu:
    """Opens graphs on the CPU; those for CUDA fail like a lost device."""

    def __init__(self, *, fails: str) -> None:
        self.fails = fails
        self.opened: list[str] = []

    def __call__(self, graph: GraphSpec, provider: Provider) -> SessionLike:
        self.opened.append(provider.name)
        if provider == GPU and self.fails == "open":
            raise RuntimeError("CUDA failure 35: driver version is insufficient")
        session = open_session(graph, CPU)
        assert isinstance(session, Session)
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
def test_a_lost_gpu_is_tried_once_more_and_then_replaced_by_the_cpu(fails: str) -> None:
    gpu = BrokenGpu(fails=fails)
    with Engine(GPU, gpu) as engine:
        assert run_until_ready(engine)["picture"].shape == (40, 40)
        assert engine.provider.name == "CPU"
        assert engine.provider.reason is not None
        assert "CUDA failed: CUDA failure" in engine.provider.reason
    assert gpu.opened == ["CUDA", "CUDA", "CPU"]


def test_a_graph_opened_on_a_lost_gpu_is_dropped() -> None:
    """The loader may come back with a session of the GPU after the show has left it."""
    opening, left = threading.Event(), threading.Event()

    def slow(graph: GraphSpec, provider: Provider) -> SessionLike:
        if provider == GPU and graph.head != spec().head:
            opening.set()
            assert left.wait(20)
        return BrokenGpu(fails="run")(graph, provider)

    other = spec("block1_conv2")
    with Engine(GPU, slow) as engine:
        engine.wait(spec(), timeout=20)
        engine.prefetch([other])
        assert opening.wait(20)
        with pytest.raises(NotReady):
            engine.run(spec(), FEEDS)
        left.set()
        deadline = time.monotonic() + 20
        while engine.provider.name != "CPU" and time.monotonic() < deadline:
            with suppress(NotReady):
                engine.run(other, FEEDS)
        assert run_until_ready(engine)["picture"].shape == (40, 40)
        engine.wait(other, timeout=20)
        assert engine.run(other, FEEDS)


def test_a_late_error_of_the_gpu_leaves_the_new_graph_alone() -> None:
    """A job is inside the GPU while the show leaves it; by the time it fails, its graph is well on the CPU."""
    inside, go, other = threading.Event(), threading.Event(), spec("block1_conv2")

    def stuck(feeds: providers.Tensors) -> dict[str, np.ndarray]:
        inside.set()
        assert go.wait(20)
        raise RuntimeError("CUDA failure 719: unspecified launch failure")

    def opener(graph: GraphSpec, provider: Provider) -> SessionLike:
        session = BrokenGpu(fails="run")(graph, provider)
        if provider == GPU and graph == other:
            session.run = stuck  # type: ignore[method-assign]
        return session

    with Engine(GPU, opener, background=True) as engine:
        engine.wait(other, timeout=20)
        job = engine.start(lambda: engine.run(other, FEEDS))
        assert inside.wait(20)
        assert run_until_ready(engine)
        assert engine.provider.name == "CPU"
        engine.wait(other, timeout=20)
        go.set()
        until(job.done, "the end of the job")
        with pytest.raises(NotReady):
            job.result()
        assert engine.ready(other)
        assert engine.run(other, FEEDS)


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
