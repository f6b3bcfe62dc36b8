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
_STEP = 4  # of squared errors, so that those that matter fit into a byte


class FrameEncoder:
    """Encodes RGB frames (H, W, 3), one after another."""

    def __init__(self, parameters: GifParameters) -> None:
        self._colours, self._loss = parameters.colours - 1, parameters.loss
        self._shown: NDArray[np.uint8] | None = None  # (pixels, 3)
        self._palette = np.zeros((self._colours, 3), np.float32)
        self._pixels = parameters.size_wh[0] * parameters.size_wh[1]
        self._error = np.inf

    def encode(self, image: NDArray[np.uint8], *, hundredths: int) -> bytes:
        """The GIF frame for an image that is shown for so many hundredths of a second."""
        pixels = image.reshape(-1, 3)
        bins = bins_of(pixels)
        still = self._fit(pixels, bins)
        rectangle = _around(~still.reshape(image.shape[:2]))
        inside = _inside(rectangle, image.shape)
        palette, choices = self._choices(bins, bins.counts(~still))
        indices, codes = compress(bins.of[inside].tolist(), still[inside].tobytes(), choices)
        self._show(pixels, inside, np.frombuffer(indices, np.uint8), palette)
        colours = np.vstack([palette, np.zeros((1, 3), np.uint8)])
        return frame(rectangle, colours, codes, hundredths=hundredths, transparent=len(palette))

    def _fit(self, pixels: NDArray[np.uint8], bins: ColourBins) -> NDArray[np.bool_]:
        """Fit the palette to the pixels that change; which pixels may stay as they are (pixels,).

        Those may that come hardly nearer to the image by any colour of the palette; twice the loss is the most.
        """
        if self._shown is None:
            still = np.zeros(len(pixels), np.bool_)
            self._palette = frame_palette.begin(pixels, self._colours)
        else:
            least = squared_distances(bins.means, self._palette).min(axis=1)
            errors = ((bins.means[bins.of] - self._shown) ** 2).sum(axis=1)
            still = np.asarray(errors <= np.minimum(least, self._loss)[bins.of] + self._loss + _STEP)
            if self._is_cut(least, bins.counts(~still)):
                self._palette = frame_palette.begin(pixels, self._colours)
        self._palette = frame_palette.improve(self._palette, bins.means, bins.counts(~still))
        return still

    def _is_cut(self, errors: Floats, counts: Floats) -> bool:
        """Whether most pixels change, and with far larger errors (bins,) than those of the frame before."""
        total = float(counts.sum())
        if total < _MOST * self._pixels:
            return False
        error = float((errors * counts).sum()) / total
        before, self._error = self._error, error
        return error > _CUT * before

    def _choices(self, bins: ColourBins, counts: Floats) -> tuple[NDArray[np.uint8], Choices]:
        """The colours that the pixels use that change, by bin (bins,), and what pixels may become of them."""
        distances = squared_distances(bins.means, self._palette)
        used = np.unique(distances.argmin(axis=1)[counts > 0])
        used = used if len(used) else np.arange(1)
        distances = distances[:, used]
        errors = np.full((len(distances), 256), 255, np.uint8)
        errors[:, : len(used)] = np.minimum(distances / _STEP, 255)
        rows, largest = errors.tobytes(), np.minimum((distances.min(axis=1) + self._loss) / _STEP, 254)
        choices = Choices(
            nearest=distances.argmin(axis=1).astype(np.uint8).tobytes(),
            errors=[rows[start : start + 256] for start in range(0, len(rows), 256)],
            largest=largest.astype(np.uint8).tobytes(),
            transparent=len(used),
            bits=index_bits(len(used) + 1),
        )
        return self._palette[used].astype(np.uint8), choices

    def _show(
        self,
        pixels: NDArray[np.uint8],
        inside: NDArray[np.bool_],
        indices: NDArray[np.uint8],
        palette: NDArray[np.uint8],
    ) -> None:
        """Note what is seen after a frame whose pixels `inside` its rectangle have these indices."""
        if self._shown is None:
            self._shown = np.zeros_like(pixels)
        places = np.flatnonzero(inside)[indices < len(palette)]
        self._shown[places] = palette[indices[indices < len(palette)]]


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
