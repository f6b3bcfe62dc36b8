"""Which sessions stay open within a number of bytes."""

from __future__ import annotations

import pytest

from models.build.graph_spec import GraphSpec
from models.build.heads.activations import ActivationsHead
from models.importing.open_network import open_network
from realtime.inference.memory.open_sessions import MOST, OpenSessions


def spec(number: int) -> GraphSpec:
    return GraphSpec(open_network("world"), ActivationsHead("block1_conv1"), (32 + number, 32))


@pytest.fixture
def three() -> OpenSessions[str]:
    """Three sessions of 30 bytes each in room for 100; the first one is used last."""
    sessions = OpenSessions[str](100)
    for number in range(3):
        sessions.add(spec(number), f"session {number}", 30, needed=True)
    sessions.use(spec(0))
    return sessions


def are_open(sessions: OpenSessions[str]) -> list[int]:
    return [number for number in range(10) if spec(number) in sessions]


def test_the_least_recently_used_is_closed_first(three: OpenSessions[str]) -> None:
    three.add(spec(3), "session 3", 30, needed=True)
    assert are_open(three) == [0, 2, 3]
    assert three.size == 90
    three.add(spec(4), "session 4", 60, needed=True)
    assert are_open(three) == [3, 4]


def test_one_that_runs_is_never_closed(three: OpenSessions[str]) -> None:
    three.begin(spec(1))
    three.begin(spec(1))
    three.end(spec(1))
    three.add(spec(3), "session 3", 100, needed=True)
    assert are_open(three) == [1, 3]
    three.end(spec(1))
    assert three.close_some()
    assert are_open(three) == [3]


def test_one_that_is_larger_than_the_limit_stays_where_it_is_needed(three: OpenSessions[str]) -> None:
    three.add(spec(3), "session 3", 1000, needed=True)
    assert are_open(three) == [3]


def test_one_that_is_only_prefetched_does_not_replace_the_one_in_use(three: OpenSessions[str]) -> None:
    three.add(spec(3), "session 3", 1000, needed=False)
    assert are_open(three) == [0]


def test_as_many_are_prefetched_as_fit(three: OpenSessions[str]) -> None:
    three.close(spec(2))
    assert three.fitting(map(spec, (2, 5, 1, 6, 0, 7))) == [spec(number) for number in (2, 5, 1, 6, 0, 7)]
    three.add(spec(5), "session 5", 30, needed=False)
    three.add(spec(6), "session 6", 30, needed=False)
    assert three.fitting(map(spec, (2, 5, 1, 6, 0, 7))) == [spec(2), spec(5), spec(1)]


def test_the_first_is_prefetched_in_any_case(three: OpenSessions[str]) -> None:
    three.limit = 10
    assert three.fitting(map(spec, (1, 0))) == [spec(1)]


def test_what_may_come_next_stays_longer_than_what_was_used(three: OpenSessions[str]) -> None:
    three.fitting(map(spec, (2, 1)))
    three.add(spec(3), "session 3", 60, needed=True)
    assert are_open(three) == [2, 3]


def test_a_lower_limit_closes_some(three: OpenSessions[str]) -> None:
    assert not three.close_some()
    three.limit = 60
    assert three.close_some()
    assert are_open(three) == [0, 2]


def test_there_are_never_too_many() -> None:
    sessions = OpenSessions[str](10**9)
    for number in range(MOST + 1):
        sessions.add(spec(number), "", 1, needed=True)
    assert spec(0) not in sessions
    assert spec(1) in sessions
