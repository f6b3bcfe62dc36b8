"""The motion of the camera between two pictures: an affine map, found in the optical flow and refined in the pictures.

Optical flow is not known where a picture is flat, and wrong by a tenth of a pixel elsewhere. The motion of a camera has
six numbers for all pixels, so it is known a few times more exactly; what moves by itself is left out as an outlier.
"""

from functools import cache

import cv2
import numpy as np

from models.spec import Hw
from realtime.imaging.frame import Floats
from realtime.motion.fields import Grey, coordinates

STEP = 6  # pixels: the distance of the places whose flow is fitted
REFINE_STEP = 3  # pixels: the distance of the places whose grey is compared
SCALES = (1.0, 0.4, 0.12, 0.12)  # pixels from the fit at which flow counts a quarter, in each round
ROUNDS = 2  # in which grey levels that the motion does not explain lose their weight


def camera_motion(new: Grey, old: Grey, flow: Floats, trust: Floats) -> Floats:
    """The affine flow, (height, width, 2), from `new` to `old`, near the optical `flow` with a `trust` of 0 to 1."""
    motion = _fitted(flow[::STEP, ::STEP].reshape(-1, 2), trust[::STEP, ::STEP].ravel(), new.shape)
    return _flow(_refined(new, old, motion), new.shape)


def _fitted(flow: Floats, trust: Floats, size_hw: Hw) -> Floats:
    """The motion, (3, 2), that most of the flow follows (iteratively reweighted least squares)."""
    places, trust = _places(size_hw, STEP), trust + np.float32(1e-6)
    motion = np.zeros((3, 2), np.float32)
    motion[2] = np.median(flow[trust >= np.median(trust)], axis=0)
    for scale in SCALES:
        apart = np.square(flow - places @ motion).sum(axis=1)
        weights = trust / np.square(1 + apart / np.float32(scale**2))
        motion = _least_squares(places, flow, weights)
    return motion


def _refined(new: Grey, old: Grey, motion: Floats) -> Floats:
    """The motion after a step of Gauss and Newton towards the least difference in grey, up to gain and offset."""
    step, places = REFINE_STEP, _places(new.shape, REFINE_STEP)
    target = coordinates(new.shape)[::step, ::step] + (places @ motion).reshape(*new[::step, ::step].shape, 2)
    slopes = (cv2.Sobel(old, cv2.CV_32F, *axis, scale=1 / 8) for axis in ((1, 0), (0, 1)))
    moved = cv2.remap(cv2.merge([old.astype(np.float32), *slopes]), target, None, cv2.INTER_LINEAR)  # type: ignore[call-overload]
    grey, across, down = (np.asarray(each, np.float32).ravel() for each in cv2.split(moved))
    seen = new[::step, ::step].astype(np.float32).ravel()
    light = np.stack([np.ones_like(seen), seen / 128 - 1], axis=1)
    knowns = np.concatenate([places * across[:, None], places * down[:, None], light], axis=1)
    inside = ((target >= 1) & (target <= np.array(new.shape[::-1]) - 2)).all(axis=2).ravel()
    difference = (seen - grey)[:, None]
    rest = difference - np.median(difference)
    for _ in range(ROUNDS):
        size = np.abs(rest[:, 0])
        weights = inside / np.square(1 + np.square(size / (2 * np.median(size) + 0.5)))
        solution = _least_squares(knowns, difference, weights.astype(np.float32))
        rest = difference - knowns @ solution
    return motion + solution[:6].reshape(2, 3).T


def _least_squares(knowns: Floats, values: Floats, weights: Floats) -> Floats:
    """The (n, k) x that brings knowns @ x nearest to the values; small where nothing is known."""
    weighted = knowns * weights[:, None]
    square = (weighted.T @ knowns).astype(np.float64)
    square += np.eye(len(square)) * (1e-5 * np.trace(square) / len(square) + 1e-9)
    return np.linalg.solve(square, weighted.T @ values).astype(np.float32)


@cache
def _places(size_hw: Hw, step: int) -> Floats:
    """Every so-many-th pixel from the centre, in widths of the picture: (places, 3), across, down, 1."""
    centred = (coordinates(size_hw)[::step, ::step].reshape(-1, 2) - np.array(size_hw[::-1]) / 2) / size_hw[1]
    return np.column_stack([centred, np.ones(len(centred))]).astype(np.float32)


def _flow(motion: Floats, size_hw: Hw) -> Floats:
    return (_places(size_hw, 1) @ motion).reshape(*size_hw, 2)
