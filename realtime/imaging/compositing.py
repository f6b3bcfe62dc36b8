"""Functions on images: resize, fit, paste, blend, shade."""

from functools import lru_cache
from typing import NamedTuple

import cv2
import numpy as np

from models.spec import Hw
from realtime.imaging.frame import Image


class Rect(NamedTuple):
    """A rectangle in pixels."""

    left: int
    top: int
    width: int
    height: int

    @property
    def hw(self) -> Hw:
        """Its size in array order."""
        return self.height, self.width


BACKGROUND = (16, 13, 11)  # the background, BGR: dark, slightly blue


DARKEST = 0.8  # how much of the light a shadow behind text takes


def background(size_hw: Hw) -> Image:
    """An empty canvas."""
    return _empty(size_hw).copy()


@lru_cache(maxsize=8)
def _empty(size_hw: Hw) -> Image:
    """Cached, because filling a canvas of 1280x720 takes 3 ms and copying one 0.3 ms."""
    return np.full((*size_hw, 3), BACKGROUND, np.uint8)


def dimmed(image: Image, light: float) -> Image:
    """A copy of `image` with this share of its brightness, from 0 (black) to 1."""
    if light >= 1:
        return image.copy()
    return cv2.convertScaleAbs(image, alpha=light)  # type: ignore[return-value]


def resize(image: Image, size_hw: Hw) -> Image:
    """`image` at another size: averaged where it shrinks, interpolated where it grows.

    Whole blocks are averaged first: OpenCV is eight times as fast there.
    """
    height, width = image.shape[:2]
    blocks = min(height // size_hw[0], width // size_hw[1])
    if blocks > 1 and height % blocks == 0 and width % blocks == 0:
        image = cv2.resize(image, (width // blocks, height // blocks), interpolation=cv2.INTER_AREA)  # type: ignore[assignment]
        return _resized(image, size_hw, cv2.INTER_LINEAR)
    shrinks = size_hw[0] <= height and size_hw[1] <= width
    return _resized(image, size_hw, cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)


def enlarge(image: Image, size_hw: Hw) -> Image:
    """`image` at a larger size, by cubic interpolation: smoother than `resize`, and too slow for a live show."""
    return _resized(image, size_hw, cv2.INTER_CUBIC)


def _resized(image: Image, size_hw: Hw, interpolation: int) -> Image:
    if image.shape[:2] == size_hw:
        return image
    return cv2.resize(image, size_hw[::-1], interpolation=interpolation)  # type: ignore[return-value]


def fitted(image_hw: Hw, panel_hw: Hw) -> Hw:
    """The largest size with the aspect ratio of `image_hw` that fits a panel."""
    scale = min(panel_hw[0] / image_hw[0], panel_hw[1] / image_hw[1])
    return max(round(image_hw[0] * scale), 1), max(round(image_hw[1] * scale), 1)


def covering(image_hw: Hw, panel_hw: Hw) -> Hw:
    """The smallest size with the aspect ratio of `image_hw` that covers a panel."""
    scale = max(panel_hw[0] / image_hw[0], panel_hw[1] / image_hw[1])
    return max(round(image_hw[0] * scale), panel_hw[0]), max(round(image_hw[1] * scale), panel_hw[1])


def centred(image_hw: Hw, box: Rect) -> Rect:
    """The largest rectangle with the aspect ratio of `image_hw`, in the middle of `box`."""
    return in_the_middle(fitted(image_hw, box.hw), box)


def in_the_middle(size_hw: Hw, box: Rect) -> Rect:
    """A rectangle of that size in the middle of `box`, or around it where it is larger."""
    height, width = size_hw
    return Rect(box.left + (box.width - width) // 2, box.top + (box.height - height) // 2, width, height)


def fit(image: Image, panel_hw: Hw) -> Image:
    """`image` as large as the panel allows, in the middle of a dark panel."""
    place = centred(image.shape[:2], Rect(0, 0, panel_hw[1], panel_hw[0]))
    if place.hw == panel_hw:
        return resize(image, panel_hw)
    panel = background(panel_hw)
    paste(panel, resize(image, place.hw), place.left, place.top)
    return panel


def paste(canvas: Image, image: Image, left: int, top: int) -> None:
    """Copy `image` onto `canvas`, which must contain all of it."""
    canvas[top : top + image.shape[0], left : left + image.shape[1]] = image


def blend(old: Image, new: Image, weight: float) -> Image:
    """A mix of two images of one size, with `weight`, 0 to 1, for `new`."""
    return cv2.addWeighted(old, 1.0 - weight, new, weight, 0.0)  # type: ignore[return-value]


def shade(image: Image, box: Rect, *, strength: float) -> None:
    """Darken a rectangle of `image` in place, so that text on it is readable."""
    left, top, width, height = box
    part = image[max(top, 0) : top + height, max(left, 0) : left + width]
    if part.size:
        cv2.addWeighted(part, 1.0 - strength, background(part.shape[:2]), strength, 0.0, dst=part)


def darken(image: Image, box: Rect, *, fade: int) -> None:
    """Darken `box` in place, so that text on it is readable; the shadow fades over the `fade` pixels around it."""
    around = Rect(box.left - fade, box.top - fade, box.width + 2 * fade, box.height + 2 * fade)
    left, top = max(around.left, 0), max(around.top, 0)
    part = image[top : around.top + around.height, left : around.left + around.width]
    if part.size:
        light = _soft_shadow(box.hw, fade)[top - around.top :, left - around.left :]
        cv2.multiply(part, np.ascontiguousarray(light[: part.shape[0], : part.shape[1]]), dst=part, scale=1 / 255)


@lru_cache(maxsize=16)
def _soft_shadow(size_hw: Hw, fade: int) -> Image:
    """The share of light that is left, in 255ths: little within `size_hw`, all of it `fade` pixels away."""
    ramp, outside = fade // 2, fade - fade // 2
    shadow = np.pad(np.full((size_hw[0] + 2 * ramp, size_hw[1] + 2 * ramp), DARKEST, np.float32), outside)
    for _ in range(2):
        shadow = np.asarray(cv2.blur(shadow, (ramp | 1,) * 2, borderType=cv2.BORDER_CONSTANT), np.float32)
    return np.repeat(np.rint(255 * (1 - shadow)).astype(np.uint8)[..., None], 3, axis=2)


def frame_line(image: Image, box: Rect, colour: tuple[int, int, int]) -> None:
    """Draw a thin line around a rectangle of `image`, in place."""
    left, top, width, height = box
    cv2.rectangle(image, (left - 1, top - 1), (left + width, top + height), colour, 1)
