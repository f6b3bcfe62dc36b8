"""DeepDream (Mordvintsev, Olah and Tyka 2015): gradient ascent on a picture, octave by octave.

Each octave is the picture at one size, the smallest first. The detail that one octave draws is carried to the next.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from models.errors import SettingError
from models.spec import Hw, InputLimits
from realtime.dreams.tiling import Tiling2d, ValueAndGradient, tile_picture, tiled_gradient
from realtime.imaging.compositing import resize
from realtime.imaging.frame import Floats, Image, hw

FULL_STRENGTH = 220  # pixels of the shorter side of the largest octave that is changed at full strength


@dataclass(frozen=True, slots=True)
class AscentOptions:
    """Gradient ascent: `step_size` is the mean change of a pixel, 0..255, in each of `steps` steps per octave.

    Octaves that are larger than FULL_STRENGTH are changed less, in proportion: what the smaller ones have drawn stays
    the subject of a large picture, and is only drawn more finely.
    """

    octaves: int = 4
    octave_scale: float = 1.4
    steps: int = 10
    step_size: float = 1.5
    jitter: int = 32
    tile: int = 512


@dataclass(frozen=True, slots=True)
class Octave:
    """One size of the picture, `number` of `count`; `tiling` is None when it is too small for the network."""

    number: int
    count: int
    size_hw: Hw
    tiling: Tiling2d | None

    def work(self, options: AscentOptions) -> int:
        """The number of tiles that go through the network: those of every step, and once more for the last value."""
        return 0 if self.tiling is None else self.tiling.count * (options.steps + 1)

    def pixels(self, options: AscentOptions) -> int:
        """The number of pixels that go through the network, which is what the time depends on."""
        return 0 if self.tiling is None else self.work(options) * self.tiling.rows.tile * self.tiling.cols.tile

    @property
    def strength(self) -> float:
        """The share of the step size that is used at this size."""
        return min(FULL_STRENGTH / min(self.size_hw), 1.0)


@dataclass(frozen=True, slots=True)
class AscentResult:
    """The value of the objective before and after an octave, with the tiles at the same offset."""

    before: float
    after: float


def plan_octaves(size_hw: Hw, options: AscentOptions, limits: InputLimits) -> list[Octave]:
    """The octaves of a picture, the smallest first; SettingError when the picture is too small for the network."""
    if not limits.accepts(size_hw):
        height, width = limits.fixed_hw or (limits.smallest, limits.smallest)
        raise SettingError(
            f"the picture is {size_hw[1]}x{size_hw[0]} pixels, but the network needs at least {width}x{height};"
            " make it larger with --width"
        )
    scales = [options.octave_scale**power for power in range(options.octaves - 1, -1, -1)]
    sizes = [_octave_size(size_hw, scale, limits) for scale in scales]
    tilings = [tile_picture(size, options.tile, limits) if limits.accepts(size) else None for size in sizes]
    return [Octave(place + 1, len(sizes), *each) for place, each in enumerate(zip(sizes, tilings, strict=True))]


def _octave_size(size_hw: Hw, scale: float, limits: InputLimits) -> Hw:
    """The size of an octave, in steps of the network's input; the last octave has the size of the picture."""
    step = 1 if scale == 1 or limits.fixed_hw else limits.step
    height, width = (max(round(side / scale / step) * step, 1) for side in size_hw)
    return height, width


class DeepDream:
    """The dream of one picture, octave by octave."""

    def __init__(
        self, objective: ValueAndGradient, image: Image, options: AscentOptions, rng: np.random.Generator
    ) -> None:
        self._objective, self._options, self._rng = objective, options, rng
        self._source = image
        self._picture: Floats | None = None

    @property
    def image(self) -> Image:
        """The picture after the last octave, at the size of that octave."""
        return self._source if self._picture is None else np.rint(self._picture).astype(np.uint8)

    def ascend(self, octave: Octave, advance: Callable[[], None]) -> AscentResult | None:
        """Ascend at one octave; None when it is too small. `advance` is called after each tile."""
        if octave.tiling is None:
            return None
        picture = self._picture = self._enlarged(octave.size_hw)
        first = offset = octave.tiling.random_offset(self._options.jitter, self._rng)
        values = []
        for _ in range(self._options.steps):
            value, gradient = tiled_gradient(self._objective, picture, octave.tiling, offset, advance)
            values.append(value)
            ascent_step(picture, gradient, self._options.step_size * octave.strength)
            offset = octave.tiling.random_offset(self._options.jitter, self._rng)
        return AscentResult(values[0], tiled_gradient(self._objective, picture, octave.tiling, first, advance)[0])

    def _enlarged(self, size_hw: Hw) -> Floats:
        """The source at another size, with the detail of the octave before."""
        picture: Floats = resize(self._source, size_hw).astype(np.float32)
        if self._picture is not None:
            detail = self._picture
            detail -= resize(self._source, hw(detail))
            picture += cv2.resize(detail, size_hw[::-1], interpolation=cv2.INTER_CUBIC)
        return picture.clip(0, 255, out=picture)


def ascent_step(picture: Floats, gradient: Floats, step_size: float) -> None:
    """Move `picture` along `gradient` in place, by `step_size` on average; a vanishing gradient changes nothing."""
    mean = cv2.norm(gradient.reshape(len(gradient), -1), cv2.NORM_L1) / gradient.size
    if mean > np.finfo(np.float32).tiny:
        gradient *= np.float32(step_size / mean)
        picture += gradient
        picture.clip(0, 255, out=picture)


def zoomed(image: Image, factor: float) -> Image:
    """The middle of a picture, `factor` times as large, at the size of the picture."""
    height, width = image.shape[:2]
    matrix = np.array([[factor, 0, (1 - factor) * (width - 1) / 2], [0, factor, (1 - factor) * (height - 1) / 2]])
    return cv2.warpAffine(image, matrix, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT)  # type: ignore[return-value]


def endless_zoom(image: Image, frames: int, factor: float, dream: Callable[[Image], Image]) -> Iterator[Image]:
    """The dream of a picture, then of the middle of that dream, and so on."""
    for _ in range(frames):
        image = dream(image)
        yield image
        image = zoomed(image, factor)
