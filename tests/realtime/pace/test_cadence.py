"""Which frames are drawn, and when canvases are due."""

from __future__ import annotations

import numpy as np
import pytest

from realtime.pace.cadence import Cadence, Slots


@pytest.mark.parametrize(
    ("source", "wanted"), [(30.0, 15.0), (25.0, 15.0), (30.0, 30.0), (60.0, 30.0), (60.0, 20.0), (29.97, 12.5)]
)
def test_any_rate_is_met_from_any_source(source: float, wanted: float) -> None:
    cadence = Cadence()
    jitter = [0.002 * (-1) ** number for number in range(round(source * 20))]
    times = [number / source + jitter[number] for number in range(len(jitter))]
    passed = sum(cadence.passes(time, 1 / wanted, 1 / source) for time in times)
    assert passed / 20 == pytest.approx(wanted, rel=0.01)


def test_after_a_gap_frames_are_not_made_up_for() -> None:
    cadence = Cadence()
    assert cadence.passes(0.0, 0.1, 0.05)
    assert [cadence.passes(time, 0.1, 0.05) for time in (5.0, 5.05, 5.1, 5.15)] == [True, False, True, False]


def shown(every: float, seconds: float, *, share: int = 1, jitter: float = 0.0) -> tuple[int, float]:
    """The canvases of a show at 50 fps whose results come so often, and the longest time that a result waits.

    A result is expected for one in `share` canvases.
    """
    slots, period, canvases, longest = Slots(), 0.02, 0, 0.0
    rng = np.random.default_rng(0)
    results = [number * every + rng.uniform(0, jitter) for number in range(int(seconds / every))]
    now, since = results[0], 0
    slots.take(now, period, fresh=True)
    for result in results[1:]:
        while (late := slots.late(now, period, expected=since >= share - 1)) + now < result:
            now += late
            slots.take(now, period, fresh=False)
            canvases, since = canvases + 1, since + 1
        now = result + slots.early(result, period)
        longest = max(longest, now - result)
        slots.take(now, period, fresh=True)
        canvases, since = canvases + 1, 0
    return canvases, longest


@pytest.mark.parametrize("jitter", [0.0, 0.004])
@pytest.mark.parametrize("share", [1, 2, 3])
def test_results_at_the_rate_of_the_show_or_a_part_of_it_are_shown_at_once(share: int, jitter: float) -> None:
    canvases, longest = shown(share * 0.02, 20, share=share, jitter=jitter)
    assert canvases == pytest.approx(1000, rel=0.01)
    assert longest < 0.005


@pytest.mark.parametrize("every", [0.022, 0.024, 0.028, 0.033, 0.05])
def test_results_that_come_too_late_lower_the_rate_by_little(every: float) -> None:
    canvases, longest = shown(every, 20)
    assert canvases == pytest.approx(1000, rel=0.06)
    assert longest <= 0.01


def test_after_a_pause_lost_time_is_not_made_up_for() -> None:
    slots = Slots()
    slots.take(10.0, 0.02, fresh=True)
    assert slots.late(10.0, 0.02, expected=False) == pytest.approx(0.02)
    assert slots.late(10.0, 0.02, expected=True) == pytest.approx(0.03)
    slots.take(11.0, 0.02, fresh=False)
    assert slots.early(11.001, 0.02) == pytest.approx(0.009)
    assert slots.late(11.0, 0.02, expected=False) == pytest.approx(0.01)
