"""The strongest places of the last minute are kept, and no two of them look alike."""

from __future__ import annotations

import numpy as np

from realtime.channels.excited import COUNT, IN_A_MOMENT, LASTS, Excited
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
    for number, value in enumerate((3.0, 2.4, 5.0, 2.8, 4.0)):
        crops = excited.update(peak(value), frame(50 * number), now=2.0 * number)
    assert levels(crops) == [100, 200, 0, 150]
    assert len(crops) == COUNT


def test_much_weaker_places_are_not_kept() -> None:
    excited = Excited()
    excited.update(peak(1.0), frame(0), now=0.0)
    assert levels(excited.update(peak(9.0), frame(200), now=2.0)) == [200]


def test_a_still_picture_has_no_crop_twice() -> None:
    image, activations = frame(0), peak(3.0, row=2, column=3)
    image[:45, :80], image[45:, 80:] = (255, 0, 0), (0, 0, 255)
    activations[6, 12] = 2.9
    excited = Excited()
    for number in range(20):
        crops = excited.update(activations, image, now=float(number))
    assert len(crops) == 2
    assert np.abs(crops[0].astype(int) - crops[1]).mean() > 100


def test_the_same_place_of_a_frame_that_moves_is_kept_once() -> None:
    image = np.random.default_rng(0).integers(0, 256, (90, 160, 3), np.uint8)
    excited = Excited()
    for number in range(10):
        shifted = np.roll(image, number, axis=1)
        crops = excited.update(peak(1.0 + 0.1 * number, column=6 + number // 10), shifted, now=2.0 * number)
    assert len(crops) == 1


def test_a_crop_of_a_dissolve_is_not_kept_beside_its_original() -> None:
    rng = np.random.default_rng(0)
    image = np.repeat(np.repeat(rng.integers(0, 256, (9, 16, 3), np.uint8), 10, axis=0), 10, axis=1)
    excited = Excited()
    excited.update(peak(3.0), image, now=0.0)
    paler = (image * 0.5 + 100).astype(np.uint8)
    assert len(excited.update(peak(2.5), paler, now=3.0)) == 1


def test_one_moment_has_few_crops() -> None:
    image = frame(0)
    activations = np.zeros((9, 16), np.float32)
    for number in range(4):
        image[:, 40 * number : 40 * number + 40] = 80 * number
        activations[4, 4 * number + 2] = 1.0
    assert len(Excited().update(activations, image, now=0.0)) == IN_A_MOMENT


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
