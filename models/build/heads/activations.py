"""The activations of a layer, unchanged."""

from dataclasses import dataclass

from models.build.heads.head import Head, Shapes
from models.graph.builder import FLOAT, GraphBuilder
from models.spec import ModelInfo


@dataclass(frozen=True, slots=True)
class ActivationsHead(Head):
    """The output "activations": float32 (channels, height, width)."""

    layer: str

    precisions = ("fp32", "bf16", "fp16", "int8")

    @property
    def reads(self) -> tuple[str, ...]:
        """The layer."""
        return (self.layer,)

    def append(self, builder: GraphBuilder, info: ModelInfo, shapes: Shapes) -> None:
        """Add the activations without their batch axis."""
        squeezed = builder.op("Squeeze", self.layer, builder.ints(0))
        builder.output(squeezed, "activations", FLOAT, shapes[self.layer][1:])
