"""The strongest places of the last minute are kept, one for each moment."""

from __future__ import annotations

import numpy as np

from realtime.channels.excited import COUNT, LASTS, Excited
from realtime.imaging.frame import Floats, Image


def frame(level: int) -> Image:
    return np.full((90, 160, 3), level, np.uint8)


def peak(value: float, row: int = 3, column: int = 4) -> Floats:
    activations = np.zeros((9, 16), np.float32)
    activations[row, column] = value
    return activations


def levels(crops: list[Image]) -> list[int]:
    return [int(crop[0, 0, 0]) for crop in crops]


def test_the_strongest_are_kept_in_order() -> None:
    excited = Excited()
    for number, value in enumerate((3.0, 1.0, 5.0, 2.0, 4.0)):
        crops = excited.update(peak(value), frame(10 * number), now=2.0 * number)
    assert levels(crops) == [20, 40, 0, 30]
    assert len(crops) == COUNT


def test_one_moment_is_one_crop_and_the_best_of_it() -> None:
    excited = Excited()
    for number, value in enumerate((1.0, 3.0, 2.0)):
        crops = excited.update(peak(value), frame(10 * number), now=0.1 * number)
    assert levels(crops) == [10]


def test_old_ones_go_and_a_channel_that_is_off_has_none() -> None:
    excited = Excited()
    assert excited.update(peak(0.0), frame(1), now=0.0) == []
    assert levels(excited.update(peak(2.0), frame(2), now=1.0)) == [2]
    assert excited.update(peak(0.0), frame(3), now=LASTS + 2) == []


def test_the_crop_is_around_the_peak() -> None:
    image = frame(0)
    image[:45, :80] = 200
    [crop] = Excited().update(peak(1.0, row=1, column=2), image, now=0.0)
    assert crop.mean() > 150
    [crop] = Excited().update(peak(1.0, row=8, column=15), image, now=0.0)
    assert crop.mean() == 0
