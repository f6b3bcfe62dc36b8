"""Draw activations as grey tiles inside the graph, so that one small uint8 picture leaves it."""

import numpy as np
from numpy.typing import NDArray

from models.build.heads.grid import Grid
from models.graph.builder import FLOAT, INT64, UINT8, GraphBuilder
from models.spec import Hw

SAMPLES, LOW_SAMPLES = 48, 12  # pixels of each side of a cell that its peak and its low are measured from
SPOT = 0.4  # share of the maximum that counts as the peak of a cell with less than a hundredth of it active
LOW = 0.1  # the quantile of a cell that is drawn black
SMOOTHEST = 2.5  # maps that grow by that factor or more are drawn with the smoothest filter
SMALL = 12  # the most pixels of each side of a small map


def draw_tiles(builder: GraphBuilder, cells: str, grid: Grid, count: int) -> None:
    """Lay `cells`, (1, count, h, w), on a panel: the outputs "low" and "peak", (count,), and "picture".

    The inputs "black" and "gain", (count,), say which activation is black, and the factor from there to white: 1 to
    255, since 0 is the gap. The view computes them from the last "low" and "peak", because a graph has no state.
    """
    low, peak = _range(builder, cells, grid.cell_hw, count)
    builder.output(low, "low", FLOAT, (count,))
    builder.output(peak, "peak", FLOAT, (count,))
    builder.output(_panel(builder, _grey(builder, cells, count), grid, count), "picture", UINT8, grid.panel_hw)


def draw_small_maps(builder: GraphBuilder, layer: str, shape: tuple[int, ...]) -> None:
    """The output `small_maps(layer)`, (channels, h, w): every map, averaged to at most SMALL pixels a side."""
    blocks = [-(-side // SMALL) for side in shape[2:]]
    small = builder.op("AveragePool", layer, kernel_shape=blocks, strides=blocks)
    sides = [side // block for side, block in zip(shape[2:], blocks, strict=True)]
    builder.output(builder.op("Squeeze", small, builder.ints(0)), small_maps(layer), FLOAT, (shape[1], *sides))


def small_maps(layer: str) -> str:
    """The name of the output with the small maps of a layer."""
    return f"small maps of {layer}"


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
    """The matrix (target, source) that resizes a line of pixels with a cubic filter.

    To shrink, it is that of Pillow's BICUBIC, as wide as the larger of the two pixel distances. The more a line grows,
    the smoother it is: a sharp one draws steps and halos around the few pixels of a deep layer. The filter is
    renormalized at the border. As a matrix product it runs on every provider at the speed of a convolution.
    """
    scale = source / target
    support = max(scale, 1.0)
    blur = min(max((1 / scale - 1) / (SMOOTHEST - 1), 0.0), 1.0)
    centres = (np.arange(target) + 0.5) * scale
    weights = _cubic(np.abs(np.arange(source) + 0.5 - centres[:, None]) / support, blur)
    matrix: NDArray[np.float32] = (weights / weights.sum(axis=1, keepdims=True)).astype(np.float32)
    return matrix


def _cubic(distance: NDArray[np.float64], blur: float) -> NDArray[np.float64]:
    """The cubic filter (Mitchell and Netravali 1988) with B = `blur`, C = (1 - B) / 2.

    From the interpolating one of Keys, `blur` 0, to the B-spline, `blur` 1, which is never negative.
    """
    sharp = (1 - blur) / 2
    near = (12 - 9 * blur - 6 * sharp) * distance**3 + (-18 + 12 * blur + 6 * sharp) * distance**2 + 6 - 2 * blur
    far = (-blur - 6 * sharp) * distance**3 + (6 * blur + 30 * sharp) * distance**2
    far += (-12 * blur - 48 * sharp) * distance + 8 * blur + 24 * sharp
    return np.where(distance < 1, near, np.where(distance < 2, far, 0.0)) / 6


def _middle(matrix: NDArray[np.float32], count: int) -> NDArray[np.float32]:
    """The `count` rows in the middle of a matrix."""
    first = (len(matrix) - count) // 2
    return matrix[first : first + count]


def _range(builder: GraphBuilder, cells: str, cell_hw: Hw, count: int) -> tuple[str, str]:
    """The quantile LOW of each cell, and its 99th percentile, (count,) both.

    Where only a spot is active, the peak is a share of the maximum. A pixel in every few is enough for that: at most
    SAMPLES per side, and LOW_SAMPLES for the low, which is far from the end of the sorted pixels.
    """
    maximum, high = _extremes(builder, cells, cell_hw, count, 0.01, SAMPLES, largest=1)
    _, low = _extremes(builder, cells, cell_hw, count, LOW, LOW_SAMPLES, largest=0)
    return low, builder.op("Max", high, builder.op("Mul", maximum, builder.floats(SPOT)))


def _extremes(  # noqa: PLR0913, what is sampled, and how
    builder: GraphBuilder, cells: str, cell_hw: Hw, count: int, share: float, samples: int, *, largest: int
) -> tuple[str, str]:
    """The most extreme sample of each cell, and the one of which a `share` of the samples is more extreme."""
    steps = [-(-side // samples) for side in cell_hw]
    size = int(np.prod([-(-side // step) for side, step in zip(cell_hw, steps, strict=True)]))
    number = max(round(share * size), 1)
    sides = [builder.ints(*each) for each in ((0, 0), cell_hw, (2, 3), steps)]
    sampled = builder.op("Reshape", builder.op("Slice", cells, *sides), builder.ints(count, -1))
    ordered, _ = builder.ops("TopK", sampled, builder.ints(number), outputs=2, axis=1, largest=largest)
    first = builder.op("Gather", ordered, builder.scalar(0, INT64), axis=1)
    return first, builder.op("Gather", ordered, builder.scalar(number - 1, INT64), axis=1)


def _grey(builder: GraphBuilder, cells: str, count: int) -> str:
    """Activations above "black" times "gain", clipped to 0..1 -> uint8 from 1 to 255."""
    black, gain = (
        builder.op("Reshape", builder.input(name, FLOAT, (count,)), builder.ints(1, count, 1, 1))
        for name in ("black", "gain")
    )
    scale = builder.op("Mul", gain, builder.floats(254.0))  # one pass over the cells for each operator
    offset = builder.op("Sub", builder.floats(1.5), builder.op("Mul", black, scale))
    levels = builder.op("Add", builder.op("Mul", cells, scale), offset)
    return builder.op("Cast", builder.op("Clip", levels, builder.floats(1.0), builder.floats(255.0)), to=UINT8)


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
