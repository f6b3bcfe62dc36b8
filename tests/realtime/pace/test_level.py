"""What a show gives up, in which order."""

from __future__ import annotations

from itertools import pairwise

import pytest

from realtime.pace.level import FULL, Allowed, Level, cost, ladder, words

ALL = Allowed(sizes=(0.86, 0.71), int8=0.6)


@pytest.mark.parametrize("rate", [5.0, 10.0, 15.0, 30.0, 60.0, 120.0])
@pytest.mark.parametrize("allowed", [Allowed(), ALL, Allowed(efforts=(0.75, 0.5)), Allowed(int8=0.5)])
def test_each_level_takes_less_work_than_the_one_before(rate: float, allowed: Allowed) -> None:
    levels = ladder(rate, allowed)
    costs = [cost(level, allowed) for level in levels]
    assert levels[0] == FULL and costs[0] == 1
    assert all(after < before for before, after in pairwise(costs))
    assert all(rate / level.every >= 5 for level in levels)


def test_what_is_not_allowed_is_in_no_level() -> None:
    for level in ladder(60.0, Allowed()):
        assert (level.size, level.int8, level.effort) == (1.0, False, 1.0)


def test_precision_comes_first_and_at_60_fps_the_rate_of_the_network_comes_before_its_size() -> None:
    assert ladder(30.0, ALL)[:3] == (FULL, Level(int8=True), Level(0.86, int8=True))
    assert ladder(60.0, ALL)[:4] == (
        FULL,
        Level(int8=True),
        Level(int8=True, every=2),
        Level(0.86, int8=True, every=2),
    )


def test_a_smaller_input_has_sides_of_whole_steps_and_keeps_to_what_the_network_accepts() -> None:
    assert [Level(size).short_side(224, 32) for size in (1.0, 0.86, 0.71, 0.57)] == [224, 192, 160, 128]
    assert Level(0.57).short_side(224, 200) == 200
    assert Level(0.57).short_side(97, 32) == 48
    assert FULL.short_side(97, 32) == 97


def test_a_level_in_words() -> None:
    assert words(FULL, 224) == ""
    assert words(Level(0.71, int8=True, every=2), 160) == "int8, input 160 px, network in one of 2 canvases"
    assert words(Level(effort=0.5), 224) == "shorter dreams"
