"""The engine closes sessions when they hold more memory than it may take."""

from __future__ import annotations

import time

import pytest

from models.build.build import build
from models.build.graph_spec import GraphSpec
from models.build.heads.activations import ActivationsHead
from models.build.heads.dream import DreamHead
from models.importing.open_network import open_network
from realtime.inference import engine as engine_module
from realtime.inference.engine import Engine, NotReady, SessionLike
from realtime.inference.memory import spare_memory
from realtime.inference.memory.spare_memory import SPARE
from realtime.inference.open_session import open_session
from realtime.inference.providers import CPU, Provider, Session
from tests.screen import until


@pytest.fixture(autouse=True)
def small_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """A show needs SPARE bytes beside its sessions, however much the tests before have left."""
    monkeypatch.setattr(spare_memory, "resident_bytes", lambda: 0)
    monkeypatch.setattr(engine_module, "LEAST", 1000)


def deep(side: int) -> GraphSpec:
    """A graph with eight megabytes of weights."""
    return GraphSpec(open_network("world"), ActivationsHead("block5_conv3"), (side, 32))


@pytest.mark.parametrize("beside", [0, 500_000_000])
def test_sessions_are_bounded_by_what_the_show_leaves_and_the_oldest_goes(
    beside: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spare_memory, "resident_bytes", lambda: beside)
    with Engine(CPU) as engine:
        engine.limit_memory((SPARE + beside) // 1_000_000 + 20)
        for side in (32, 48, 64):
            engine.wait(deep(side), timeout=20)
        assert engine.ready(deep(48))
        assert engine.ready(deep(64))
        with pytest.raises(NotReady):
            engine.ready(deep(32))


def test_in_a_process_that_holds_more_than_it_may_the_graphs_of_a_view_still_stay_open(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.undo()
    monkeypatch.setattr(spare_memory, "resident_bytes", lambda: 5_000_000_000)
    with Engine(CPU) as engine:
        engine.limit_memory(600)
        for side in (32, 48, 64):
            engine.wait(deep(side), timeout=20)
        assert all(engine.ready(deep(side)) for side in (32, 48, 64))


def test_what_does_not_fit_is_not_prefetched_again_and_again() -> None:
    opened: list[GraphSpec] = []

    def counted(graph: GraphSpec, provider: Provider) -> SessionLike:
        opened.append(graph)
        return open_session(graph, provider)

    specs = [deep(side) for side in (32, 48, 64, 80)]
    with Engine(CPU, counted) as engine:
        engine.limit_memory(SPARE // 1_000_000 + 12)
        engine.wait(specs[0], timeout=20)
        for _ in range(40):
            assert engine.ready(specs[0]), "what is in use was closed"
            engine.prefetch(specs)
            time.sleep(0.02)
        until(lambda: engine.pending == 0, "what fits")
    assert len(opened) == len(set(opened)) > 1


def test_a_gradient_step_of_a_show_does_not_run_before_it_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    ran = list[Session]()
    monkeypatch.setattr(Session, "warm_up", lambda session: ran.append(session))
    network = open_network("world")
    open_session(GraphSpec(network, DreamHead(("block2_conv2",)), (64, 64)), CPU, background=True)
    assert not ran
    open_session(GraphSpec(network, ActivationsHead("block2_conv2"), (64, 64)), CPU, background=True)
    assert len(ran) == 1


def test_a_session_knows_what_it_holds() -> None:
    weights = (build(deep(32)).parent / "network.bin").stat().st_size
    session = open_session(deep(32), CPU)
    assert 0.9 * weights < session.size < 1.5 * weights
