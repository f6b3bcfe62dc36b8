"""Graphs that fail when they are told to."""

import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from models.build.graph_spec import GraphSpec
from realtime.faults.fault import Faults
from realtime.inference.engine import SessionLike
from realtime.inference.open_session import open_session
from realtime.inference.providers import Provider

SLOW = 30.0  # seconds that a run takes at most

OpenGraph: TypeAlias = Callable[[GraphSpec, Provider], SessionLike]


def failing_graphs(faults: Faults) -> OpenGraph | None:
    """What opens graphs that fail as ordered; None without faults."""
    if not faults.of("graph"):
        return None

    def open_graph(spec: GraphSpec, provider: Provider) -> SessionLike:
        return FailingGraph(open_session(spec, provider, background=True), faults)

    return open_graph


class FailingGraph:
    """A session that fails as ordered."""

    def __init__(self, session: SessionLike, faults: Faults) -> None:
        self._session, self._faults = session, faults

    @property
    def size(self) -> int:
        """What it holds of the memory, in bytes."""
        return self._session.size

    def run(self, feeds: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
        """The outputs by name, in the way that is ordered for now."""
        match self._faults.now("graph"):
            case "error":
                raise RuntimeError("CUDA failure 700: an illegal memory access was encountered (caused by --fault)")
            case "memory":
                raise RuntimeError("Failed to allocate memory for requested buffer (caused by --fault)")
            case "slow":
                _wait_until(partial(self._faults.now, "graph"))
            case "nan":
                return {name: _not_a_number(output) for name, output in self._session.run(feeds).items()}
        return self._session.run(feeds)


def _not_a_number(output: NDArray[Any]) -> NDArray[Any]:
    return np.full_like(output, np.nan) if np.issubdtype(output.dtype, np.floating) else output


def _wait_until(fault: Callable[[], str | None]) -> None:
    end = time.monotonic() + SLOW
    while fault() == "slow" and time.monotonic() < end:
        time.sleep(0.02)
