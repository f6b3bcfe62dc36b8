"""Frames in, GIF frames out: each is compared with what is shown so far, so that losses never add up."""

import numpy as np
from numpy.typing import NDArray

from realtime.imaging.compositing import Rect
from realtime.outputs.recording.gif.best import frame_palette, worth
from realtime.outputs.recording.gif.best.blocks import frame
from realtime.outputs.recording.gif.best.colour_bins import ColourBins, Floats, bins_of
from realtime.outputs.recording.gif.best.frame_palette import nearest_colours
from realtime.outputs.recording.gif.best.lossy_lzw import compress
from realtime.outputs.recording.gif.parameters import GifParameters

_CUT = 3.0  # times the error of the frame before with which a palette begins anew
_MOST = 0.5  # the share of the pixels that change, from which on a frame may be another scene
_STEP = 4  # a squared error that is nothing
_UNSEEN = 200  # the squared error of RGB, 8 per channel, of which no trail is seen
_ROUGH, _FINE = 6, 7  # bits of the bins for which a palette is made, and of those in which it is used


class FrameEncoder:
    """Encodes RGB frames (H, W, 3), one after another."""

    def __init__(self, parameters: GifParameters) -> None:
        self._colours, self._loss = parameters.colours - 1, parameters.loss
        self._most = max(2 * self._loss, _UNSEEN)
        self._shown: NDArray[np.uint8] | None = None  # (pixels, 3)
        self._palette = np.zeros((self._colours, 3), np.float32)
        self._pixels = parameters.size_wh[0] * parameters.size_wh[1]
        self._error = np.inf

    def encode(self, image: NDArray[np.uint8], *, hundredths: int) -> bytes:
        """The GIF frame for an image that is shown for so many hundredths of a second."""
        pixels = image.reshape(-1, 3)
        bins = bins_of(pixels, bits=_FINE)
        self._fit(pixels, self._changing(bins))
        nearest, least, _ = nearest_colours(bins.means, self._palette)
        still = self._may_stay(bins, least)
        rectangle = _around(~still.reshape(image.shape[:2]))
        inside = _inside(rectangle, image.shape)
        used = np.unique(nearest[bins.counts(~still) > 0])
        palette = self._palette[used if len(used) else np.arange(1)]
        indices, codes = self._compress(bins, palette, still, inside)
        colours = np.vstack([palette, np.zeros((1, 3))]).astype(np.uint8)
        self._show(pixels, inside, indices, colours)
        return frame(rectangle, colours, codes, hundredths=hundredths, transparent=len(palette))

    def _changing(self, bins: ColourBins) -> NDArray[np.bool_]:
        """The pixels that cannot stay as they are with the palette so far (pixels,)."""
        return ~self._may_stay(bins, nearest_colours(bins.means, self._palette)[1])

    def _fit(self, pixels: NDArray[np.uint8], changing: NDArray[np.bool_]) -> None:
        """Fit the palette to the pixels that are `changing`, and again to those that still are with the new one."""
        bins = bins_of(pixels, bits=_ROUGH)
        counts = bins.counts(changing)
        if self._shown is None or self._is_cut(nearest_colours(bins.means, self._palette)[1], counts):
            self._palette = frame_palette.begin(pixels, self._colours)
        self._palette = frame_palette.improve(self._palette, bins.means, counts)
        counts = bins.counts(changing & self._changing(bins))
        self._palette = frame_palette.improve(self._palette, bins.means, counts)

    def _may_stay(self, bins: ColourBins, least: Floats) -> NDArray[np.bool_]:
        """Which pixels may stay as they are (pixels,): those that come hardly nearer to the image by any colour.

        `least` are the errors of the nearest colours (bins,).
        """
        return np.asarray(self._errors(bins) <= np.minimum(self._allowed(least), self._most)[bins.of] + _STEP)

    def _errors(self, bins: ColourBins) -> Floats:
        """The squared errors of what is shown so far (pixels,)."""
        if self._shown is None:
            return np.full(len(bins.of), np.inf, np.float32)
        return np.asarray(np.square(bins.means[bins.of] - self._shown).sum(axis=1))

    def _allowed(self, least: Floats) -> Floats:
        """The squared errors that are allowed where the nearest colour has the `least`."""
        return np.maximum(np.minimum(least + self._loss, self._most), least)

    def _is_cut(self, errors: Floats, counts: Floats) -> bool:
        """Whether most pixels change, and with far larger errors (bins,) than those of the frame before."""
        total = float(counts.sum())
        if total < _MOST * self._pixels:
            return False
        error = float((errors * counts).sum()) / total
        before, self._error = self._error, error
        return error > _CUT * before

    def _compress(
        self, bins: ColourBins, palette: Floats, still: NDArray[np.bool_], inside: NDArray[np.bool_]
    ) -> tuple[NDArray[np.uint8], bytes]:
        """The indices of the pixels `inside` the rectangle, and their codes; those that are `still` may stay."""
        least = nearest_colours(bins.means, palette)[1]
        choices = worth.choices(bins.means, palette, least, self._loss)
        of, may_stay = bins.of[inside], still[inside]
        beyond = self._errors(bins)[inside] - least[of]
        pixels = worth.pixels(of, beyond, may_stay, (self._allowed(least) - least)[of], self._loss)
        indices, codes = compress(pixels, choices)
        return np.frombuffer(indices, np.uint8), codes

    def _show(
        self,
        pixels: NDArray[np.uint8],
        inside: NDArray[np.bool_],
        indices: NDArray[np.uint8],
        colours: NDArray[np.uint8],
    ) -> None:
        """Note what is seen after a frame with these indices `inside` its rectangle; the last one is transparent."""
        if self._shown is None:
            self._shown = np.zeros_like(pixels)
        drawn = indices < len(colours) - 1
        self._shown[np.flatnonzero(inside)[drawn]] = colours[indices[drawn]]


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
