from __future__ import annotations

import numpy as np
import pytest

from realtime.capture.source_health import HealthLimits, SourceHealth
from realtime.imaging.frame import Image

LIMITS = HealthLimits()


def noise(seed: int) -> Image:
    return np.random.default_rng(seed).integers(0, 256, (90, 120, 3), np.uint8)


def recorded(fps: float, seconds: float, *, nominal: float = 30.0) -> SourceHealth:
    """The health after different frames at `fps` from 0 to `seconds`."""
    health = SourceHealth(nominal, 0.0)
    for number in range(int(seconds * fps) + 1):
        health.record(noise(number), number / fps)
    return health


@pytest.mark.parametrize("fps", [0.5, 12, 30, 240])
def test_the_rate_is_measured_over_the_last_thirty(fps: float) -> None:
    health = SourceHealth(30.0, 0.0)
    for number in range(10):
        health.record(noise(number), number * 7.0)
    for number in range(30):
        health.record(noise(number), 100 + number / fps)
    assert health.fps == pytest.approx(fps)


def test_one_picture_has_no_rate() -> None:
    health = SourceHealth(30.0, 0.0)
    assert (health.fps, health.steady) == (0.0, False)
    health.record(noise(0), 1.0)
    assert (health.fps, health.steady) == (0.0, False)


def test_a_source_is_steady_after_a_second_or_so_of_pictures() -> None:
    health = SourceHealth(30.0, 0.0)
    for number in range(30):
        assert not health.steady
        health.record(noise(number), number / 30)
    assert health.steady


@pytest.mark.parametrize(
    ("fps", "nominal", "silence", "lost"),
    [
        (30, 30, 1.9, False),
        (30, 30, 2.1, True),
        (1, 30, 9.0, False),
        (1, 30, 10.5, True),
        (30, 0.5, 19.0, False),
    ],
)
def test_silence_is_lost_after_two_seconds_or_ten_periods(
    fps: float, nominal: float, silence: float, lost: bool
) -> None:
    health = recorded(fps, 4.0, nominal=nominal)
    assert (health.fault(LIMITS, 4.0 + silence) is not None) == lost


def test_the_words_name_the_limit() -> None:
    assert recorded(30, 1.0).fault(LIMITS, 9.0) == "no frame for 2 s"


def repeat(health: SourceHealth, picture: Image, start: float, end: float) -> None:
    for now in np.arange(start, end, 0.1):
        health.record(picture, float(now))


def test_the_same_picture_is_said_after_five_seconds_and_lost_after_fifteen() -> None:
    health = SourceHealth(30.0, 0.0)
    repeat(health, noise(1), 0.0, 4.95)
    assert health.warning(LIMITS) is None
    repeat(health, noise(1), 5.0, 14.9)
    assert health.warning(LIMITS) == "the same frame for 15 s"
    assert health.fault(LIMITS, 14.9) is None
    repeat(health, noise(1), 14.9, 15.3)
    assert health.fault(LIMITS, 15.2) == "the same frame for 15 s"


def test_the_noise_of_a_sensor_is_a_change() -> None:
    health = SourceHealth(30.0, 0.0)
    for number in range(200):
        health.record(np.clip(noise(0).astype(np.int16) + noise(number) // 250, 0, 255).astype(np.uint8), number / 10)
    assert health.warning(LIMITS) is None


def test_a_frame_that_is_the_same_after_opening_again_is_lost_later_each_time() -> None:
    health = SourceHealth(30.0, 0.0)
    repeat(health, noise(1), 0.0, 16.0)
    opened, waited = 16.0, []
    for _ in range(8):
        frozen = health.frozen
        assert frozen is not None and frozen.since == 0.0
        health = SourceHealth(30.0, opened, frozen)
        now = opened
        while health.fault(LIMITS, now) is None:
            now += 1.0
            health.record(noise(1), now)
        assert health.is_frozen
        waited.append(now - opened)
        opened = now
    assert waited == [31, 61, 121, 241, 481, 481, 481, 481]
    assert health.fault(LIMITS, now) == f"the same frame for {now:.0f} s"


def test_a_frame_that_differs_after_opening_again_is_judged_anew() -> None:
    before = SourceHealth(30.0, 0.0)
    before.record(noise(1), 0.0)
    health = SourceHealth(30.0, 20.0, before.frozen)
    repeat(health, noise(1), 20.0, 40.0)
    assert health.is_frozen
    repeat(health, noise(2), 40.0, 60.0)
    assert not health.is_frozen
    assert health.fault(LIMITS, 60.0) == "the same frame for 20 s"
