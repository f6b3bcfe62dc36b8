"""What the classifier predicts for the whole picture."""

from dataclasses import dataclass

from models.build.heads.head import Head, Shapes
from models.graph.builder import FLOAT, GraphBuilder
from models.spec import CLASSES, ModelInfo


@dataclass(frozen=True, slots=True)
class ScoresHead(Head):
    """The output "scores": the probability of each class, (classes,)."""

    label = "predictions"
    reads = (CLASSES,)
    waits = False

    def tensors(self, info: ModelInfo) -> tuple[str, ...]:
        """The classifier's probabilities."""
        return (info.scores.probabilities,)

    def append(self, builder: GraphBuilder, info: ModelInfo, shapes: Shapes) -> None:
        """Add the probabilities without their batch axis."""
        tensor = info.scores.probabilities
        builder.output(builder.op("Reshape", tensor, builder.ints(-1)), "scores", FLOAT, shapes[tensor][1:])
