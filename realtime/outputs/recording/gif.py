"""A GIF whose pictures last as long as each should, painted with a palette chosen for them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow

from models.errors import OutputError
from realtime.imaging.frame import Image
from realtime.outputs.recording.paths import PartialFile

COLOURS = 256
_BITS = 6  # of each colour by which the nearest of the palette is looked up


class Palette:
    """At most 256 colours, BGR (n, 3), and the way from any picture to the nearest of them."""

    def __init__(self, colours: NDArray[np.uint8]) -> None:
        self.colours = colours[:COLOURS]
        self._nearest = _lookup(self.colours)

    def paint(self, image: Image) -> Pillow.Image:
        """`image` in the colours of the palette, nearest first and undithered: noise would not be packed."""
        blue, green, red = (image[..., each].astype(np.uint32) >> (8 - _BITS) for each in range(3))
        painted = Pillow.fromarray(self._nearest[(blue << 2 * _BITS) | (green << _BITS) | red])
        painted.putpalette(self.colours[:, ::-1].tobytes())
        return painted


def picture_colours(image: Image, count: int) -> NDArray[np.uint8]:
    """The `count` colours that suit a picture, BGR (count, 3)."""
    small = Pillow.fromarray(np.ascontiguousarray(image[..., ::-1]))
    small.thumbnail((320, 320))
    found = small.quantize(count, Pillow.Quantize.MEDIANCUT, kmeans=1).getpalette() or []
    return np.array(found, np.uint8).reshape(-1, 3)[:count, ::-1]


def delays(seconds: Iterable[float]) -> Iterator[int]:
    """Milliseconds in whole hundredths of a second, as a GIF counts; what is rounded off is carried over."""
    end, given = 0.0, 0
    for each in seconds:
        end += each
        hundredths = max(round(end * 100) - given, 2)
        given += hundredths
        yield 10 * hundredths


def write_gif(path: Path, pictures: Iterable[Pillow.Image], milliseconds: Sequence[int]) -> None:
    """Write painted pictures to a GIF that loops for ever; OutputError, and no file, when that fails."""
    first, *others = pictures
    with PartialFile(path) as draft:
        try:
            first.save(
                draft.part,
                "GIF",
                save_all=True,
                append_images=others,
                duration=list(milliseconds),
                loop=0,
                optimize=False,
            )
        except OSError as error:
            raise OutputError(f"cannot write {path}: {error.strerror or error}; choose another place") from error


def _lookup(colours: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """For every colour of 6 bits the place of the nearest in the palette, by squared distance."""
    values = ((np.arange(1 << _BITS) << (8 - _BITS)) + (1 << (7 - _BITS))).astype(np.float32)
    plane = np.stack(np.meshgrid(values, values, indexing="ij"), axis=-1).reshape(-1, 2)
    known = colours.astype(np.float32)
    rest = ((plane[:, None, :] - known[None, :, 1:]) ** 2).sum(axis=-1)
    nearest = [np.argmin(rest + (blue - known[:, 0]) ** 2, axis=1) for blue in values]
    return np.concatenate(nearest).astype(np.uint8)
