"""What pixels may become in lossy LZW, and what that is worth, in steps of squared errors that fit into a byte."""

import numpy as np
from numpy.typing import NDArray

from realtime.outputs.recording.gif.best.blocks import index_bits
from realtime.outputs.recording.gif.best.colour_bins import Floats
from realtime.outputs.recording.gif.best.frame_palette import chunks, squared_distances
from realtime.outputs.recording.gif.best.lossy_lzw import Choices, Pixels

_STEPS = 64  # of the loss


def choices(colours: Floats, palette: Floats, least: Floats, loss: int) -> Choices:
    """What `colours` (n, 3) may become, whose nearest one in the `palette` has the `least` error (n,)."""
    near, losses = list[bytes](), list[bytes]()
    for part in chunks(colours):
        beyond = squared_distances(colours[part], palette) - least[part, None]
        rows = np.full((len(beyond), 256), 255, np.uint8)
        rows[:, : len(palette)] = np.clip(beyond / _step(loss), 0, 255)
        places, indices = np.nonzero(rows <= loss / _step(loss))
        ends = np.cumsum(np.bincount(places, minlength=len(rows)))
        near += _split(indices.astype(np.uint8), ends)
        losses += _split(rows, np.arange(256, rows.size + 1, 256))
    return Choices(near=near, losses=losses, transparent=len(palette), bits=index_bits(len(palette) + 1))


def pixels(bins: NDArray[np.intp], beyond: Floats, still: NDArray[np.bool_], allowed: Floats, loss: int) -> Pixels:
    """Pixels by their `bins`, of which some may stay.

    `beyond` is the error of what is shown so far against that of the nearest colour, and `allowed` the loss against it,
    both (pixels,). Where what is shown is better, a colour is worth less by that.
    """
    most = int(loss / _step(loss)) + 1
    better = np.where(still, np.clip(beyond / _step(loss), -most, 0), 0)
    gains = allowed / _step(loss) + 1 + better
    stays = np.where(still, np.clip(most - beyond / _step(loss), 1, most), 0)
    return Pixels(bins.tolist(), gains.astype(int).tolist(), stays.astype(int).tolist())


def _step(loss: int) -> float:
    return max(loss / _STEPS, 1.0)


def _split(values: NDArray[np.uint8], ends: NDArray[np.int_]) -> list[bytes]:
    content = values.tobytes()
    return [content[start:end] for start, end in zip([0, *ends[:-1].tolist()], ends.tolist(), strict=True)]
