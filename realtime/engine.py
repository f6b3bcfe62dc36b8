"""Runs graphs by GraphSpec: builds and opens them on a thread of its own, so that no view ever waits."""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable
from types import TracebackType
from typing import Any

from numpy.typing import NDArray

from models.build import build
from models.errors import VentralError
from models.spec import GraphSpec
from realtime.providers import CPU, Provider, Session, Tensors
from realtime.worker import Worker

log = logging.getLogger(__name__)

OPEN_SESSIONS = 32
"""More than the layers of the deepest network shown so far; each holds its weights once more."""


class NotReady(Exception):  # noqa: N818, it is an answer and no error
    """The graph is still being made; `spec` says which."""

    def __init__(self, spec: GraphSpec) -> None:
        super().__init__(f"{spec.head} is being made")
        self.spec = spec


class Engine:
    """Sessions by GraphSpec, the least recently used closed first.

    `run` is for the render thread; building, opening and warming up happen on the loader thread.
    """

    def __init__(self, provider: Provider, open_graph: Callable[[GraphSpec, Provider], Session] | None = None) -> None:
        self.provider = provider
        self._open = open_graph or open_session
        self._sessions: OrderedDict[GraphSpec, Session] = OrderedDict()
        self._faults: dict[GraphSpec, Exception] = {}
        self._wanted: list[GraphSpec] = []
        self._changed = threading.Condition()
        self._rebuilt = False
        self._loader = Worker("loader", self._load_next)

    def __enter__(self) -> Engine:
        self._loader.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loader.stop()
        self._sessions.clear()

    @property
    def pending(self) -> int:
        """How many graphs are still to be made."""
        with self._changed:
            return len(self._wanted)

    def check(self) -> None:
        """Raise what ended the loader thread, if anything did."""
        self._loader.check()

    def run(self, spec: GraphSpec, feeds: Tensors) -> dict[str, NDArray[Any]]:
        """The graph's outputs by name.

        Raises NotReady while it is being made, and what its making raised when it cannot be made.
        """
        session = self._session(spec)
        try:
            return session.run(feeds)
        except VentralError:
            raise
        except Exception as error:
            if self.provider == CPU or self.provider.name == "CPU":
                raise
            self._recover(error)
            raise NotReady(spec) from error

    def prefetch(self, specs: Iterable[GraphSpec]) -> None:
        """Make these next, in this order, and forget what was waiting before."""
        with self._changed:
            self._wanted = [spec for spec in specs if not self._known(spec)]
            self._changed.notify_all()

    def wait(self, spec: GraphSpec, timeout: float) -> None:
        """Return when a graph is made or has failed, for work that has no screen to keep alive."""
        with self._changed:
            if not self._known(spec):
                self._wanted.insert(0, spec)
                self._changed.notify_all()
            if not self._changed.wait_for(lambda: self._known(spec) or not self._loader.alive, timeout):
                raise TimeoutError(f"{spec.head} was not made within {timeout:g} s")

    def _known(self, spec: GraphSpec) -> bool:
        return spec in self._sessions or spec in self._faults

    def _session(self, spec: GraphSpec) -> Session:
        with self._changed:
            if spec in self._faults:
                raise self._faults[spec]
            if spec in self._sessions:
                self._sessions.move_to_end(spec)
                return self._sessions[spec]
            if spec not in self._wanted:
                self._wanted.insert(0, spec)
                self._changed.notify_all()
        raise NotReady(spec)

    def _load_next(self) -> None:
        with self._changed:
            if not self._changed.wait_for(lambda: bool(self._wanted), timeout=0.1):
                return
            spec = self._wanted[0]
        self._load(spec)

    def _load(self, spec: GraphSpec) -> None:
        session: Session | None = None
        fault: Exception | None = None
        try:
            session = self._open(spec, self.provider)
        except Exception as error:
            fault = error
        if fault is not None and self.provider.name != "CPU" and not isinstance(fault, VentralError):
            self._recover(fault)
            return
        with self._changed:
            if spec in self._wanted:
                self._wanted.remove(spec)
            if session is not None:
                self._sessions[spec] = session
                while len(self._sessions) > OPEN_SESSIONS:
                    self._sessions.popitem(last=False)
            elif fault is not None:
                self._faults[spec] = fault
            self._changed.notify_all()

    def _recover(self, error: Exception) -> None:
        """After a fault of the GPU: every session anew once, and from then on the CPU."""
        reason = str(error).strip().splitlines()[-1][:120] if str(error).strip() else type(error).__name__
        log.warning("%s failed: %s", self.provider.name, reason)
        with self._changed:
            self._sessions.clear()
            if self._rebuilt:
                self.provider = Provider("CPU", f"{self.provider.name} failed: {reason}")
            self._rebuilt = True


def open_session(spec: GraphSpec, provider: Provider) -> Session:
    """Build the graph, open it, and run it once."""
    session = Session(build(spec), provider)
    session.warm_up()
    return session
