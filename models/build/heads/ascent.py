"""One step of the gradient ascent of a key picture, from picture to picture: between steps it can stay on a device."""

from dataclasses import dataclass

from models.build.heads.dream import DreamHead
from models.build.heads.head import Head, Shapes
from models.build.laplacian import normalize_scales
from models.graph.builder import FLOAT, INT64, GraphBuilder, replace_nodes
from models.spec import Hw, ModelInfo

SHIFTED = "ascent/shifted"
SMALLEST_MEAN = 1e-30  # of a gradient: one that vanishes changes nothing


@dataclass(frozen=True, slots=True)
class AscentHead(Head):
    """The outputs "picture", the input "image" after a step, and "value", the objective of `dream` before it.

    The picture is moved before the step: its pixels come from the inputs "rows" and "columns", and those of the
    gradient from "rows back" and "columns back", where the number after the last means zero. The gradient is normalized
    over `scales` and changes a pixel by the input "step_size", a scalar, on average.
    """

    dream: DreamHead
    scales: int

    image_type = FLOAT
    waits = False
    precisions = ("fp32", "bf16", "fp16")

    @property
    def reads(self) -> tuple[str, ...]:
        """The layers of the dream."""
        return self.dream.reads

    def append(self, builder: GraphBuilder, info: ModelInfo, shapes: Shapes) -> None:
        """Add the shifts, the gradient and the step; ModelError when an operator on the path has no gradient."""
        height, width, colours = shapes["image"]
        _shift_first(builder, (height, width))
        value, gradient = self.dream.write(builder, info, {**shapes, SHIFTED: shapes["image"]}, SHIFTED)
        padded = builder.op("Pad", gradient, builder.ints(0, 0, 0, 1, 1, 0))
        back = _moved(builder, padded, "rows back", "columns back", (height, width))
        planes = builder.op("Transpose", back, perm=[2, 0, 1])
        normal = normalize_scales(builder, planes, (height, width), self.scales)
        mean = builder.op("ReduceMean", builder.op("Abs", normal), keepdims=0)
        largest = builder.op("Max", mean, builder.floats(SMALLEST_MEAN))
        factor = builder.op("Div", builder.input("step_size", FLOAT, ()), largest)
        step = builder.op("Transpose", builder.op("Mul", normal, factor), perm=[1, 2, 0])
        changed = builder.op("Add", "image", step)
        clipped = builder.op("Clip", changed, builder.floats(0.0), builder.floats(255.0))
        builder.output(clipped, "picture", FLOAT, (height, width, colours))
        builder.output(value, "value", FLOAT, ())


def _shift_first(builder: GraphBuilder, size_hw: Hw) -> None:
    """Let the network read the moved picture."""
    graph = builder.model.graph
    for node in graph.node:
        node.input[:] = [SHIFTED if name == "image" else name for name in node.input]
    first = len(graph.node)
    _moved(builder, "image", "rows", "columns", size_hw)
    graph.node[-1].output[0] = SHIFTED
    replace_nodes(graph, [*graph.node[first:], *graph.node[:first]])  # ONNX requires topological order


def _moved(builder: GraphBuilder, tensor: str, rows: str, columns: str, size_hw: Hw) -> str:
    """The rows and columns of a picture that two inputs name."""
    chosen = builder.op("Gather", tensor, builder.input(rows, INT64, (size_hw[0],)), axis=0)
    return builder.op("Gather", chosen, builder.input(columns, INT64, (size_hw[1],)), axis=1)
