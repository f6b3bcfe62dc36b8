"""Frames in, GIF frames out: each is compared with what is shown so far, so that losses never add up."""

import numpy as np
from numpy.typing import NDArray

from realtime.imaging.compositing import Rect
from realtime.outputs.recording.gif.best import frame_palette
from realtime.outputs.recording.gif.best.blocks import frame, index_bits
from realtime.outputs.recording.gif.best.colour_bins import ColourBins, Floats, bins_of
from realtime.outputs.recording.gif.best.frame_palette import chunks, nearest_colours, squared_distances
from realtime.outputs.recording.gif.best.lossy_lzw import Choices, compress
from realtime.outputs.recording.gif.parameters import GifParameters

_CUT = 3.0  # times the error of the frame before with which a palette begins anew
_MOST = 0.5  # the share of the pixels that change, from which on a frame may be another scene
_STEP = 4  # of squared errors, so that those that matter fit into a byte
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
        palette, choices = self._choices(bins, np.unique(nearest[bins.counts(~still) > 0]))
        indices, codes = compress(bins.of[inside].tolist(), still[inside].tobytes(), choices)
        self._show(pixels, inside, np.frombuffer(indices, np.uint8), palette)
        colours = np.vstack([palette, np.zeros((1, 3), np.uint8)])
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
        if self._shown is None:
            return np.zeros(len(bins.of), np.bool_)
        errors = np.square(bins.means[bins.of] - self._shown).sum(axis=1)
        return np.asarray(errors <= np.minimum(self._allowed(least), self._most)[bins.of] + _STEP)

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

    def _choices(self, bins: ColourBins, used: NDArray[np.intp]) -> tuple[NDArray[np.uint8], Choices]:
        """The colours that are `used`, and what pixels may become of them."""
        palette = self._palette[used if len(used) else np.arange(1)]
        nearest, least, _ = nearest_colours(bins.means, palette)
        choices = Choices(
            nearest=nearest.astype(np.uint8).tobytes(),
            errors=_rows(bins.means, palette),
            largest=np.minimum(self._allowed(least) / _STEP, 254).astype(np.uint8).tobytes(),
            transparent=len(palette),
            bits=index_bits(len(palette) + 1),
        )
        return palette.astype(np.uint8), choices

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


def _rows(colours: Floats, palette: Floats) -> list[bytes]:
    """The errors of all indices for each of `colours` (n, 3), in steps, at most 255."""
    rows = list[bytes]()
    for part in chunks(colours):
        distances = squared_distances(colours[part], palette)
        errors = np.full((len(distances), 256), 255, np.uint8)
        errors[:, : len(palette)] = np.clip(distances / _STEP, 0, 255)
        content = errors.tobytes()
        rows += [content[start : start + 256] for start in range(0, len(content), 256)]
    return rows


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
