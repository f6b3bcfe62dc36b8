"""Optical flow between small pictures, and what is carried along it."""

from __future__ import annotations

from functools import cache, lru_cache
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from models.spec import Hw
from realtime.imaging.frame import Floats, Image

Grey: TypeAlias = NDArray[np.uint8]
"""A grey picture, (height, width)."""


def grey(image: Image) -> Grey:
    """The picture without its colours."""
    return cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)  # type: ignore[return-value]


def backward(now: Grey, then: Grey) -> Floats:
    """Where each pixel of `now` was in `then`, as a way in pixels (height, width, 2): across, down.

    Dense inverse search, Kroeger et al. 2016, OpenCV's fast preset: 2 ms for 256x192.
    """
    return _search().calc(now, then, None)  # type: ignore[call-overload, no-any-return]


@cache
def _search() -> cv2.DISOpticalFlow:
    return cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_FAST)


def carried(field: Floats, flow: Floats) -> Floats:
    """What lay on `then`, (height, width, 3), where it lies now; what comes in from outside is empty."""
    ways = _places(field.shape[:2]) + flow
    moved: Floats = cv2.remap(field, ways, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)  # type: ignore[call-overload]
    return moved


def shifted(field: Floats, down: int, across: int, *, mirrored: bool) -> Floats:
    """A field (height, width, 3) moved by whole pixels; from outside comes its mirror image, or nothing."""
    border = cv2.BORDER_REFLECT_101 if mirrored else cv2.BORDER_CONSTANT
    move = np.array([[1, 0, across], [0, 1, down]], np.float32)
    return cv2.warpAffine(field, move, field.shape[1::-1], flags=cv2.INTER_NEAREST, borderMode=border)  # type: ignore[return-value]


@lru_cache(maxsize=8)
def drift(size_hw: Hw, *, zoom: float, turn: float, across: float, down: float) -> Floats:
    """The flow of a picture that grows by `zoom`, turns by `turn` degrees, and moves by shares of its size."""
    height, width = size_hw
    centre = np.array([(width - 1) / 2, (height - 1) / 2], np.float32)
    angle = np.deg2rad(turn)
    turned = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]], np.float32) / zoom
    places = _places(size_hw) - centre
    moved: Floats = places @ turned.T - places - np.array([across * width, down * height], np.float32)
    return moved


@cache
def _places(size_hw: Hw) -> Floats:
    """The place of every pixel, (height, width, 2): across, down."""
    across, down = np.meshgrid(np.arange(size_hw[1], dtype=np.float32), np.arange(size_hw[0], dtype=np.float32))
    return np.stack([across, down], axis=-1)
