from __future__ import annotations

import time

import numpy as np
import pytest

from realtime.imaging.frame import Frame
from realtime.outputs.recording.pace import Pace, runs
from realtime.threads.mailbox import Mailbox


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


def test_what_was_due_before_the_end_is_counted_once() -> None:
    pace = Pace(50.0)
    time.sleep(0.3)
    pace.stop()
    assert pace.wait() >= 14
    assert pace.wait() == 0


def test_a_canvas_begins_where_it_was_drawn_also_for_a_late_reader() -> None:
    canvases: Mailbox[Frame] = Mailbox()
    first, second = (Frame(np.full((2, 2, 3), grey, np.uint8), 0, 0.0) for grey in (1, 2))
    canvases.put(first)
    pace = Pace(50.0)
    reader = runs(canvases, pace)
    begun = next(reader)[1]
    time.sleep(0.3)
    canvases.put(second)
    time.sleep(0.3)
    pace.stop()
    rest = list(reader)
    assert [int(image[0, 0, 0]) for image, _ in rest] == [1, 2]
    assert begun + rest[0][1] >= 14 and rest[1][1] >= 14


def test_the_first_canvas_begins_with_the_recording_also_for_a_late_reader() -> None:
    canvases: Mailbox[Frame] = Mailbox()
    pace = Pace(50.0)
    time.sleep(0.3)
    canvases.put(Frame(np.zeros((2, 2, 3), np.uint8), 0, 0.0))
    assert next(runs(canvases, pace))[1] >= 14


def test_a_canvas_that_is_drawn_after_the_end_is_not_shown() -> None:
    canvases: Mailbox[Frame] = Mailbox()
    pace = Pace(50.0)
    canvases.put(Frame(np.zeros((2, 2, 3), np.uint8), 0, 0.0))
    reader = runs(canvases, pace)
    next(reader)
    time.sleep(0.1)
    pace.stop()
    canvases.put(Frame(np.ones((2, 2, 3), np.uint8), 1, 0.0))
    assert all(not image.any() for image, _ in reader)
