from __future__ import annotations

import pytest

from realtime.supervision.restarts import RestartLimits, Restarts, safe

LIMITS = RestartLimits(pauses=(1, 2, 4), healthy=10, within=60, failures=5)


def test_pauses_grow_with_failures_in_a_row_and_begin_anew_after_a_good_run() -> None:
    restarts = Restarts(LIMITS)
    assert [restarts.failed(now, 1.0, 1) for now in range(5)] == [1, 2, 4, 4, 4]
    assert restarts.failed(100, 50.0, 1) == 1
    assert restarts.failed(101, 1.0, 1) == 1
    assert restarts.failed(102, 1.0, 1) == 2


def test_five_failures_in_a_minute_lead_to_one_safe_start() -> None:
    restarts = Restarts(LIMITS)
    for now in range(5):
        assert not restarts.is_safe(now)
        restarts.failed(now, 1.0, 1)
    assert restarts.is_safe(5)
    assert not restarts.is_safe(5)


def test_failures_that_are_far_apart_are_no_reason_for_a_safe_start() -> None:
    restarts = Restarts(LIMITS)
    for now in range(0, 100, 20):
        restarts.failed(now, 1.0, 1)
    assert not restarts.is_safe(100)


def test_what_a_show_is_refused_is_no_reason_for_a_safe_start() -> None:
    restarts = Restarts(LIMITS)
    assert [restarts.failed(now, 1.0, 2) for now in range(6)] == [1, 2, 4, 4, 4, 4]
    assert not restarts.is_safe(6)


@pytest.mark.parametrize(
    "given", [["--provider", "cuda", "--preset=a.toml"], ["--resume", "s.toml", "--set", "tiles/zoom=true"], []]
)
def test_a_safe_start_keeps_the_rest(given: list[str]) -> None:
    command = ["live", "--source", "0", *given, "--fullscreen"]
    assert safe(command) == ["live", "--source", "0", "--fullscreen", "--provider", "cpu", "--precision", "fp32"]
