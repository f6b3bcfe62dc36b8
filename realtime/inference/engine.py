"""Runs graphs by GraphSpec: builds and opens them on a thread of its own, so that no view ever waits."""

from __future__ import annotations

import itertools
import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from types import TracebackType
from typing import Any, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from models.errors import ModelError, VentralError
from models.spec import GraphSpec
from realtime.inference.open_session import open_session
from realtime.inference.providers import Provider, Session, Tensors
from realtime.threads.runner import Runner, Task
from realtime.threads.worker import Worker

log = logging.getLogger(__name__)

OPEN_SESSIONS = 32
"""Opened at a time; PREFETCHED, the graph of the day and a change of view stay well below it."""

PREFETCHED = 16
"""Graphs made ahead of a key press."""

ASKED = 6
"""Graphs that somebody has asked for and that come first; of more, the oldest are no longer on the screen."""

RETRY = 10.0
"""Seconds after which a graph that could not be made is tried again: the disk may have room by then."""

Outputs: TypeAlias = dict[str, NDArray[Any]]
"""What a graph gives, by name."""


T = TypeVar("T")


class NotReady(Exception):  # noqa: N818, it is an answer and no error
    """The graph is still being made; `spec` says which."""

    def __init__(self, spec: GraphSpec) -> None:
        super().__init__(f"{spec.head} is being made")
        self.spec = spec


class GraphError(RuntimeError):
    """A graph could not be made or run, for a reason inside the program; it has been logged."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a graph could not be made, until when that counts, and whether the user can mend it."""

    words: str
    until: float
    ours: bool

    def raised(self) -> Exception:
        """An exception of its own for each who asks: a shared one would gather every asker's frames."""
        return GraphError(self.words) if self.ours else ModelError(self.words)


class Engine:
    """Sessions by GraphSpec, the least recently used closed first.

    `run` is for the render thread, and for jobs; building, opening and warming up happen on the loader thread. An
    engine `beside` a show has a third thread for its jobs, which the show does not wait for; without it they are done
    at once.
    """

    def __init__(
        self,
        provider: Provider,
        open_graph: Callable[[GraphSpec, Provider], Session] | None = None,
        *,
        beside: bool = False,
    ) -> None:
        self.provider = provider
        self._runner = Runner() if beside else None
        self._open = open_graph or partial(open_session, beside=beside)
        self._sessions: OrderedDict[GraphSpec, Session] = OrderedDict()
        self._faults: dict[GraphSpec, Fault] = {}
        self._asked: list[GraphSpec] = []
        self._ahead: list[GraphSpec] = []
        self._changed = threading.Condition()
        self._life = 0
        self._loader = Worker("loader", self._load_next)

    def __enter__(self) -> Engine:
        self._loader.__enter__()
        if self._runner is not None:
            self._runner.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loader.stop()
        with self._changed:
            self._changed.notify_all()  # whoever waits for a graph waits in vain
        if self._runner is not None:
            self._runner.__exit__(kind, error, trace)
        self._sessions.clear()

    @property
    def pending(self) -> int:
        """How many graphs are still to be made."""
        with self._changed:
            return len({*self._asked, *self._ahead})

    def check(self) -> None:
        """Raise what ended one of its threads, if anything did."""
        self._loader.check()
        if self._runner is not None:
            self._runner.check()

    def run(self, spec: GraphSpec, feeds: Tensors) -> Outputs:
        """The graph's outputs by name.

        Raises NotReady while it is being made, and ModelError or GraphError when it cannot be made.
        """
        session, provider, life = self._session(spec)
        try:
            return session.run(feeds)
        except Exception as error:
            if provider.name == "CPU":
                self.give_up(spec, error)
                raise
            self._recover(error, life)
            raise NotReady(spec) from error

    def run_patiently(self, spec: GraphSpec, feeds: Tensors, *, patience: float = 60.0) -> Outputs:
        """Like `run`, but waits until the graph is made: for work that has no screen to keep alive."""
        deadline = time.monotonic() + patience
        while True:
            try:
                return self.run(spec, feeds)
            except NotReady:
                self.wait(spec, max(deadline - time.monotonic(), 0.0))

    def run_surely(self, spec: GraphSpec, feeds: Tensors, *, patience: float = 60.0) -> Outputs:
        """Like `run_patiently`, but raises ModelError where an output is no number."""
        outputs = self.run_patiently(spec, feeds, patience=patience)
        if not all(np.isfinite(output.sum(dtype=np.float64)) for output in outputs.values()):
            name = spec.network.info.name
            words = f"{name} answers with what is no number; its weights are damaged or its --scale is wrong"
            self.give_up(spec, ModelError(words))
            raise ModelError(words)
        return outputs

    def ready(self, spec: GraphSpec) -> bool:
        """Whether a graph can be run at once beside the show; where it cannot yet, it is being made.

        Raises ModelError or GraphError when it cannot be made, and NotReady in an engine that works beside no show.
        """
        try:
            self._session(spec)
        except NotReady:
            if self._runner is None:
                raise
            return False
        return True

    def start(self, job: Callable[[], T]) -> Task[T]:
        """Have a job done beside the show when the engine works there, else at once; it may use `run_patiently`."""
        task = Task(job)
        if self._runner is not None:
            self._runner.start(task)
        else:
            task.run()
        return task

    def prefetch(self, specs: Iterable[GraphSpec]) -> None:
        """Make these after what was asked for, in this order, and forget those that were to be made ahead before."""
        with self._changed:
            self._ahead = [spec for spec in itertools.islice(specs, PREFETCHED) if not self._known(spec)]
            self._changed.notify_all()

    def wait(self, spec: GraphSpec, timeout: float) -> None:
        """Return when a graph is made or has failed, for work that has no screen to keep alive.

        Raises GraphError when the engine has been left, or after `timeout` seconds.
        """

        def over() -> bool:
            self._want(spec)
            return self._known(spec) or not self._loader.alive

        with self._changed:
            done = self._changed.wait_for(over, timeout) and self._known(spec)
        self._loader.check()
        if not done:
            why = "was not made in time" if self._loader.alive else "was not made before the end"
            raise GraphError(f"{spec.head} {why}")

    def give_up(self, spec: GraphSpec, error: Exception) -> None:
        """Answer with this error for a while: a graph that is of no use is not run again every frame."""
        ours = not isinstance(error, VentralError)
        if ours:
            log.error("a graph of %s is of no use: %s", spec.network.info.name, spec.head, exc_info=error)
        with self._changed:
            self._sessions.pop(spec, None)
            self._faults[spec] = Fault(str(error) or type(error).__name__, time.monotonic() + RETRY, ours)
            self._done(spec)

    def _known(self, spec: GraphSpec) -> bool:
        fault = self._faults.get(spec)
        return spec in self._sessions or (fault is not None and time.monotonic() < fault.until)

    def _want(self, spec: GraphSpec) -> None:
        if not self._known(spec) and spec not in self._asked:
            self._asked = [spec, *self._asked[: ASKED - 1]]
            self._changed.notify_all()

    def _session(self, spec: GraphSpec) -> tuple[Session, Provider, int]:
        """The opened graph, where it runs, and the life that it was opened in."""
        with self._changed:
            self._want(spec)
            if spec in self._sessions:
                self._sessions.move_to_end(spec)
                return self._sessions[spec], self.provider, self._life
            if self._known(spec):
                raise self._faults[spec].raised()
        raise NotReady(spec)

    def _load_next(self) -> None:
        with self._changed:
            if not self._changed.wait_for(lambda: bool(self._asked or self._ahead), timeout=0.1):
                return
            spec, provider, life = (self._asked or self._ahead)[0], self.provider, self._life
        try:
            self._keep(spec, self._open(spec, provider), life)
        except Exception as error:
            if provider.name == "CPU" or isinstance(error, VentralError):
                self.give_up(spec, error)
            else:
                self._recover(error, life)

    def _keep(self, spec: GraphSpec, session: Session, life: int) -> None:
        """Take in an opened graph, unless the provider has been left since its opening began."""
        with self._changed:
            if life == self._life:
                self._sessions[spec] = session
                self._done(spec)
                while len(self._sessions) > OPEN_SESSIONS:
                    self._sessions.popitem(last=False)

    def _done(self, spec: GraphSpec) -> None:
        for waiting in (self._asked, self._ahead):
            if spec in waiting:
                waiting.remove(spec)
        self._changed.notify_all()

    def _recover(self, error: Exception, life: int) -> None:
        """After a fault of the GPU: every session anew once, and from then on the CPU.

        Both threads may report one loss; what was opened in an earlier life is no news.
        """
        lines = str(error).strip().splitlines() or [type(error).__name__]
        with self._changed:
            if life != self._life:
                return
            self._sessions.clear()
            self._life += 1
            if self._life > 1:
                self.provider = Provider("CPU", f"{self.provider.name} failed: {lines[-1][:120]}")
        log.warning("the GPU failed: %s", lines[-1][:120])
