"""Palettes of 256 colours for drawings that become GIFs."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow

from realtime.imaging.frame import Image

COLOURS = 256
_BITS = 6  # per channel, in the lookup table


class Palette:
    """At most 256 colours, BGR (n, 3), and a lookup table of the nearest one."""

    def __init__(self, colours: NDArray[np.uint8]) -> None:
        self.colours = colours[:COLOURS]
        self._nearest = _lookup(self.colours)

    def paint(self, image: Image) -> Pillow.Image:
        """`image` in the nearest colours, without dithering, which compresses badly."""
        blue, green, red = (image[..., each].astype(np.uint32) >> (8 - _BITS) for each in range(3))
        indexed = Pillow.fromarray(self._nearest[(blue << 2 * _BITS) | (green << _BITS) | red])
        indexed.putpalette(self.colours[:, ::-1].tobytes())
        return indexed


def image_colours(image: Image, count: int) -> NDArray[np.uint8]:
    """The `count` best colours for an image, BGR (count, 3)."""
    small = Pillow.fromarray(np.ascontiguousarray(image[..., ::-1]))
    small.thumbnail((320, 320))
    colours = small.quantize(count, Pillow.Quantize.MEDIANCUT, kmeans=1).getpalette() or []
    return np.array(colours, np.uint8).reshape(-1, 3)[:count, ::-1]


def _lookup(colours: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The index of the nearest colour, by squared distance, for every colour of 6 bits per channel."""
    values = ((np.arange(1 << _BITS) << (8 - _BITS)) + (1 << (7 - _BITS))).astype(np.float32)
    plane = np.stack(np.meshgrid(values, values, indexing="ij"), axis=-1).reshape(-1, 2)
    palette = colours.astype(np.float32)
    rest = ((plane[:, None, :] - palette[None, :, 1:]) ** 2).sum(axis=-1)
    nearest = [np.argmin(rest + (blue - palette[:, 0]) ** 2, axis=1) for blue in values]
    return np.concatenate(nearest).astype(np.uint8)
