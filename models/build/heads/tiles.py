"""Draw activations as grey tiles inside the graph, so that one small uint8 picture leaves it."""

import numpy as np
from numpy.typing import NDArray

from models.build.heads.grid import Grid
from models.graph.builder import FLOAT, INT64, UINT8, GraphBuilder
from models.spec import Hw

SAMPLES = 48  # pixels of each side of a cell that its peak is measured from
SPOT = 0.4  # share of the maximum that counts as the peak of a cell with less than a hundredth of it active


def draw_tiles(builder: GraphBuilder, cells: str, grid: Grid, count: int) -> None:
    """Lay `cells`, (1, count, h, w), on a panel: the input "gain", the outputs "peak" (count,) and "picture".

    The view computes the next gain from the last peak, since a graph has no state.
    """
    builder.output(_peak(builder, cells, grid.cell_hw, count), "peak", FLOAT, (count,))
    builder.output(_panel(builder, _grey(builder, cells, count), grid, count), "picture", UINT8, grid.panel_hw)


def channel_means(builder: GraphBuilder, tensor: str) -> str:
    """The mean activation of each channel, (C,)."""
    return builder.op("ReduceMean", tensor, builder.ints(0, 2, 3), keepdims=0)


def resize_cells(builder: GraphBuilder, tensor: str, shape: tuple[int, ...], grid: Grid) -> str:
    """(1, n, h, w) -> (1, n, *grid.cell_hw): maps resized to `grid.whole_hw`, and of those the middle.

    To shrink by two or more, whole blocks are averaged first: less than half the time of the product alone.
    """
    whole_hw = grid.whole_hw or grid.cell_hw
    (height, width), blocks = shape[2:], [max(old // new, 1) for old, new in zip(shape[2:], whole_hw, strict=True)]
    if max(blocks) > 1:
        tensor = builder.op("AveragePool", tensor, kernel_shape=blocks, strides=blocks)
        height, width = height // blocks[0], width // blocks[1]
    rows, cols = (
        _middle(resize_matrix(source, whole), cell)
        for source, whole, cell in zip((height, width), whole_hw, grid.cell_hw, strict=True)
    )
    wide = builder.op("MatMul", tensor, builder.constant(cols.T))
    return builder.op("MatMul", builder.constant(rows), wide)


def resize_matrix(source: int, target: int) -> NDArray[np.float32]:
    """The matrix (target, source) that resizes a line of pixels with the cubic filter of Pillow's BICUBIC.

    The filter is as wide as the larger of the two pixel distances and renormalized at the border. As a matrix product
    it runs on every provider at the speed of a convolution.
    """
    scale = source / target
    support = max(scale, 1.0)
    centres = (np.arange(target) + 0.5) * scale
    weights = _cubic(np.abs(np.arange(source) + 0.5 - centres[:, None]) / support)
    matrix: NDArray[np.float32] = (weights / weights.sum(axis=1, keepdims=True)).astype(np.float32)
    return matrix


def _cubic(distance: NDArray[np.float64]) -> NDArray[np.float64]:
    """The cubic filter with slope -1/2 at distance 1 (Keys 1981)."""
    near = (1.5 * distance - 2.5) * distance**2 + 1
    far = ((-0.5 * distance + 2.5) * distance - 4) * distance + 2
    return np.where(distance < 1, near, np.where(distance < 2, far, 0.0))


def _middle(matrix: NDArray[np.float32], count: int) -> NDArray[np.float32]:
    """The `count` rows in the middle of a matrix."""
    first = (len(matrix) - count) // 2
    return matrix[first : first + count]


def _peak(builder: GraphBuilder, cells: str, cell_hw: Hw, count: int) -> str:
    """The 99th percentile of each cell, (count,), or a share of its maximum where only a spot is active.

    A pixel in every few is enough for that: at most SAMPLES per side.
    """
    steps = [-(-side // SAMPLES) for side in cell_hw]
    size = np.prod([-(-side // step) for side, step in zip(cell_hw, steps, strict=True)])
    number = max(round(0.01 * int(size)), 1)
    sides = [builder.ints(*each) for each in ((0, 0), cell_hw, (2, 3), steps)]
    sampled = builder.op("Reshape", builder.op("Slice", cells, *sides), builder.ints(count, -1))
    largest, _ = builder.ops("TopK", sampled, builder.ints(number), outputs=2, axis=1)
    first = builder.op("Gather", largest, builder.scalar(0, INT64), axis=1)
    last = builder.op("Gather", largest, builder.scalar(number - 1, INT64), axis=1)
    return builder.op("Max", last, builder.op("Mul", first, builder.floats(SPOT)))


def _grey(builder: GraphBuilder, cells: str, count: int) -> str:
    """Activations times gain, clipped to 0..1 -> uint8."""
    gain = builder.op("Reshape", builder.input("gain", FLOAT, (count,)), builder.ints(1, count, 1, 1))
    clipped = builder.op("Clip", builder.op("Mul", cells, gain), builder.floats(0.0), builder.floats(1.0))
    rounded = builder.op("Add", builder.op("Mul", clipped, builder.floats(255.0)), builder.floats(0.5))
    return builder.op("Cast", rounded, to=UINT8)


def _panel(builder: GraphBuilder, grey: str, grid: Grid, count: int) -> str:
    """uint8 (1, count, h, w) -> uint8 (panel_h, panel_w): tiles in reading order, gaps and margins black."""
    (height, width), gap = grid.cell_hw, grid.gap
    empty = grid.rows * grid.cols - count
    padded = builder.op("Pad", grey, builder.ints(0, 0, 0, 0, 0, empty, gap, gap))
    cells = builder.op("Reshape", padded, builder.ints(grid.rows, grid.cols, height + gap, width + gap))
    rows = builder.op("Transpose", cells, perm=[0, 2, 1, 3])
    tiles_hw = (grid.rows * (height + gap), grid.cols * (width + gap))
    tiles = builder.op("Reshape", rows, builder.ints(*tiles_hw))
    before = [(panel - (size - gap)) // 2 for panel, size in zip(grid.panel_hw, tiles_hw, strict=True)]
    after = [panel - size - first for panel, size, first in zip(grid.panel_hw, tiles_hw, before, strict=True)]
    return builder.op("Pad", tiles, builder.ints(*before, *after))
