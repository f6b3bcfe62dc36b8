"""DeepDream (Mordvintsev, Olah and Tyka 2015): a picture climbs towards what a network answers to, octave by octave.

Each octave is the picture at one size, the smallest first; what was dreamed up there is carried to the next as detail.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import cv2
import numpy as np

from models.errors import SettingError
from models.spec import Hw
from realtime.dreams.tiling import Tiling2d, ValueAndGradient, tile, tiled_gradient
from realtime.imaging.compositing import resize
from realtime.imaging.frame import Floats, Image, hw


@dataclass(frozen=True, slots=True)
class AscentOptions:
    """How a picture climbs: `step_size` is the mean change of a pixel, 0..255, in each of `steps` at every octave."""

    octaves: int = 4
    octave_scale: float = 1.4
    steps: int = 10
    step_size: float = 1.5
    jitter: int = 32
    tile: int = 512


@dataclass(frozen=True, slots=True)
class InputLimits:
    """What sizes the network takes."""

    smallest: int = 1
    fixed_hw: Hw | None = None

    def takes(self, size_hw: Hw) -> bool:
        """Whether a picture of that size can be given, whole or in pieces."""
        least = self.fixed_hw or (self.smallest, self.smallest)
        return size_hw[0] >= least[0] and size_hw[1] >= least[1]


@dataclass(frozen=True, slots=True)
class Octave:
    """One size of the picture, `number` of `count`, and how it is cut; without cuts it is too small for the network."""

    number: int
    count: int
    size_hw: Hw
    cuts: Tiling2d | None

    def work(self, climb: AscentOptions) -> int:
        """How many pieces go through the network: those of every step, and once more to hear the answer."""
        return 0 if self.cuts is None else self.cuts.count * (climb.steps + 1)


@dataclass(frozen=True, slots=True)
class AscentResult:
    """What an octave achieved: the answer to the picture before it and after it, seen from the same place."""

    before: float
    after: float


def octaves(size_hw: Hw, climb: AscentOptions, fit: InputLimits) -> list[Octave]:
    """The octaves of a picture, the smallest first; SettingError when the network can take none of them."""
    if not fit.takes(size_hw):
        height, width = fit.fixed_hw or (fit.smallest, fit.smallest)
        raise SettingError(
            f"the picture has {size_hw[1]}x{size_hw[0]} pixels, but the network needs at least {width}x{height};"
            " make it larger with --width"
        )
    scales = [climb.octave_scale**power for power in range(climb.octaves - 1, -1, -1)]
    sizes = [(max(round(size_hw[0] / scale), 1), max(round(size_hw[1] / scale), 1)) for scale in scales]
    cut = partial(tile, largest=climb.tile, smallest=fit.smallest, fixed_hw=fit.fixed_hw)
    cuts = [cut(size) if fit.takes(size) else None for size in sizes]
    return [Octave(place + 1, len(sizes), *each) for place, each in enumerate(zip(sizes, cuts, strict=True))]


class DeepDream:
    """A picture that is being dreamed on, octave by octave."""

    def __init__(
        self, answering: ValueAndGradient, image: Image, climb: AscentOptions, rng: np.random.Generator
    ) -> None:
        self._answering, self._climb, self._rng = answering, climb, rng
        self._source = image
        self._picture: Floats | None = None

    @property
    def image(self) -> Image:
        """The picture as it is after the last octave, at the size of that."""
        return self._source if self._picture is None else np.rint(self._picture).astype(np.uint8)

    def climb(self, octave: Octave, advance: Callable[[], None]) -> AscentResult | None:
        """Climb one octave; None when it is too small. `advance` is called after each piece."""
        if octave.cuts is None:
            return None
        picture = self._picture = self._carried(octave.size_hw)
        first = offset = octave.cuts.offset(self._climb.jitter, self._rng)
        answers = []
        for _ in range(self._climb.steps):
            answer, slope = tiled_gradient(self._answering, picture, octave.cuts, offset, advance)
            answers.append(answer)
            step(picture, slope, self._climb.step_size)
            offset = octave.cuts.offset(self._climb.jitter, self._rng)
        return AscentResult(answers[0], tiled_gradient(self._answering, picture, octave.cuts, first, advance)[0])

    def _carried(self, size_hw: Hw) -> Floats:
        """The source at another size, with the detail of the octave before."""
        picture: Floats = resize(self._source, size_hw).astype(np.float32)
        if self._picture is not None:
            detail = self._picture
            detail -= resize(self._source, hw(detail))
            picture += cv2.resize(detail, size_hw[::-1], interpolation=cv2.INTER_LINEAR)
        return picture.clip(0, 255, out=picture)


def step(picture: Floats, slope: Floats, step_size: float) -> None:
    """Move `picture` up `slope` in place, by `step_size` on average; where next to nothing slopes it stays as it is."""
    mean = cv2.norm(slope.reshape(len(slope), -1), cv2.NORM_L1) / slope.size
    if mean > np.finfo(np.float32).tiny:
        slope *= np.float32(step_size / mean)
        picture += slope
        picture.clip(0, 255, out=picture)


def zoomed(image: Image, factor: float) -> Image:
    """The middle of a picture, `factor` times as large, at the picture's size."""
    height, width = image.shape[:2]
    matrix = np.array([[factor, 0, (1 - factor) * (width - 1) / 2], [0, factor, (1 - factor) * (height - 1) / 2]])
    return cv2.warpAffine(image, matrix, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT)  # type: ignore[return-value]


def endless_zoom(image: Image, frames: int, factor: float, dream: Callable[[Image], Image]) -> Iterator[Image]:
    """A dream of the picture, then of the middle of that dream, and so on."""
    for _ in range(frames):
        image = dream(image)
        yield image
        image = zoomed(image, factor)
