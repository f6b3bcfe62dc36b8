from __future__ import annotations

from typing import Any

import av
import pytest

from realtime.capture.films.timeline import Timeline

PERIOD = 0.04


def timeline(**changes: Any) -> Timeline:
    usual = {"unit": 0.01, "begin": 0.0, "length": 20.0, "end": None, "period": PERIOD, "jumps": False}
    return Timeline(**(usual | changes))


def frame(pts: int | None, duration: int = 0) -> av.VideoFrame:
    made = av.VideoFrame(16, 16, "yuv420p")
    made.pts, made.duration = pts, duration
    return made


def starts(times: Timeline, *stamps: int | None) -> list[float]:
    return [times.start(frame(pts)) for pts in stamps]


def test_times_are_counted_from_the_begin_of_the_film() -> None:
    assert starts(timeline(begin=1.0), 110, 114, 150) == pytest.approx([0.1, 0.14, 0.5])


def test_without_a_begin_the_first_picture_is_at_zero() -> None:
    assert starts(timeline(begin=None), 700, 704) == pytest.approx([0, 0.04])


def test_pictures_without_times_follow_at_the_rate() -> None:
    assert starts(timeline(begin=None), None, None, None) == pytest.approx([0, 0.04, 0.08])
    assert starts(timeline(), 0, None, 8) == pytest.approx([0, 0.04, 0.08])


def test_times_never_run_backwards() -> None:
    assert starts(timeline(), 0, 50, 45, 60) == pytest.approx([0, 0.5, 0.5, 0.6])


def test_after_a_break_the_film_goes_on() -> None:
    assert starts(timeline(), 1000, 1004, 0, 4) == pytest.approx([10, 10.04, 10.08, 10.12])
    assert starts(timeline(jumps=True), 0, 4, 9000, 9004) == pytest.approx([0, 0.04, 0.08, 0.12])
    assert starts(timeline(), 0, 4, 9_000_000, 9_000_004) == pytest.approx([0, 0.04, 0.08, 0.12])


def test_a_long_pause_is_no_break() -> None:
    assert starts(timeline(length=400.0), 0, 30_000) == pytest.approx([0, 300])


def test_the_last_picture_is_shown_as_long_as_it_says_within_the_video() -> None:
    cases = (
        (None, 50, 0.5),
        (None, 0, PERIOD),
        (1.2, 50, 0.2),
        (0.9, 50, PERIOD),
        (9, 50, 0.5),
        (None, 999_999, PERIOD),
    )
    for end, duration, expected in cases:
        times = timeline(end=end)
        last = frame(100, duration)
        assert times.last_duration(last, times.start(last)) == pytest.approx(expected)
