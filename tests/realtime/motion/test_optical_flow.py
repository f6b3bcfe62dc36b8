"""Optical flow: that of the camera is exact, what moves by itself is followed, and a dissolve is told from motion."""

from __future__ import annotations

import cv2
import numpy as np

from realtime.motion.fields import Grey
from realtime.motion.motion import Motion
from realtime.motion.optical_flow import backward_flow
from tests.realtime.motion.test_motion import wall

SIZE_HW = (144, 192)


def seen(picture: Grey, across: float, seed: int) -> Grey:
    """A part of the picture, with the noise of a sensor."""
    move = np.array([[1.01, 0.01, 20 + across], [-0.01, 1.01, 30 + across / 2]], np.float32)
    flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
    part = cv2.warpAffine(picture, move, SIZE_HW[::-1], flags=flags)
    noise = np.random.default_rng(seed).normal(0, 2, SIZE_HW)
    return (part + noise).clip(0, 255).astype(np.uint8)


def test_the_motion_of_a_camera_is_known_within_a_tenth_of_a_pixel() -> None:
    picture = wall(3)
    for across in (0.3, 1.7, 4.0):
        flow = backward_flow(seen(picture, across, 1), seen(picture, 0, 2))
        expected = np.linalg.solve(np.array([[1.01, 0.01], [-0.01, 1.01]]), [across, across / 2])
        assert np.abs(flow - expected)[12:-12, 12:-12].mean() < 0.1


def test_what_moves_by_itself_is_followed_and_the_rest_stands_still() -> None:
    old, new = (seen(wall(3), 0, seed) for seed in (1, 2))
    other = wall(8)[:60, :60]
    old[40:100, 60:120], new[40:100, 63:123] = other, other
    flow = backward_flow(new, old)
    assert np.abs(flow[60:80, 83:103] - (-3, 0)).mean() < 0.5
    assert np.abs(flow[:, 160:]).mean() < 0.1


def test_a_dissolve_is_told_from_something_that_moves() -> None:
    def typical(new: Grey, old: Grey) -> float:
        motion = Motion(old)
        motion.add(backward_flow(new, old))
        return motion.difference(new).typical

    still, other = seen(wall(3), 0, 1), seen(wall(9), 0, 2)
    moving = still.copy()
    moving[40:90, 60:110] = wall(8)[:50, :50]
    mixed = np.asarray(cv2.addWeighted(still, 0.8, other, 0.2, 0), np.uint8)
    assert typical(mixed, still) > 10 * typical(moving, still)
