"""A low-pass filter in time, of second order, for parts of a canvas: there, changes are slow and smooth."""

import math
from collections.abc import Iterator
from typing import TypeAlias

import cv2
import numpy as np

from models.spec import Hw
from realtime.canvas.flash_detector import Mask
from realtime.imaging.frame import Floats, Image, hw

SLOWNESS = 0.4  # seconds, the time constant: of black and white that alternate, 4 % is left at 2.5 Hz, 3 % at 3 Hz
WIDE = 0.3  # the share of the canvas from which all of it is filtered: it looks calmer, and takes less time
GOLDEN = (math.sqrt(5) - 1) / 2

Part: TypeAlias = tuple[slice, slice]


class LowPass:
    """Filters the canvases of a show, one after the other."""

    def __init__(self, image: Image) -> None:
        self._once, self._next, self._mask = np.empty((3, *image.shape), np.uint8)  # buffers: fresh memory is slow
        self._twice = image  # smoothed twice: the last output
        self._steps = 0

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the canvases."""
        return self._twice.shape

    def follow(self, image: Image) -> None:
        """Take a canvas that is not filtered."""
        self._twice, self._steps = image, 0

    def filter(self, image: Image, strength: Floats, seconds: float) -> Image:
        """The filtered canvas, `seconds` after the last one; `strength`, 0 to 1, says how much for each block of it."""
        if self._steps == 0:
            self._mix(
                self._twice, image, 0.5, self._once
            )  # halfway between the images that alternate: about their mean
        strongest = float(strength.max())
        weight = (1 - math.exp(-seconds / SLOWNESS)) ** strongest
        if (strength > 0).mean() >= WIDE:
            self._mix(self._once, image, weight, self._once)
            self._twice = self._mix(self._twice, self._once, weight)
        else:
            self._twice = self._filter_parts(image, strength / strongest, weight)
        return self._twice

    def _filter_parts(self, image: Image, shares: Floats, weight: float) -> Image:
        """Filter where `shares` is not 0, with soft edges."""
        twice = image.copy()
        np.copyto(self._next, image)
        for blocks, part in _parts(shares > 0, hw(image)):
            self._mix(self._once[part], image[part], weight, self._next[part])
            self._mix(self._twice[part], self._next[part], weight, twice[part])
            self._inlay(twice[part], image[part], shares[blocks])
        self._once, self._next = self._next, self._once
        return twice

    def _mix(self, before: Image, image: Image, weight: float, into: Image | None = None) -> Image:
        """A mix of two images. The rounding varies from step to step, so that small differences are not lost."""
        self._steps += 1
        rounding = (self._steps * GOLDEN) % 1 - 0.5
        return cv2.addWeighted(before, 1 - weight, image, weight, rounding, dst=into)  # type: ignore[return-value]

    def _inlay(self, smooth: Image, image: Image, shares: Floats) -> None:
        """Lay `smooth` over `image`, in place, with a share between 0 and 1 for each block."""
        height, width = hw(image)
        mask = self._mask.reshape(-1)[: image.size].reshape(height, 3 * width)
        cv2.resize(np.round(shares * 255).astype(np.uint8), (3 * width, height), mask, interpolation=cv2.INTER_LINEAR)
        mask = mask.reshape(image.shape)
        cv2.multiply(smooth, mask, smooth, 1 / 255)
        cv2.multiply(image, cv2.bitwise_not(mask, mask), mask, 1 / 255)
        cv2.add(smooth, mask, smooth)


def _parts(filtered: Mask, canvas_hw: Hw) -> Iterator[tuple[Part, Part]]:
    """The connected parts, with a block around each for the soft edge: as blocks and as pixels."""
    _, _, stats, _ = cv2.connectedComponentsWithStats(filtered.view(np.uint8))
    for left, top, width, height, _ in stats[1:].tolist():
        rows, cols = _span(top, height, filtered.shape[0]), _span(left, width, filtered.shape[1])
        yield (
            (rows, cols),
            (_scaled(rows, filtered.shape[0], canvas_hw[0]), _scaled(cols, filtered.shape[1], canvas_hw[1])),
        )


def _span(start: int, length: int, end: int) -> slice:
    return slice(max(start - 1, 0), min(start + length + 1, end))


def _scaled(span: slice, blocks: int, pixels: int) -> slice:
    return slice(span.start * pixels // blocks, span.stop * pixels // blocks)
