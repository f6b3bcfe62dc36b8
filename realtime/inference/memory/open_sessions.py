"""The open sessions of an engine, bounded by bytes: the least recently used is closed first, never one that runs."""

from collections import Counter, OrderedDict
from collections.abc import Iterable
from typing import Generic, TypeVar

from models.build.graph_spec import GraphSpec

MOST = 32  # sessions: more than are prefetched, the current graph and a change of view together; each has threads
REMEMBERED = 1024  # graphs whose size is known after they are closed

S = TypeVar("S")


class OpenSessions(Generic[S]):
    """Sessions by GraphSpec, with their sizes in bytes; `limit` bounds the sum. One thread at a time uses it."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._sessions: OrderedDict[GraphSpec, S] = OrderedDict()
        self._sizes: OrderedDict[GraphSpec, int] = OrderedDict()
        self._running = Counter[GraphSpec]()
        self._in_use: GraphSpec | None = None

    def __contains__(self, spec: GraphSpec) -> bool:
        return spec in self._sessions

    @property
    def size(self) -> int:
        """The bytes of all that is open."""
        return sum(self._sizes[spec] for spec in self._sessions)

    def add(self, spec: GraphSpec, session: S, size: int, *, needed: bool) -> None:
        """Add an open session, and close others for it; one not `needed` yet does not replace the one in use."""
        self._sessions[spec], self._sizes[spec] = session, size
        self._sizes.move_to_end(spec)
        if needed:
            self._in_use = spec
        self.close_some()

    def items(self) -> list[tuple[GraphSpec, S]]:
        """What is open."""
        return list(self._sessions.items())

    def note_size(self, spec: GraphSpec, size: int) -> None:
        """An open session has become larger or smaller."""
        self._sizes[spec] = size

    def use(self, spec: GraphSpec) -> S:
        """The session of a graph, which then is the most recently used."""
        self._sessions.move_to_end(spec)
        self._in_use = spec
        return self._sessions[spec]

    def begin(self, spec: GraphSpec) -> None:
        """A graph begins to run: until `end`, its session is not closed."""
        self._running[spec] += 1

    def end(self, spec: GraphSpec) -> None:
        """A graph has run."""
        self._running[spec] -= 1
        if not self._running[spec]:
            del self._running[spec]

    def runs(self, spec: GraphSpec) -> bool:
        """Whether a graph runs now."""
        return spec in self._running

    def fitting(self, specs: Iterable[GraphSpec]) -> list[GraphSpec]:
        """The first of some graphs, the most likely first, as far as there is room for them.

        Those that are open are kept longer than others from now on. A graph that was never open takes no room yet.
        """
        room, found = self.limit, list[GraphSpec]()
        for spec in specs:
            room -= self._sizes.get(spec, 0)
            if room < 0 and found:
                break
            found.append(spec)
        for spec in reversed(found):
            if spec in self._sessions:
                self._sessions.move_to_end(spec)
        return found

    def close(self, spec: GraphSpec) -> None:
        """Close the session of a graph, if it is open."""
        self._sessions.pop(spec, None)

    def clear(self) -> None:
        """Close all."""
        self._sessions.clear()

    def close_some(self) -> bool:
        """Close the least recently used until the others are within the limit; whether any was closed.

        What is in use, or will be next, stays in any case.
        """
        before = len(self._sessions)
        for spec in [each for each in self._sessions if each != self._in_use and not self.runs(each)]:
            if self.size <= self.limit and len(self._sessions) <= MOST:
                break
            del self._sessions[spec]
        closed = [each for each in self._sizes if each not in self._sessions]
        for spec in closed[: max(len(self._sizes) - REMEMBERED, 0)]:
            del self._sizes[spec]
        return len(self._sessions) < before
