"""Runs graphs by GraphSpec; a thread of its own builds and opens them, so that no view waits."""

import itertools
import logging
import os
import sys
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar, NamedTuple, Protocol, Self, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from models.build.graph_spec import GraphSpec
from models.errors import ModelError, VentralError, is_out_of_memory
from realtime.controls.value import value
from realtime.inference.int8_session import Int8Session
from realtime.inference.memory.open_sessions import OpenSessions
from realtime.inference.memory.process_memory import resident_bytes
from realtime.inference.memory.spare_memory import SpareMemory, give_back
from realtime.inference.open_session import open_session
from realtime.inference.providers import Provider, Tensors
from realtime.threads.worker import Worker

log = logging.getLogger(__name__)

MEGABYTE = 1_000_000
MEMORY = 600  # MB
LEAST = 8  # the share of it, one in so many, that sessions have in any case: a view may need several at once
MAX_PREFETCHED = 16  # graphs that are prepared before a key press needs them
MAX_REQUESTED = 6  # requested graphs that wait to be prepared; older requests are no longer on the screen
RETRY = 10.0  # seconds until a graph that could not be opened is tried again: by then the disk may have space
RERUN = 2.0  # seconds until one whose run has failed is tried again
PATIENCE = 600.0  # seconds that a patient engine waits for a graph
NOT_FINITE = "{} produced NaN or Inf: its weights are damaged, or --scale is wrong"

Outputs: TypeAlias = dict[str, NDArray[Any]]
"""The outputs of a graph by name."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class EngineSettings:
    """What running graphs may cost."""

    group: ClassVar[str] = "engine"

    memory: int = value(
        MEMORY, "memory of the show in MB: beyond it, the graphs that were used least are closed", low=1, high=1_000_000
    )


class SessionLike(Protocol):
    """An open graph, and what it holds in bytes."""

    @property
    def size(self) -> int:
        """What it holds of the memory, in bytes."""

    def run(self, feeds: Tensors) -> Outputs:
        """The outputs by name."""


class NotReady(Exception):  # noqa: N818, not an error
    """The graph of `spec` is still being prepared."""

    def __init__(self, spec: GraphSpec) -> None:
        super().__init__(f"{spec.head.label} is being prepared")
        self.spec = spec


class GraphError(RuntimeError):
    """A graph could not be prepared or run because of a fault in the program, which is in the log."""


class Failure(NamedTuple):
    """What to raise for a graph that failed, and until when; a shared exception would keep frames of callers alive."""

    kind: type[GraphError] | type[ModelError]
    message: str
    until: float


class Engine:
    """Open sessions by GraphSpec; beyond `memory` bytes of them the least recently used is closed first.

    The loader thread builds, opens and warms up the graphs. With `background`, jobs run on a third thread, for which
    the show does not wait; without it they run in the thread that starts them. A `patient` engine waits for a graph
    where another one raises NotReady: then what a view draws does not depend on how fast graphs are prepared.
    """

    def __init__(
        self,
        provider: Provider,
        open_graph: Callable[[GraphSpec, Provider], SessionLike] | None = None,
        *,
        background: bool = False,
        patient: bool = False,
    ) -> None:
        self.provider = provider
        self._patient = patient
        self._executor = ThreadPoolExecutor(1, "jobs", initializer=_lower_priority) if background else None
        self._open = open_graph or partial(open_session, background=background)
        self._sessions = OpenSessions[SessionLike](MEMORY * MEGABYTE)
        self._spare = SpareMemory()
        self._most: int = sys.maxsize  # bytes of the process: less, once there was no memory
        self._worked: set[GraphSpec] = set()  # in the background, with memory that was not given back
        self._upcoming: set[GraphSpec] = set()
        self._untidy = False  # whether graphs were opened or closed since memory was given back
        self._failures: dict[GraphSpec, Failure] = {}
        self._requested: list[GraphSpec] = []
        self._prefetched: list[GraphSpec] = []
        self._changed = threading.Condition()
        self._generation = 0
        self._closed = False
        self._loader = Worker("loader", self._load_next)

    def __enter__(self) -> Self:
        self._loader.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        self._loader.stop()
        if self._executor is not None:
            self._executor.shutdown(cancel_futures=True)
        self._sessions.clear()

    @property
    def has_background(self) -> bool:
        """Whether jobs run on a thread of their own."""
        return self._executor is not None

    @property
    def pending(self) -> int:
        """The number of graphs that are still to be prepared."""
        with self._changed:
            return len({*self._requested, *self._prefetched})

    def check(self) -> None:
        """Raise the exception that ended the loader thread, if any."""
        self._loader.check()

    def run(self, spec: GraphSpec, feeds: Tensors) -> Outputs:
        """The outputs of a graph by name.

        Raises NotReady while the graph is being prepared, ModelError or GraphError when it fails.
        """
        session, provider, generation = self._begin(spec)
        try:
            return self._without_nan(spec, session.run(feeds))
        except Exception as error:
            if provider.name == "CPU":
                self._fail(spec, error, RERUN)
                raise
            self._recover(error, generation)
            raise NotReady(spec) from error
        finally:
            with self._changed:
                self._sessions.end(spec)
                if not spec.head.waits:
                    self._worked.add(spec)

    def when_ready(self, call: Callable[[], T], *, timeout: float = 60.0) -> T:
        """Repeat a call until its graphs are ready: for work without a screen; raises what `wait` raises."""
        deadline = time.monotonic() + timeout
        while True:
            try:
                return call()
            except NotReady as waiting:
                self.wait(waiting.spec, max(deadline - time.monotonic(), 0.0))

    def run_when_ready(self, spec: GraphSpec, feeds: Tensors, *, timeout: float = 60.0) -> Outputs:
        """Like `run`, but waits until the graph is ready."""
        return self.when_ready(partial(self.run, spec, feeds), timeout=timeout)

    def run_checked(self, spec: GraphSpec, feeds: Tensors, *, timeout: float = 60.0) -> Outputs:
        """Like `run_when_ready`, but raises ModelError when an output has NaN or Inf."""
        outputs = self.run_when_ready(spec, feeds, timeout=timeout)
        if not all(np.isfinite(output.sum(dtype=np.float64)) for output in outputs.values()):
            name = spec.network.info.name
            error = ModelError(NOT_FINITE.format(name))
            self._fail(spec, error)
            raise error
        return outputs

    def ready(self, spec: GraphSpec) -> bool:
        """Whether a graph can run now; if not, it is being prepared.

        Raises ModelError or GraphError when the graph fails, and NotReady in an engine without background jobs.
        """
        try:
            self._session(spec)
        except NotReady:
            if self._executor is None:
                raise
            return False
        return True

    def start(self, job: Callable[[], T]) -> Future[T]:
        """Run a job in the background, or now in an engine without background jobs; it may wait for graphs."""
        if self._executor is not None:
            return self._executor.submit(job)
        future: Future[T] = Future()
        try:
            future.set_result(job())
        except Exception as error:
            future.set_exception(error)
        return future

    def prefetch(self, specs: Iterable[GraphSpec]) -> None:
        """Prepare these after the requested graphs, in this order, as far as there is memory for them.

        Replaces the graphs of the last call.
        """
        with self._changed:
            fitting = self._sessions.fitting(itertools.islice(specs, MAX_PREFETCHED))
            self._upcoming = set(fitting)
            self._prefetched = [spec for spec in fitting if not self._resolved(spec)]
            self._changed.notify_all()

    def limit_memory(self, megabytes: int) -> None:
        """Bound the memory of the show: what it does not need itself is left for open sessions."""
        with self._changed:
            most = min(megabytes * MEGABYTE, self._most)
            self._sessions.limit = max(most - self._spare.needed(self._sessions.size), most // LEAST)

    def relieve_memory(self) -> None:
        """Close what is not in use and allow less from now on, after there was no memory for something."""
        with self._changed:
            self._most = min(self._most, resident_bytes() * 3 // 4)
            self._prefetched.clear()
            self._sessions.limit = 0
            self._sessions.close_some()
        give_back()

    def wait(self, spec: GraphSpec, timeout: float) -> None:
        """Wait until a graph is ready or has failed: for work without a screen.

        Raises GraphError when the engine is closed, or after `timeout` seconds.
        """

        def over() -> bool:
            self._request(spec)
            return self._resolved(spec) or self._closed or not self._loader.alive

        with self._changed:
            resolved = self._changed.wait_for(over, timeout) and self._resolved(spec)
        self._loader.check()
        if not resolved:
            raise GraphError("the engine is closed" if self._closed else f"{spec.head.label} was not ready in time")

    def _without_nan(self, spec: GraphSpec, outputs: Outputs) -> Outputs:
        """The outputs; ModelError where there is a NaN."""
        floats = (output for output in outputs.values() if output.dtype.kind == "f" and output.size)
        if any(np.isnan(output.min()) for output in floats):
            name = spec.network.info.name
            raise ModelError(NOT_FINITE.format(name))
        return outputs

    def _fail(self, spec: GraphSpec, error: Exception, retry: float | None = None) -> None:
        """Raise this error for the graph for `retry` or RETRY seconds, so that it does not run in every frame."""
        internal = not isinstance(error, VentralError)
        if is_out_of_memory(error):
            self.relieve_memory()
        if internal:
            log.error("a graph of %s failed: %s", spec.network.info.name, spec.head, exc_info=error)
        with self._changed:
            self._sessions.close(spec)
            kind, message = GraphError if internal else ModelError, str(error) or type(error).__name__
            self._failures[spec] = Failure(kind, message, time.monotonic() + (retry or RETRY))
            self._dequeue(spec)

    def _resolved(self, spec: GraphSpec) -> bool:
        """Whether a graph is open, or has failed and is not to be tried again yet."""
        failure = self._failures.get(spec)
        return spec in self._sessions or (failure is not None and time.monotonic() < failure.until)

    def _request(self, spec: GraphSpec) -> None:
        if not self._resolved(spec) and spec not in self._requested:
            self._requested = [spec, *self._requested[: MAX_REQUESTED - 1]]
            self._changed.notify_all()

    def _begin(self, spec: GraphSpec) -> tuple[SessionLike, Provider, int]:
        """Like `_session`; it is not closed until its run has ended."""
        with self._changed:
            found = self._session(spec)
            self._sessions.begin(spec)
            return found

    def _session(self, spec: GraphSpec) -> tuple[SessionLike, Provider, int]:
        """The session of a graph, its provider, and the generation that it was opened in."""
        with self._changed:
            if self._patient:
                self.wait(spec, PATIENCE)
            if self._closed:
                raise GraphError("the engine is closed")
            self._request(spec)
            if spec in self._sessions:
                return self._sessions.use(spec), self.provider, self._generation
            if self._resolved(spec):
                failure = self._failures[spec]
                raise failure.kind(failure.message)
        raise NotReady(spec)

    def _load_next(self) -> None:
        self._tidy()
        with self._changed:
            self._changed.wait_for(lambda: bool(self._requested or self._prefetched), timeout=0.1)
            specs, provider, generation = [*self._requested, *self._prefetched], self.provider, self._generation
        if not specs:
            self._settle()
            return
        spec = specs[0]
        try:
            self._add(spec, self._open(spec, provider), generation)
        except Exception as error:
            if provider.name == "CPU" or isinstance(error, VentralError):
                self._fail(spec, error)
            else:
                self._recover(error, generation)

    def _settle(self) -> None:
        """Make sessions in integers faster; only in a live show, since its moment would change the levels of a file."""
        with self._changed:
            sessions = self._sessions.items() if self.has_background else []
        for spec, session in sessions:
            if isinstance(session, Int8Session) and not session.settled:
                session.settle()
                with self._changed:
                    self._sessions.note_size(spec, session.size)

    def _add(self, spec: GraphSpec, session: SessionLike, generation: int) -> None:
        """Add an open session, unless the provider was reset while it was opening."""
        with self._changed:
            if generation == self._generation:
                self._sessions.add(spec, session, session.size, needed=spec in self._requested)
                self._untidy = True
                self._dequeue(spec)

    def _tidy(self) -> None:
        """Give memory back that is not needed any more: after graphs were opened, and when a dream has ended."""
        with self._changed:
            self._untidy |= self._sessions.close_some()
            left = {spec for spec in self._worked - self._upcoming if not self._sessions.runs(spec)}
            held, due = self._sessions.size, self.has_background and (self._untidy or left)
        if due and self._spare.check(held):
            with self._changed:
                self._worked -= left
                self._untidy = False

    def _dequeue(self, spec: GraphSpec) -> None:
        for queue in (self._requested, self._prefetched):
            if spec in queue:
                queue.remove(spec)
        self._changed.notify_all()

    def _recover(self, error: Exception, generation: int) -> None:
        """After a GPU error, open every session anew; after a second one, use the CPU.

        Both threads may report the same error: one of an earlier generation is ignored.
        """
        lines = str(error).strip().splitlines() or [type(error).__name__]
        with self._changed:
            if generation != self._generation:
                return
            self._sessions.clear()
            self._generation += 1
            if self._generation > 1:
                self.provider = Provider("CPU", f"{self.provider.name} failed: {lines[-1][:120]}")
        log.warning("the GPU failed: %s", lines[-1][:120])


def _lower_priority() -> None:
    """Let every other thread of the show run first, where the system can tell threads apart."""
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), 10)
