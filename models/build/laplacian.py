"""Laplacian normalization as nodes: every scale of a gradient gets the same strength (Mordvintsev 2016).

The same as `realtime/dreams/laplacian.py`, for a gradient that stays on the device of a provider. Pyramids (Burt and
Adelson 1983) are matrix products here, which run on every provider.
"""

import numpy as np
from numpy.typing import NDArray

from models.graph.builder import GraphBuilder
from models.spec import Hw

SMALLEST = 8  # pixels of the shorter side below which a level is not divided further
TINY = float(np.finfo(np.float32).tiny)


def normalize_scales(builder: GraphBuilder, gradient: str, size_hw: Hw, levels: int) -> str:
    """(3, h, w) -> (3, h, w) whose `levels` of scale have a root mean square of 1 each, and their sum too."""
    peak = builder.op("ReduceMax", builder.op("Abs", gradient), keepdims=0)
    rest = builder.op("Div", gradient, builder.op("Max", peak, builder.floats(TINY)))  # squares must not vanish
    bands, sizes = list[str](), [size_hw]
    while len(bands) < levels - 1 and min(sizes[-1]) >= 2 * SMALLEST:
        height, width = sizes[-1]
        smaller = _product(builder, rest, down_matrix(height), down_matrix(width))
        sizes.append(((height + 1) // 2, (width + 1) // 2))
        bands.append(_normalized(builder, builder.op("Sub", rest, _enlarged(builder, smaller, sizes[-1], sizes[-2]))))
        rest = smaller
    total = _normalized(builder, rest)
    for band, size, larger in zip(reversed(bands), sizes[:0:-1], sizes[-2::-1], strict=True):
        total = builder.op("Add", _enlarged(builder, total, size, larger), band)
    return _normalized(builder, total)


def down_matrix(size: int) -> NDArray[np.float32]:
    """The matrix (half, size) that smooths a line with (1, 4, 6, 4, 1) / 16 and keeps every second pixel."""
    matrix = np.zeros(((size + 1) // 2, size))
    for offset, weight in zip(range(-2, 3), (1, 4, 6, 4, 1), strict=True):
        places = np.abs(np.arange(0, size, 2) + offset)
        np.add.at(matrix, (np.arange(len(matrix)), np.minimum(places, 2 * (size - 1) - places)), weight / 16)
    return matrix.astype(np.float32)


def up_matrix(size: int, target: int) -> NDArray[np.float32]:
    """The matrix (target, size) that puts zeros between the pixels of a line and smooths it; mirrored at the start."""
    matrix = np.zeros((target, size))
    for place in range(target):
        taps = {-1: 1, 0: 6, 1: 1} if place % 2 == 0 else {0: 4, 1: 4}
        for offset, weight in taps.items():
            matrix[place, min(abs(place // 2 + offset), size - 1)] += weight / 8
    return matrix.astype(np.float32)


def _enlarged(builder: GraphBuilder, tensor: str, size_hw: Hw, target_hw: Hw) -> str:
    rows, columns = (up_matrix(size, target) for size, target in zip(size_hw, target_hw, strict=True))
    return _product(builder, tensor, rows, columns)


def _product(builder: GraphBuilder, tensor: str, rows: NDArray[np.float32], columns: NDArray[np.float32]) -> str:
    wide = builder.op("MatMul", tensor, builder.constant(columns.T))
    return builder.op("MatMul", builder.constant(rows), wide)


def _normalized(builder: GraphBuilder, tensor: str) -> str:
    """A tensor of root mean square 1, or of zeros."""
    strength = builder.op("Sqrt", builder.op("ReduceMean", builder.op("Mul", tensor, tensor), keepdims=0))
    return builder.op("Div", tensor, builder.op("Max", strength, builder.floats(TINY)))
