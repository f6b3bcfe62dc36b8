"""Optical flow between small pictures: that of the camera, and of what moves by itself."""

from functools import cache

import cv2
import numpy as np

from realtime.imaging.frame import Floats
from realtime.motion.camera_motion import camera_motion
from realtime.motion.fields import Grey

NOISE = 1.0  # pixels: the blur that keeps the noise of a camera from looking like motion
CORNER = 2.0  # pixels: the size of what has to have slopes in two directions, so that its flow is known
TEXTURE = 6.0  # the slope there, in squared grey levels per pixel, from which on flow is trusted by half
SMOOTH = 6.0  # pixels: the blur of what moves by itself
UNSURE = 0.12  # pixels: what moves less than this by itself is mostly error


def backward_flow(new: Grey, old: Grey) -> Floats:
    """From each pixel of `new` to its place in `old`, in pixels, (height, width, 2): across, down.

    Dense inverse search (Kroeger et al. 2016), to half the size of the pictures, tells where everything goes, and most
    of it the motion of the camera. Where something moves by itself, the flow around it is added.
    """
    new, old = (cv2.GaussianBlur(each, (0, 0), NOISE) for each in (new, old))  # type: ignore[assignment]
    flow = np.asarray(_search().calc(new, old, None), np.float32)  # type: ignore[call-overload]
    trust = _trust(new)
    camera = camera_motion(new, old, flow, trust)
    return camera + _own(flow - camera, trust)


def _own(rest: Floats, trust: Floats) -> Floats:
    """What the flow has beside that of the camera, (height, width, 2), smoothed; none where it is small."""
    height, width = trust.shape
    weighted = cv2.merge([*cv2.split(rest * trust[..., None]), trust])
    half = cv2.resize(weighted, (width // 2, height // 2), interpolation=cv2.INTER_AREA)
    blurred = np.asarray(cv2.GaussianBlur(half, (0, 0), SMOOTH / 2), np.float32)
    own = blurred[..., :2] / (blurred[..., 2:] + np.float32(0.03))
    size = np.square(own).sum(axis=2, keepdims=True)
    return np.asarray(cv2.resize(own * (size / (size + np.float32(UNSURE**2))), (width, height)), np.float32)


def _trust(picture: Grey) -> Floats:
    """How well the flow is known, 0 to 1: by the smaller eigenvalue of the structure tensor (Shi and Tomasi 1994)."""
    across, down = (cv2.Sobel(picture, cv2.CV_32F, *axis, scale=1 / 8) for axis in ((1, 0), (0, 1)))
    products = cv2.merge([across * across, down * down, across * down])
    xx, yy, xy = cv2.split(cv2.GaussianBlur(products, (0, 0), CORNER))
    corner = (xx + yy - cv2.magnitude(xx - yy, 2 * xy)) / 2
    return np.asarray(corner / (corner + TEXTURE), np.float32)


@cache
def _search() -> cv2.DISOpticalFlow:
    search = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    search.setPatchStride(4)
    search.setGradientDescentIterations(16)
    search.setVariationalRefinementIterations(0)  # takes as long again
    return search
