"""The channels that a gradient starts from: those of a layer, or the logits of the classifier."""

from models.build.heads.head import Shapes
from models.errors import ModelError
from models.graph.builder import GraphBuilder


def count_channels(name: str, tensor: str, shapes: Shapes) -> int:
    """How many channels `tensor` has, which is (1, C, h, w) or (1, C); ModelError when its shape is unknown."""
    if len(shapes.get(tensor, ())) not in (2, 4):
        raise ModelError(f"the size of '{name}' is unknown for this picture; choose another layer")
    return shapes[tensor][1]


def weighted_sum(builder: GraphBuilder, values: str, weights: str, channels: int) -> str:
    """(1, C) times (C,) -> the sum, a scalar."""
    row = builder.op("Reshape", weights, builder.ints(1, channels))
    return builder.op("ReduceSum", builder.op("Mul", values, row), builder.ints(0, 1), keepdims=0)
