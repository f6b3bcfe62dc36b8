"""From what tf2onnx writes to a stored network: the import passes, and those that only Keras needs."""

from functools import cached_property

import onnx
from onnx import helper

from models.from_keras.convert import any_size, convert
from models.from_keras.layers import Layer
from models.from_keras.passes.fold_batch_norm import fold_batch_norm
from models.from_keras.passes.fold_pads import fold_pads
from models.from_keras.passes.name_after_layers import name_after_layers
from models.from_keras.passes.own_weights import has_own_weights, own_weights
from models.from_keras.passes.remove_reshapes import has_no_reshapes, remove_reshapes
from models.importing.analysis.analysis import Analysis
from models.importing.analysis.infer_shapes import ShapeModel
from models.importing.analysis.input_sizes import InputSizes
from models.importing.passes.context import PassContext
from models.importing.passes.keep_layers import has_only_layers
from models.importing.passes.name_tensors import has_layer_names, name_tensors
from models.importing.passes.pipeline import PASSES, Pass, run_passes
from models.spec import RECORD, Hw, ModelInfo

PADDED_AT: Hw = (224, 224)
"""'Same' padding is written as for this size, at which every stride divides its input evenly."""

_NAMING = [each.run for each in PASSES].index(name_tensors)


def drop_unused(context: PassContext) -> None:
    """Drop the weights that were folded into others or copied; the rest is in the order of the nodes."""
    tensors = {tensor.name: tensor for tensor in context.graph.initializer}
    read = dict.fromkeys(name for node in context.graph.node for name in node.input)
    del context.graph.initializer[:]
    context.graph.initializer.extend(tensors[name] for name in read if name in tensors)


KERAS_PASSES = (
    *PASSES[:_NAMING],
    Pass(remove_reshapes, before=has_only_layers, after=has_no_reshapes),
    Pass(own_weights, before=has_no_reshapes, after=has_own_weights),
    Pass(fold_batch_norm, before=has_own_weights, after=has_own_weights),
    Pass(fold_pads, before=has_own_weights, after=has_own_weights),
    Pass(drop_unused, after=has_only_layers),
    Pass(name_after_layers, before=has_only_layers, after=has_layer_names),
    *PASSES[_NAMING + 1 :],
)
"""The import passes; layers have the names of Keras layers instead of names found in the file."""


class KerasContext(PassContext):
    """A model of tf2onnx whose outputs are the layers in `info`, so that nothing has to be looked for."""

    def __init__(self, model: onnx.ModelProto, info: ModelInfo) -> None:
        super().__init__(model)
        self._info = info

    @cached_property
    def analysis(self) -> Analysis:
        """The layers as Keras has them."""
        tensors = ShapeModel(self.model, self.input.channels).at(PADDED_AT)
        smallest = self._info.input.smallest
        names = {layer.name: layer.name for layer in self._info.layers}
        return Analysis(names, self._info.layers, None, InputSizes(PADDED_AT, tensors, None, smallest), smallest)


def to_stored(model: onnx.ModelProto, info: ModelInfo) -> onnx.ModelProto:
    """Make `model`, in NCHW with an output for each layer of `info`, a stored network in place."""
    run_passes(KerasContext(model, info), KERAS_PASSES)
    model.graph.name = info.name
    helper.set_model_props(model, {RECORD: info.to_json()})
    onnx.checker.check_model(model, full_check=True)
    return model


def stored(network: Layer, info: ModelInfo) -> onnx.ModelProto:
    """The stored network of a Keras model whose outputs are a dictionary with the names of the layers of `info`."""
    return to_stored(convert(any_size(network)), info)
