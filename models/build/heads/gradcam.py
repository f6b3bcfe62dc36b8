"""Where in a picture the evidence for a class or a channel lies (Grad-CAM, Selvaraju et al. 2017)."""

from dataclasses import dataclass

from models.autodiff.rules.node_gradient import NoGradientError
from models.build.heads.channels import count_channels, weighted_sum
from models.build.heads.head import Head, Shapes
from models.build.heads.scaled_gradient import largest_of, scaled_gradient
from models.errors import ModelError
from models.graph.builder import FLOAT, GraphBuilder, ancestors
from models.graph.surgery import dependents
from models.spec import CLASSES, ModelInfo


@dataclass(frozen=True, slots=True)
class GradcamHead(Head):
    """The outputs "heatmap", (h, w) of `layer`, and "activations", the mean of each channel of `target`.

    `target` is a deeper layer or CLASSES; the input "weights" weighs its channels.
    """

    layer: str
    target: str = CLASSES

    waits = False
    precisions = ("fp32", "bf16", "fp16")

    @property
    def label(self) -> str:
        """The layer."""
        return self.layer

    @property
    def reads(self) -> tuple[str, ...]:
        """The layer and the target."""
        return self.layer, self.target

    def append(self, builder: GraphBuilder, info: ModelInfo, shapes: Shapes) -> None:
        """Add the heatmap: each channel of the layer weighs as much as the target grows with it on average.

        Raises ModelError when the layer has no height and width, or the target does not depend on it.
        """
        target = self.tensors(info)[1]
        channels = count_channels(self.target, target, shapes)
        self._check(builder, target, shapes)
        weights, activations = builder.input("weights", FLOAT, (channels,)), target
        if len(shapes[target]) == 4:
            activations = builder.op("ReduceMean", target, builder.ints(2, 3), keepdims=0)
        objective = weighted_sum(builder, activations, weights, channels)
        try:
            grad = scaled_gradient(builder, objective, self.layer, lambda: [largest_of(builder, weights)])
        except NoGradientError as error:
            after = dependents(builder.model.graph, error.node.output[0]) - {target}
            possible = any(layer.name in after for layer in info.layers)
            advice = "choose a layer after it" if possible else f"no layer lies between it and {self._target_name}"
            raise ModelError(f"{error}; {advice}") from error
        importance = builder.op("ReduceMean", grad, builder.ints(2, 3))
        evidence = builder.op("ReduceSum", builder.op("Mul", self.layer, importance), builder.ints(0, 1), keepdims=0)
        builder.output(builder.op("Relu", evidence), "heatmap", FLOAT, shapes[self.layer][2:])
        builder.output(builder.op("Reshape", activations, builder.ints(channels)), "activations", FLOAT, (channels,))

    def _check(self, builder: GraphBuilder, target: str, shapes: Shapes) -> None:
        if len(shapes.get(self.layer, ())) != 4:
            raise ModelError(f"'{self.layer}' has no height and width for a heatmap; choose a convolutional layer")
        read = {name for node in ancestors(builder.model.graph, [target]) for name in node.input}
        if self.layer not in (target, *read):
            raise ModelError(
                f"{self._target_name} does not depend on layer '{self.layer}'; choose a layer that comes before it"
            )

    @property
    def _target_name(self) -> str:
        return "the classifier" if self.target == CLASSES else f"layer '{self.target}'"
