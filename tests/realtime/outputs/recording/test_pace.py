from __future__ import annotations

import time

import pytest

from realtime.outputs.recording.pace import Pace


def test_a_pace_counts_what_was_missed_and_ends_with_what_is_due() -> None:
    pace = Pace(50.0)
    begin = time.monotonic()
    given = pace.wait()
    time.sleep(0.3)
    late = pace.wait()
    assert late >= 14
    pace.stop()
    wall = time.monotonic() - begin
    given += late + pace.wait()
    assert given == pytest.approx(wall * 50, abs=2)
    assert pace.wait() == 0


def test_nothing_is_due_after_an_early_end() -> None:
    pace = Pace(1.0)
    pace.stop()
    assert pace.wait() == 0 and pace.stopped
