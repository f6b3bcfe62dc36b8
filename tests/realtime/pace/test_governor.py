"""The governor, with made series of times: a network whose time depends on its level and on a machine that varies."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest

from realtime.pace.governor import PATIENCE, WRONG, Governor, Rung

COSTS = (1.0, 0.6, 0.45, 0.3, 0.2, 0.1)
RUNGS = tuple(map(Rung, COSTS))
RATE = 30.0
Series = list[tuple[float, int]]


def run(
    governor: Governor,
    needed: Callable[[float], float],
    seconds: float,
    *,
    start: float = 0.0,
    fixed: float = 0.0,
    canvases: float = RATE,
) -> Series:
    """The changes of level: at each time the network needs so much of its time at the first level.

    `fixed` is the share of that which no level makes less; `canvases` is the rate of those that are shown.
    """
    rng, changes = np.random.default_rng(0), []
    shown = start
    for number in range(round(seconds * RATE)):
        now = start + number / RATE
        while shown < now:
            governor.canvas(shown)
            shown += 1 / canvases
        load = needed(now) * (fixed + (1 - fixed) * COSTS[governor.level]) * rng.lognormal(0, 0.1)
        if governor.result(now, load, RUNGS, RATE) is not None:
            changes.append((now, governor.level))
    return changes


def test_a_show_that_has_time_gives_up_nothing() -> None:
    assert run(Governor(), lambda _: 0.7, 60) == []


def test_a_network_that_is_too_slow_goes_to_a_level_that_fits_and_stays_there() -> None:
    governor = Governor()
    (moment, level), *others = run(governor, lambda _: 1.9, 120)
    assert moment < 2
    assert COSTS[level] * 1.9 < 0.95
    assert others == []


def test_where_less_size_helps_less_than_expected_it_goes_on() -> None:
    governor = Governor()
    run(governor, lambda _: 1.5, 20, fixed=0.4)
    assert 1.5 * (0.4 + 0.6 * COSTS[governor.level]) < 0.95


def test_it_goes_to_the_last_level_and_no_further_where_nothing_helps() -> None:
    governor = Governor()
    run(governor, lambda _: 50.0, 30)
    assert governor.level == len(COSTS) - 1


def test_when_a_core_is_taken_and_given_back_it_gives_up_something_and_comes_back() -> None:
    governor = Governor()
    changes = run(governor, lambda now: 1.6 if 10 < now < 18 else 0.6, 60)
    down = [level for moment, level in changes if moment < 18.5]
    assert down and down == sorted(down)
    assert all(moment > 10 for moment, _ in changes)
    assert governor.level == 0
    up = [level for moment, level in changes if moment > 18.5]
    assert up == sorted(up, reverse=True)


def test_a_single_slow_moment_changes_nothing() -> None:
    assert run(Governor(), lambda now: 3.0 if 10 < now < 10.1 else 0.7, 30) == []


@pytest.mark.parametrize("needed", [0.8, 0.95, 1.0, 1.1, 1.3, 1.6, 2.2, 3.0])
def test_at_any_constant_need_it_comes_to_rest(needed: float) -> None:
    changes = run(Governor(), lambda _: needed, 120)
    assert all(moment < 10 for moment, _ in changes)


def test_where_a_higher_level_fits_only_in_expectation_it_is_tried_less_and_less_often() -> None:
    def needed(now: float) -> float:
        return 2.0 if governor.level == 0 else 0.6  # the first level takes more than its cost says

    governor = Governor()
    changes = run(governor, needed, 300)
    raised = [moment for moment, level in changes if level == 0]
    pauses = [after - before for before, after in pairwise(raised)]
    assert 2 <= len(raised) <= 8
    assert pauses[-1] > 4 * PATIENCE


def test_an_error_is_not_remembered_for_ever() -> None:
    governor = Governor()
    run(governor, lambda now: 2.0 if governor.level == 0 else 0.6, 60)
    run(governor, lambda _: 0.3, 200, start=60)
    assert governor.level == 0
    changes = run(governor, lambda now: 1.6 if now < 270 else 0.5, 100, start=260)
    back = next(moment for moment, level in changes if level == 0)
    assert back < 270 + len(COSTS) * (PATIENCE + 2)


def test_canvases_that_come_too_late_take_work_from_a_busy_network_only() -> None:
    governor = Governor()
    run(governor, lambda _: 0.7, 10, canvases=24)
    assert governor.level > 0
    idle = Governor()
    assert run(idle, lambda _: 0.1, 10, canvases=24) == []


def test_another_view_begins_where_it_is_told() -> None:
    governor = Governor()
    run(governor, lambda _: 5.0, 10)
    governor.start(1, 10.0)
    assert governor.level == 1
    assert governor.result(10.1, 9.0, RUNGS, RATE) is None
    assert WRONG > PATIENCE


def test_a_level_with_a_higher_limit_is_left_later() -> None:
    rungs = (Rung(1.0, limit=1.35), Rung(0.5))
    governor = Governor()
    assert all(governor.result(number / 30, 1.2, rungs, RATE) is None for number in range(90))
    decisions = [governor.result(3 + number / 30, 1.5, rungs, RATE) for number in range(60)]
    assert governor.level == 1
    assert len([each for each in decisions if each]) == 1
