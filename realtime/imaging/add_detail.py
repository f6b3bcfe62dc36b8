"""Adds signed detail, such as that of a dream, to an image without clipping it."""

from functools import lru_cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from realtime.imaging.frame import Floats, Image

HEADROOM = 12.0
"""Grey levels that stay free at black and at white, so that nothing clips."""

MIDDLE, UNIT = 128, 32.0
"""The grey level of no detail in an image of detail, and the grey levels there of its root mean square."""


def as_image(detail: Floats, strength: float) -> Image:
    """Detail whose root mean square is `strength` as an image, which is moved and blended in a third of the time."""
    scale = UNIT / strength if strength > 0 else 0.0
    return cv2.add(detail * np.float32(scale), (MIDDLE,) * 3, dtype=cv2.CV_8U)  # type: ignore[call-overload, no-any-return]


def add_detail(image: Image, detail: Image, strength: float) -> Image:
    """An image with detail of the same size, from `as_image`, added: every sum is looked up in a table."""
    height = image.shape[0]
    pairs = cv2.merge([image.reshape(height, -1), detail.reshape(height, -1)])
    return cv2.LUT(pairs.view("<u2").reshape(image.shape), _sums(round(strength, 1)))  # type: ignore[return-value]


def soft_clip(detail: Floats, picture: Floats) -> Floats:
    """The detail, compressed where picture and detail together would leave the range of 0 to 255."""
    room = np.copysign(np.float32(1), detail)
    room *= np.float32(127.5) - picture
    room += np.float32(127.5 - HEADROOM)
    np.maximum(room, np.float32(1e-3), out=room)
    room *= detail / cv2.magnitude(room, detail)
    return room


@lru_cache(maxsize=32)
def _sums(strength: float) -> NDArray[Any]:
    """For each level of a detail, from that of an image on, the sum: 65536 uint8."""
    levels = np.arange(256, dtype=np.float32)
    picture = np.tile(levels, (256, 1))
    detail = np.ascontiguousarray(np.repeat((levels - MIDDLE)[:, None], 256, axis=1) * np.float32(strength / UNIT))
    return (picture + soft_clip(detail, picture)).round().clip(0, 255).astype(np.uint8).ravel()
