"""Adds signed detail, such as that of a dream, to an image without clipping it."""

import cv2
import numpy as np

from realtime.imaging.frame import Floats, Image

HEADROOM = 12.0
"""Grey levels that stay free at black and at white, so that nothing clips: the enlarged detail overshoots the small."""


def soft_clip(detail: Floats, picture: Floats) -> Floats:
    """The detail, compressed where picture and detail together would leave the range of 0 to 255."""
    room = np.copysign(np.float32(1), detail)
    room *= np.float32(127.5) - picture
    room += np.float32(127.5 - HEADROOM)
    np.maximum(room, np.float32(1e-3), out=room)
    room *= detail / cv2.magnitude(room, detail)
    return room


def add_detail(image: Image, detail: Floats) -> Image:
    """An image of any size with the detail of a small picture added.

    The detail is rounded before it is enlarged, which takes two thirds of the time and stays within a grey level of the
    exact sum.
    """
    enlarged = cv2.resize(np.rint(detail).astype(np.int16), image.shape[1::-1], interpolation=cv2.INTER_CUBIC)
    return cv2.add(image, enlarged, dtype=cv2.CV_8U)  # type: ignore[return-value]
