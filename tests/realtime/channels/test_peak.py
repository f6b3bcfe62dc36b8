"""The frame around the peak of a map is where the peak is, and does not jump."""

from __future__ import annotations

import numpy as np
import pytest

from realtime.channels.peak import Peak, square_around
from realtime.imaging.compositing import Rect
from realtime.imaging.frame import Floats


def spots(*values: tuple[int, int, float]) -> Floats:
    activations = np.zeros((60, 90), np.float32)
    for row, column, value in values:
        activations[row - 4 : row + 4, column - 4 : column + 4] = value
    return activations


def test_the_peak_is_the_middle_of_the_strongest_spot() -> None:
    assert Peak().update(spots((20, 30, 1.0), (40, 70, 0.5))) == pytest.approx((20 / 60, 30 / 90), abs=0.03)


def test_it_stays_at_a_place_that_is_about_as_strong_and_leaves_a_weak_one() -> None:
    peak = Peak()
    peak.update(spots((20, 30, 1.0), (40, 70, 0.9)))
    for _ in range(10):
        place = peak.update(spots((20, 30, 0.9), (40, 70, 1.0)))
    assert place == pytest.approx((20 / 60, 30 / 90), abs=0.03)
    assert peak.update(spots((20, 30, 0.5), (40, 70, 1.0))) == pytest.approx((40 / 60, 70 / 90), abs=0.03)


def test_it_follows_a_spot_that_moves() -> None:
    peak = Peak()
    for column in range(20, 70):
        place = peak.update(spots((30, column, 1.0), (10, 80, 0.9)))
    assert place == pytest.approx((30 / 60, 69 / 90), abs=0.08)


def test_a_silent_channel_has_none() -> None:
    peak = Peak()
    peak.update(spots((20, 30, 1.0)))
    assert peak.update(spots()) is None


def test_the_square_stays_within_the_picture() -> None:
    assert square_around((0.5, 0.5), (100, 200), 30) == Rect(85, 35, 30, 30)
    assert square_around((0.0, 1.0), (100, 200), 30) == Rect(170, 0, 30, 30)
    assert square_around((0.5, 0.5), (20, 200), 30) == Rect(90, 0, 20, 20)
