"""Project the directions of a layer's features onto a few axes, and enlarge the result."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.build.heads.head import Head, Shapes
from models.graph.builder import FLOAT, GraphBuilder
from models.spec import Hw, ModelInfo

MAX_PLACES = 2048
"""The most places whose features leave the graph: enough for their covariance."""


@dataclass(frozen=True, slots=True)
class ProjectionHead(Head):
    """The output "maps", (axes, *size_hw): the product of "projection", (axes, C), and the features, plus "offset".

    "projection" and "offset", (axes,), are inputs. The features of every place have unit length. The output "places",
    (C, h, w), is those features; of every second or third ... row and column where there are more than MAX_PLACES.
    """

    layer: str
    axes: int
    size_hw: Hw

    precisions = ("fp32", "bf16", "fp16", "int8")

    @property
    def reads(self) -> tuple[str, ...]:
        """The layer."""
        return (self.layer,)

    def append(self, builder: GraphBuilder, info: ModelInfo, shapes: Shapes) -> None:
        """Add the maps and the features."""
        _, channels, height, width = shapes[self.layer]
        length = builder.op("ReduceL2", self.layer, builder.ints(1), keepdims=1)
        unit = builder.op("Div", self.layer, builder.op("Max", length, builder.floats(1e-6)))
        projection = builder.input("projection", FLOAT, (self.axes, channels))
        offset = builder.input("offset", FLOAT, (self.axes,))
        kernel = builder.op("Reshape", projection, builder.ints(self.axes, channels, 1, 1))
        maps = builder.op("Squeeze", builder.op("Conv", unit, kernel, offset), builder.ints(0))
        wide = builder.op("MatMul", maps, builder.constant(cubic_matrix(width, self.size_hw[1]).T))
        enlarged = builder.op("MatMul", builder.constant(cubic_matrix(height, self.size_hw[0])), wide)
        builder.output(enlarged, "maps", FLOAT, (self.axes, *self.size_hw))
        step = place_step((height, width))
        some = builder.op("Slice", unit, builder.ints(0, 0), builder.ints(height, width), builder.ints(2, 3),
                          builder.ints(step, step))  # fmt: skip
        rows, cols = -(-height // step), -(-width // step)
        builder.output(builder.op("Squeeze", some, builder.ints(0)), "places", FLOAT, (channels, rows, cols))


def place_step(size_hw: Hw) -> int:
    """One in so many rows and columns of places leaves the graph."""
    step = 1
    while -(-size_hw[0] // step) * -(-size_hw[1] // step) > MAX_PLACES:
        step += 1
    return step


def cubic_matrix(source: int, target: int) -> NDArray[np.float32]:
    """The matrix (target, source) that enlarges a line of pixels by cubic convolution (Keys 1981)."""
    places = np.clip((np.arange(target) + 0.5) * source / target - 0.5, 0, source - 1)
    matrix = np.zeros((target, source))
    first = np.floor(places).astype(int) - 1
    for tap in range(4):
        column = first + tap
        np.add.at(matrix, (np.arange(target), np.clip(column, 0, source - 1)), _keys(np.abs(places - column)))
    return matrix.astype(np.float32)


def _keys(distance: NDArray[np.float64]) -> NDArray[np.float64]:
    near = (1.5 * distance - 2.5) * distance**2 + 1
    far = ((-0.5 * distance + 2.5) * distance - 4) * distance + 2
    return np.where(distance <= 1, near, np.where(distance < 2, far, 0.0))
