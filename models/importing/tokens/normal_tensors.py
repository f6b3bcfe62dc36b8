"""The tensors of a network at its normal size, for passes that come before the analysis."""

from models.importing.analysis.infer_shapes import ShapeModel, TensorTypes
from models.importing.analysis.input_sizes import normal_size
from models.importing.passes.context import PassContext


def normal_tensors(context: PassContext) -> TensorTypes:
    """The type and shape of every tensor; ModelError when the network takes no size."""
    return normal_size(ShapeModel(context.model, context.input.channels), context.input.declared_hw)[1]
