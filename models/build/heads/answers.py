"""Targets for distillation: a teacher's features, normalized to length 1, and its probabilities."""

from dataclasses import dataclass

from models.build.heads.head import Head, Shapes
from models.graph.builder import FLOAT16, GraphBuilder
from models.spec import CLASSES, Hw, ModelInfo

EPSILON = 1e-6  # added to a divisor


@dataclass(frozen=True, slots=True)
class AnswersHead(Head):
    """The outputs "features 0", "features 1" ...: of each layer, float16 (height, width, channels) of length 1.

    Each layer is resized to its size in `sizes_hw`. With `classes`, the output "probabilities" is float16 (classes,).
    """

    layers: tuple[str, ...]
    sizes_hw: tuple[Hw, ...]
    classes: bool

    @property
    def reads(self) -> tuple[str, ...]:
        """The layers, and the classifier."""
        return (*self.layers, CLASSES) if self.classes else self.layers

    @property
    def outputs(self) -> tuple[str, ...]:
        """The names of the outputs, in order."""
        features = tuple(f"features {number}" for number in range(len(self.layers)))
        return (*features, "probabilities") if self.classes else features

    def tensors(self, info: ModelInfo) -> tuple[str, ...]:
        """The layers, and the classifier's probabilities."""
        layers = tuple(info.layer(name).name for name in self.layers)
        return (*layers, info.scores.probabilities) if self.classes else layers

    def append(self, builder: GraphBuilder, info: ModelInfo, shapes: Shapes) -> None:
        """Add the resizing, the division by the length, and the casts."""
        for name, layer, size_hw in zip(self.outputs, self.layers, self.sizes_hw, strict=False):
            shape = (*shapes[layer][:2], *size_hw)
            resized = layer if shapes[layer] == shape else self._resize(builder, layer, shape)
            length = builder.op("ReduceL2", resized, builder.ints(1), keepdims=1)
            unit = builder.op("Div", resized, builder.op("Add", length, builder.floats(EPSILON)))
            last = builder.op("Transpose", builder.op("Squeeze", unit, builder.ints(0)), perm=[1, 2, 0])
            builder.output(builder.op("Cast", last, to=FLOAT16), name, FLOAT16, (*size_hw, shape[1]))
        if self.classes:
            tensor = info.scores.probabilities
            flat = builder.op("Reshape", tensor, builder.ints(-1))
            total = builder.op("ReduceSum", flat, builder.ints(0), keepdims=1)  # of a sigmoid it is not 1
            shares = builder.op("Div", flat, builder.op("Add", total, builder.floats(EPSILON)))
            builder.output(builder.op("Cast", shares, to=FLOAT16), "probabilities", FLOAT16, shapes[tensor][1:])

    @staticmethod
    def _resize(builder: GraphBuilder, layer: str, shape: tuple[int, ...]) -> str:
        return builder.op("Resize", layer, "", "", builder.ints(*shape), mode="linear", antialias=1)
