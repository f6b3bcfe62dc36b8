"""Frames in, GIF frames out: each is compared with what is shown so far, so that losses never add up."""

import numpy as np
from numpy.typing import NDArray

from realtime.imaging.compositing import Rect
from realtime.outputs.recording.gif.best import frame_palette
from realtime.outputs.recording.gif.best.blocks import frame, index_bits
from realtime.outputs.recording.gif.best.colour_bins import ColourBins, Floats, bins_of
from realtime.outputs.recording.gif.best.frame_palette import squared_distances
from realtime.outputs.recording.gif.best.lossy_lzw import Choices, compress
from realtime.outputs.recording.gif.parameters import GifParameters

_CUT = 3.0  # times the error of the frame before with which a palette begins anew
_MOST = 0.5  # the share of the pixels that change, from which on a frame may be another scene
_STEP = 8  # of squared errors, so that those that matter fit into a byte


class FrameEncoder:
    """Encodes RGB frames (H, W, 3), one after another."""

    def __init__(self, parameters: GifParameters) -> None:
        self._colours, self._loss = parameters.colours - 1, parameters.loss
        self._shown: NDArray[np.uint8] | None = None  # (pixels, 3)
        self._palette: Floats | None = None  # (colours, 3)
        self._error = np.inf

    def encode(self, image: NDArray[np.uint8], *, hundredths: int) -> bytes:
        """The GIF frame for an image that is shown for so many hundredths of a second."""
        pixels = image.reshape(-1, 3)
        bins = bins_of(pixels)
        still = self._still(pixels, bins)
        rectangle = _around(~still.reshape(image.shape[:2]))
        palette = self._fitted(pixels, bins, ~still)
        inside = _inside(rectangle, image.shape)
        indices, codes = compress(bins.of[inside].tolist(), still[inside].tobytes(), self._choices(bins, palette))
        self._show(pixels, inside, np.frombuffer(indices, np.uint8), palette)
        colours = np.vstack([palette, np.zeros((1, 3))]).astype(np.uint8)
        return frame(rectangle, colours, codes, hundredths=hundredths, transparent=len(palette))

    def _still(self, pixels: NDArray[np.uint8], bins: ColourBins) -> NDArray[np.bool_]:
        """Which pixels may stay as they are: they come hardly nearer to the image by any colour of the palette."""
        if self._shown is None or self._palette is None:
            return np.zeros(len(pixels), np.bool_)
        errors = ((bins.means[bins.of] - self._shown) ** 2).sum(axis=1)
        least = squared_distances(bins.means, self._palette).min(axis=1)
        return np.asarray(errors <= least[bins.of] + self._loss + _STEP)

    def _fitted(self, pixels: NDArray[np.uint8], bins: ColourBins, changed: NDArray[np.bool_]) -> Floats:
        """The palette for the pixels that have changed, without the colours that none of them uses."""
        counts = bins.counts(changed)
        total = max(float(counts.sum()), 1.0)
        if self._palette is None or self._mean_error(bins, counts) > _CUT * self._error:
            self._palette = frame_palette.begin(pixels, self._colours)
        self._palette = frame_palette.improve(self._palette, bins.means, counts)
        distances = squared_distances(bins.means, self._palette)
        if total > _MOST * len(pixels):
            self._error = float((distances.min(axis=1) * counts).sum() / total)
        used = np.unique(distances.argmin(axis=1)[counts > 0])
        return self._palette[used if len(used) else [0]]

    def _mean_error(self, bins: ColourBins, counts: Floats) -> float:
        """The mean squared error with the palette of the frame before; 0 where too little has changed for a new one."""
        if self._palette is None or counts.sum() < _MOST * len(bins.of):
            return 0.0
        least = squared_distances(bins.means, self._palette).min(axis=1)
        return float((least * counts).sum() / counts.sum())

    def _choices(self, bins: ColourBins, palette: Floats) -> Choices:
        """What pixels may become, of a palette and the transparent index after it."""
        distances = squared_distances(bins.means, palette)
        errors = np.full((len(distances), 256), 255, np.uint8)
        errors[:, : len(palette)] = np.minimum(distances / _STEP, 255)
        rows, largest = errors.tobytes(), np.minimum((distances.min(axis=1) + self._loss) / _STEP, 254)
        return Choices(
            nearest=distances.argmin(axis=1).astype(np.uint8).tobytes(),
            errors=[rows[start : start + 256] for start in range(0, len(rows), 256)],
            largest=largest.astype(np.uint8).tobytes(),
            transparent=len(palette),
            bits=index_bits(len(palette) + 1),
        )

    def _show(
        self, pixels: NDArray[np.uint8], inside: NDArray[np.bool_], indices: NDArray[np.uint8], palette: Floats
    ) -> None:
        """Note what is seen after a frame whose pixels `inside` its rectangle have these indices."""
        if self._shown is None:
            self._shown = np.zeros_like(pixels)
        places = np.flatnonzero(inside)[indices < len(palette)]
        self._shown[places] = palette.astype(np.uint8)[indices[indices < len(palette)]]


def _around(changed: NDArray[np.bool_]) -> Rect:
    """The smallest rectangle around what has changed (H, W); one pixel where nothing has."""
    rows, columns = np.flatnonzero(changed.any(axis=1)), np.flatnonzero(changed.any(axis=0))
    if not len(rows):
        return Rect(0, 0, 1, 1)
    return Rect(int(columns[0]), int(rows[0]), int(columns[-1] - columns[0] + 1), int(rows[-1] - rows[0] + 1))


def _inside(rectangle: Rect, shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """Which pixels of an image of this shape lie in a rectangle (pixels,)."""
    inside = np.zeros(shape[:2], np.bool_)
    inside[rectangle.top :, rectangle.left :][: rectangle.height, : rectangle.width] = True
    return inside.reshape(-1)
