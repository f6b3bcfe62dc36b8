"""Fields over a picture: coordinates, drifts, and moving a field along a flow."""

from functools import cache, lru_cache
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from models.spec import Hw
from realtime.imaging.frame import Floats, Image

SWAY = 5.0  # seconds in which a picture sways once to each side
WAVES = 0.8  # waves from its top to its bottom

Grey: TypeAlias = NDArray[np.uint8]
"""A grey picture, (height, width)."""


def grey(image: Image) -> Grey:
    """The picture without its colours."""
    return cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)  # type: ignore[return-value]


def warp(field: Floats, flow: Floats) -> Floats:
    """A field (height, width, 3) on the old picture, moved to the new one along a backward flow; zero from outside."""
    places = coordinates(field.shape[:2]) + flow
    moved: Floats = cv2.remap(field, places, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)  # type: ignore[call-overload]
    return moved


def shift(field: Floats, down: int, across: int, *, mirrored: bool) -> Floats:
    """A field (height, width, 3) moved by whole pixels; from outside comes its mirror image, or zero."""
    border = cv2.BORDER_REFLECT_101 if mirrored else cv2.BORDER_CONSTANT
    move = np.array([[1, 0, across], [0, 1, down]], np.float32)
    return cv2.warpAffine(field, move, field.shape[1::-1], flags=cv2.INTER_NEAREST, borderMode=border)  # type: ignore[return-value]


@lru_cache(maxsize=8)
def drift_flow(size_hw: Hw, *, zoom: float, turn: float, across: float, down: float) -> Floats:
    """The backward flow of a picture that grows by `zoom`, turns by `turn` degrees and moves by shares of its size."""
    height, width = size_hw
    centre = np.array([(width - 1) / 2, (height - 1) / 2], np.float32)
    angle = np.deg2rad(turn)
    rotation = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]], np.float32) / zoom
    places = coordinates(size_hw) - centre
    flow: Floats = places @ rotation.T - places - np.array([across * width, down * height], np.float32)
    return flow


def sway_flow(size_hw: Hw, now: float) -> Floats:
    """The backward flow of a picture that sways by its width to each side, like plants in a current."""
    height, width = size_hw
    down = np.linspace(0, 1, height)
    sides = np.sin(2 * np.pi * (now / SWAY - down * WAVES)) * (0.7 + 0.3 * np.sin(2 * np.pi * now / (2.7 * SWAY)))
    flow = np.zeros((*size_hw, 2), np.float32)
    flow[..., 0] = -width * sides[:, None]
    return flow


@cache
def coordinates(size_hw: Hw) -> Floats:
    """The coordinates of every pixel, (height, width, 2): across, down."""
    across, down = np.meshgrid(np.arange(size_hw[1], dtype=np.float32), np.arange(size_hw[0], dtype=np.float32))
    return np.stack([across, down], axis=-1)
