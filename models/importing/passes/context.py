"""What the import passes share: the model they rewrite, and what is known about it."""

from functools import cached_property

import onnx

from models.errors import ModelError
from models.graph import surgery
from models.importing.analysis.analysis import Analysis, analyze
from models.importing.analysis.find_layers import FoundLayer
from models.importing.input.find_input import PictureInput, find_input
from models.importing.overrides import InputLayout
from models.importing.validate import called


class PassContext:
    """A model on its way through the passes; each fact is looked up when a pass first needs it, then kept."""

    def __init__(self, model: onnx.ModelProto, layout: InputLayout | None = None) -> None:
        self.model = model
        self.token_layers: tuple[FoundLayer, ...] = ()
        self.left_out: list[str] = []
        self._layout = layout

    @property
    def graph(self) -> onnx.GraphProto:
        """The graph of the model."""
        return self.model.graph

    def leave_out_node(self, node: onnx.NodeProto, reason: str) -> None:
        """Drop a node that cannot be shown, and all that depends on it."""
        made = {name for other in self.graph.node for name in other.output}
        if not made.isdisjoint(node.output):
            self.leave_out(set(filter(None, node.output)), f"{called(node)}, {reason}")

    def leave_out(self, tensors: set[str], what: str) -> None:
        """Drop `tensors` and all that depends on them; outputs may be among that."""
        self.left_out.append(what)
        surgery.drop(self.graph, {each for name in tensors for each in surgery.dependents(self.graph, name)})

    @cached_property
    def input(self) -> PictureInput:
        """The input as the file declares it; first needed by `to_float32`."""
        return find_input(self.graph, self._layout)

    @cached_property
    def analysis(self) -> Analysis:
        """Layers, classifier and sizes; first needed by `fold_shapes`."""
        try:
            return analyze(self.model, self.input.channels, self.input.declared_hw, self.token_layers)
        except ModelError as error:
            left_out = f"; left out: {self.left_out[0]}, and what depends on it" if self.left_out else ""
            raise ModelError(f"{error}{left_out}") from error
