from __future__ import annotations

import numpy as np
import pytest

from realtime.capture.source_health import HealthLimits, SourceHealth
from realtime.imaging.frame import Image

PATIENCE = HealthLimits()


def noise(seed: int) -> Image:
    return np.random.default_rng(seed).integers(0, 256, (90, 120, 3), np.uint8)


def beaten(fps: float, seconds: float, *, nominal: float = 30.0) -> SourceHealth:
    """A pulse that beat with `fps` from 0 to `seconds`, each picture new."""
    pulse = SourceHealth(nominal, 0.0)
    for number in range(int(seconds * fps) + 1):
        pulse.beat(noise(number), number / fps)
    return pulse


@pytest.mark.parametrize("fps", [0.5, 12, 30, 240])
def test_the_rate_is_measured_over_the_last_thirty(fps: float) -> None:
    pulse = SourceHealth(30.0, 0.0)
    for number in range(10):
        pulse.beat(noise(number), number * 7.0)
    for number in range(30):
        pulse.beat(noise(number), 100 + number / fps)
    assert pulse.fps == pytest.approx(fps)


def test_one_picture_has_no_rate() -> None:
    pulse = SourceHealth(30.0, 0.0)
    assert (pulse.fps, pulse.steady) == (0.0, False)
    pulse.beat(noise(0), 1.0)
    assert (pulse.fps, pulse.steady) == (0.0, False)


def test_a_source_is_steady_after_a_second_or_so_of_pictures() -> None:
    pulse = SourceHealth(30.0, 0.0)
    for number in range(30):
        assert not pulse.steady
        pulse.beat(noise(number), number / 30)
    assert pulse.steady


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
    pulse = beaten(fps, 4.0, nominal=nominal)
    assert (pulse.trouble(PATIENCE, 4.0 + silence) is not None) == lost


def test_the_words_name_the_limit() -> None:
    assert beaten(30, 1.0).trouble(PATIENCE, 9.0) == "no picture for 2 s"


def repeat(pulse: SourceHealth, picture: Image, start: float, end: float) -> None:
    for now in np.arange(start, end, 0.1):
        pulse.beat(picture, float(now))


def test_the_same_picture_is_said_after_five_seconds_and_lost_after_fifteen() -> None:
    pulse = SourceHealth(30.0, 0.0)
    repeat(pulse, noise(1), 0.0, 4.95)
    assert pulse.murmur(PATIENCE) is None
    repeat(pulse, noise(1), 5.0, 14.9)
    assert pulse.murmur(PATIENCE) == "the same picture for 15 s"
    assert pulse.trouble(PATIENCE, 14.9) is None
    repeat(pulse, noise(1), 14.9, 15.3)
    assert pulse.trouble(PATIENCE, 15.2) == "the same picture for 15 s"


def test_the_noise_of_a_sensor_is_a_change() -> None:
    pulse = SourceHealth(30.0, 0.0)
    for number in range(200):
        pulse.beat(np.clip(noise(0).astype(np.int16) + noise(number) // 250, 0, 255).astype(np.uint8), number / 10)
    assert pulse.murmur(PATIENCE) is None


def test_a_scene_that_is_the_same_after_opening_again_is_a_still_one() -> None:
    before = SourceHealth(30.0, 0.0)
    before.beat(noise(1), 0.0)
    pulse = SourceHealth(30.0, 20.0, before.sample)
    repeat(pulse, noise(1), 20.0, 60.0)
    assert pulse.trouble(PATIENCE, 60.0) is None
    assert pulse.murmur(PATIENCE) == "the same picture for 40 s"
    repeat(pulse, noise(2), 60.0, 80.0)  # it changed once, so what follows is judged anew
    assert pulse.trouble(PATIENCE, 80.0) == "the same picture for 15 s"
