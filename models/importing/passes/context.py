"""What the import passes share: the model they rewrite, and what is known about it."""

from functools import cached_property

import onnx

from models.importing.analysis.analysis import Analysis, analyze
from models.importing.analysis.find_layers import FoundLayer
from models.importing.input.find_input import PictureInput, find_input
from models.importing.overrides import InputLayout


class PassContext:
    """A model on its way through the passes; each fact is looked up when a pass first needs it, then kept."""

    def __init__(self, model: onnx.ModelProto, layout: InputLayout | None = None) -> None:
        self.model = model
        self.token_layers: tuple[FoundLayer, ...] = ()
        self._layout = layout

    @property
    def graph(self) -> onnx.GraphProto:
        """The graph of the model."""
        return self.model.graph

    @cached_property
    def input(self) -> PictureInput:
        """The input as the file declares it; first needed by `to_float32`."""
        return find_input(self.graph, self._layout)

    @cached_property
    def analysis(self) -> Analysis:
        """Layers, classifier and sizes; first needed by `fold_shapes`."""
        return analyze(self.model, self.input.channels, self.input.declared_hw, self.token_layers)
