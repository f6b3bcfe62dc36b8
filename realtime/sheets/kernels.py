"""Kernels as small pictures: in colour where they read the picture, otherwise as slices that are dark at zero."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.graph.kernels import Kernels
from models.spec import Colours, Hw
from realtime.imaging.colormaps import interpolate
from realtime.imaging.frame import Image

_ANCHORS = ("d8f3ff", "5fc3f0", "2474c4", "1b3a78", "1c1e25", "7c2a2a", "d2542f", "f8a545", "fff2c4")
"""Negative weights are blue, zero is dark like the background, positive weights are orange."""


@dataclass(frozen=True, slots=True)
class Cells:
    """Small pictures (n, h, w, 3) BGR for a grid of `cols`, and a description; `signed` ones are dark at zero.

    `note` says what else the pictures show.
    """

    pictures: NDArray[np.uint8]
    cols: int
    description: str
    signed: bool
    note: str = ""


def cells(kernels: Kernels, colours: Colours, most_hw: Hw, *, shape: float) -> Cells:
    """The kernels of a layer as cells of a grid: at most `most_hw` rows and columns, about `shape` (height / width).

    The weakest kernels that do not fit are left out. A kernel is one cell where it has one input or reads the colours
    of the picture, otherwise one cell per input.
    """
    weights = np.nan_to_num(kernels.weights, posinf=0.0, neginf=0.0)
    total, inputs, height, width = weights.shape
    size = f"{width}×{height}"
    in_colour = kernels.first and inputs == 3 and colours != "GREY"
    if in_colour or inputs == 1:
        shown = strongest(weights, 0, most_hw[0] * most_hw[1])
        pictures = coloured(weights[shown], colours) if in_colour else diverging(signed(weights[shown])[:, 0])
        cols = min(max(_cols(len(shown), height / width / shape), -(-len(shown) // most_hw[0])), most_hw[1])
        kind = "in the colours that they look for" if in_colour else "each with one input"
        return Cells(pictures, cols, f"{_of(len(shown), total, 'kernel')}, {size}, {kind}", not in_colour)
    return _slices(weights, most_hw, " of its group" if kernels.groups > 1 else "")


def _slices(weights: NDArray[np.float32], most_hw: Hw, group: str) -> Cells:
    """A row per kernel and a column per input, or transposed where more kernels and inputs fit."""
    total, inputs, height, width = weights.shape
    fitting = [min(total, most) * min(inputs, other) for most, other in (most_hw, most_hw[::-1])]
    across = fitting[1] > fitting[0]
    most, most_inputs = most_hw[::-1] if across else most_hw
    shown = strongest(weights, 0, most)
    inputs_shown = strongest(weights[shown], 1, most_inputs)
    grid = diverging(signed(weights[shown])[:, inputs_shown])
    grid = grid.swapaxes(0, 1) if across else grid
    each = f"{width}×{height}, one {'column' if across else 'row'} each"
    description = f"{_of(len(shown), total, 'kernel')}, {each}: how it weighs {_of(len(inputs_shown), inputs, 'input')}"
    description += group
    return Cells(grid.reshape(-1, height, width, 3), grid.shape[1], description, signed=True)


def _cols(count: int, ratio: float) -> int:
    """The number of columns: about the square root of `count` times `ratio`, preferably a divisor of `count`."""
    ideal = max(round((count * ratio) ** 0.5), 1)
    near = sorted(range(math.ceil(ideal * 0.72), ideal + ideal // 3 + 1), key=lambda cols: abs(cols - ideal))
    return next((cols for cols in near if count % cols == 0), ideal)


def diverging(values: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Numbers from -1 to 1 as colours (..., 3) BGR; zero is dark."""
    return interpolate(_ANCHORS, (np.clip(values, -1.0, 1.0) + 1.0) / 2.0)


def coloured(weights: NDArray[np.float32], colours: Colours) -> NDArray[np.uint8]:
    """Kernels (n, 3, h, w) as pictures (n, h, w, 3) BGR, each scaled to its own range; a constant one is grey."""
    pixels = weights.transpose(0, 2, 3, 1)[..., :: -1 if colours == "RGB" else 1].astype(np.float64)
    low, high = (end(axis=(1, 2, 3), keepdims=True) for end in (pixels.min, pixels.max))
    spread = high - low
    scaled = np.where(spread > 0, (pixels - low) / np.where(spread > 0, spread, 1.0), 0.5)
    pictures: NDArray[np.uint8] = (scaled * 255).round().astype(np.uint8)
    return pictures


def signed(weights: NDArray[np.float32]) -> NDArray[np.float64]:
    """Kernels (n, ...), each divided by the 99th percentile of its absolute weights."""
    axes = tuple(range(1, weights.ndim))
    peak = np.quantile(np.abs(weights), 0.99, axis=axes, keepdims=True).astype(np.float64)
    scaled: NDArray[np.float64] = weights / np.where(peak > 0, peak, 1.0)
    return scaled


def strongest(weights: NDArray[np.float32], axis: int, count: int) -> NDArray[np.int64]:
    """The `count` indices along an axis with the largest norms, in ascending order."""
    others = tuple(each for each in range(weights.ndim) if each != axis)
    norms = np.square(weights, dtype=np.float64).sum(axis=others)
    return np.sort(np.argsort(-norms, kind="stable")[:count])


def grid_image(pictures: NDArray[np.uint8], cols: int, scale: int, gap: int, ground: tuple[int, int, int]) -> Image:
    """Small pictures (n, h, w, 3) on a grid, `scale` times as large, with gaps of `gap` pixels of colour `ground`."""
    count, height, width, _ = pictures.shape
    rows = -(-count // cols)
    pitch_hw = (height * scale + gap, width * scale + gap)
    panel = np.full((rows * cols, *pitch_hw, 3), ground, np.uint8)
    panel[:count, : pitch_hw[0] - gap, : pitch_hw[1] - gap] = pictures.repeat(scale, axis=1).repeat(scale, axis=2)
    whole = panel.reshape(rows, cols, *pitch_hw, 3).transpose(0, 2, 1, 3, 4)
    laid = whole.reshape(rows * pitch_hw[0], cols * pitch_hw[1], 3)
    return np.ascontiguousarray(laid[: laid.shape[0] - gap or None, : laid.shape[1] - gap or None])


def _of(shown: int, total: int, noun: str) -> str:
    if total == 1:
        return f"1 {noun}"
    return f"{shown} of {total} {noun}s" if shown < total else f"all {total} {noun}s"
