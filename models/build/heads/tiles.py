"""Draw activations as grey tiles inside the graph, so that one small uint8 picture leaves it."""

import numpy as np
from numpy.typing import NDArray

from models.build.heads.grid import Grid
from models.graph.builder import FLOAT, UINT8, GraphBuilder
from models.spec import Hw


def draw_tiles(builder: GraphBuilder, cells: str, grid: Grid, count: int) -> None:
    """Lay `cells`, (1, count, h, w), on a panel: the input "gain", the outputs "peak" (count,) and "picture".

    The view computes the next gain from the last peak, since a graph has no state.
    """
    peak = builder.op("ReduceMax", cells, builder.ints(0, 2, 3), keepdims=0)
    builder.output(peak, "peak", FLOAT, (count,))
    builder.output(_panel(builder, _grey(builder, cells, count), grid, count), "picture", UINT8, grid.panel_hw)


def channel_means(builder: GraphBuilder, tensor: str) -> str:
    """The mean activation of each channel, (C,)."""
    return builder.op("ReduceMean", tensor, builder.ints(0, 2, 3), keepdims=0)


def resize_cells(builder: GraphBuilder, tensor: str, shape: tuple[int, ...], size_hw: Hw) -> str:
    """(1, n, h, w) -> (1, n, *size_hw).

    To shrink by two or more, whole blocks are averaged first: less than half the time of the product alone.
    """
    (height, width), blocks = shape[2:], [max(old // new, 1) for old, new in zip(shape[2:], size_hw, strict=True)]
    if max(blocks) > 1:
        tensor = builder.op("AveragePool", tensor, kernel_shape=blocks, strides=blocks)
        height, width = height // blocks[0], width // blocks[1]
    wide = builder.op("MatMul", tensor, builder.constant(resize_matrix(width, size_hw[1]).T))
    return builder.op("MatMul", builder.constant(resize_matrix(height, size_hw[0])), wide)


def resize_matrix(source: int, target: int) -> NDArray[np.float32]:
    """The matrix (target, source) that resizes a line of pixels linearly, averaging where it shrinks.

    It is the triangle filter of Pillow's BILINEAR, as wide as the larger of the two pixel distances and renormalized
    at the border. As a matrix product it runs on every provider at the speed of a convolution.
    """
    scale = source / target
    support = max(scale, 1.0)
    centres = (np.arange(target) + 0.5) * scale
    distance = np.abs(np.arange(source) + 0.5 - centres[:, None]) / support
    weights = np.maximum(0.0, 1.0 - distance)
    matrix: NDArray[np.float32] = (weights / weights.sum(axis=1, keepdims=True)).astype(np.float32)
    return matrix


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
