"""Which frames are drawn, and when canvases are due."""

from __future__ import annotations

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


def test_a_result_is_shown_at_once_and_the_next_canvas_is_due_a_period_later() -> None:
    slots = Slots()
    assert slots.early(10.0, 0.02) == slots.late(10.0, 0.02, expected=True) == 0
    slots.take(10.0, 0.02, fresh=True)
    assert slots.late(10.0, 0.02, expected=False) == pytest.approx(0.02)
    assert slots.late(10.0, 0.02, expected=True) == pytest.approx(0.03)


def test_a_canvas_without_a_result_is_seen_for_half_a_period_and_lost_time_is_not_made_up_for() -> None:
    slots = Slots()
    slots.take(10.0, 0.02, fresh=True)
    slots.take(10.03, 0.02, fresh=False)
    assert slots.early(10.031, 0.02) == pytest.approx(0.009)
    assert slots.late(10.03, 0.02, expected=False) == pytest.approx(0.01)
    slots.take(11.0, 0.02, fresh=False)
    assert slots.late(11.0, 0.02, expected=False) == pytest.approx(0.01)
