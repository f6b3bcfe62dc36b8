"""The motion of a picture since a moment: detail goes along and stays sharp, and a cut is told from motion."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from realtime.dreams.dream_state import CUT, OTHER
from realtime.imaging.frame import Floats
from realtime.motion.fields import Grey
from realtime.motion.motion import Motion
from realtime.motion.optical_flow import backward_flow

NOWHERE = np.zeros((96, 128, 2), np.float32)


def wall(seed: int) -> Grey:
    noise = cv2.GaussianBlur(np.random.default_rng(seed).normal(0, 1, (240, 300)), (0, 0), 3)
    return cv2.normalize(noise, None, 0, 255, cv2.NORM_MINMAX).astype(np.uint8)  # type: ignore[call-overload, no-any-return]


def place(step: int) -> tuple[int, int]:
    return 60 + round(12 * np.sin(step / 9)), 50 + round(10 * np.cos(step / 8))


def view(picture: Grey, step: int) -> Grey:
    across, down = place(step)
    return np.ascontiguousarray(picture[down : down + 96, across : across + 128])


def walked(picture: Grey, steps: int) -> Motion:
    motion = Motion(view(picture, 0))
    for step in range(steps):
        motion.add(backward_flow(view(picture, step + 1), view(picture, step)))
    return motion


def test_detail_goes_along_and_stays_sharp() -> None:
    picture, steps = wall(0), 40
    stripes = np.random.default_rng(1).normal(0, 1, (240, 300, 3)).astype(np.float32)
    stripes = np.asarray(cv2.GaussianBlur(stripes, (0, 0), 1.2), np.float32)

    def detail(step: int) -> Floats:
        across, down = place(step)
        return np.ascontiguousarray(stripes[down : down + 96, across : across + 128])

    shown = walked(picture, steps).warp(detail(0), (96, 128), NOWHERE)[30:-30, 40:-40]
    expected = detail(steps)[30:-30, 40:-40]
    assert np.corrcoef(shown.ravel(), expected.ravel())[0, 1] > 0.8
    assert shown.std() > 0.85 * expected.std(), "the detail has blurred"


def test_detail_may_be_shown_at_another_size() -> None:
    ramp = np.linspace(0, 100, 256, dtype=np.float32)[None, :, None].repeat(192, 0).repeat(3, 2)
    small = Motion(view(wall(0), 0)).warp(ramp, (48, 64), NOWHERE)
    assert small.shape == (48, 64, 3)
    assert np.allclose(small[:, 8:-8], cv2.resize(ramp, (64, 48))[:, 8:-8], atol=0.5)


@pytest.mark.parametrize("brighter", [0, 20])
def test_a_cut_is_told_from_motion_and_light(brighter: int) -> None:
    picture = wall(0) // 2 + 40
    for step in range(1, 30):
        motion, new = Motion(view(picture, step - 1)), view(picture, step) + np.uint8(brighter)
        motion.add(backward_flow(new, view(picture, step - 1)))
        assert motion.difference(new).whole < 0.5 * CUT
    cut = Motion(view(picture, 0))
    cut.add(backward_flow(view(wall(7), 3), view(picture, 0)))
    assert cut.difference(view(wall(7), 3)).whole > CUT


def test_a_picture_is_still_the_same_after_a_walk_and_another_one_is_not() -> None:
    motion = walked(wall(0), 40)
    assert motion.difference(view(wall(0), 40)).whole < 0.5 * OTHER
    assert motion.difference(view(wall(9), 40)).whole > OTHER


def test_empty_pictures_do_not_differ() -> None:
    dark = np.full((96, 128), 3, np.uint8)
    assert Motion(dark).difference(dark + np.uint8(1)).whole < 0.1


def test_a_copy_goes_on_by_itself() -> None:
    motion = walked(wall(0), 3)
    copy = motion.copy()
    before = motion.difference(view(wall(0), 3)).whole
    copy.add(np.full((96, 128, 2), 7, np.float32))
    assert motion.difference(view(wall(0), 3)).whole == before
    assert copy.difference(view(wall(0), 3)).whole != before
