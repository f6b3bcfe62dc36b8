"""Check a file that Ventral wrote against the record in its metadata."""

from typing import get_args

import onnx

from models.errors import ModelError
from models.importing.analysis import bounds
from models.importing.analysis.infer_shapes import ShapeModel
from models.importing.input.find_input import COLOURS, MAX_INPUT_SIDE
from models.importing.validate import validate
from models.spec import INPUT, Colours, Hw, ModelInfo

NORMAL = 224


def check_record(model: onnx.ModelProto, info: ModelInfo) -> None:
    """Raise ModelError unless `model` is valid and has the input and the layers of its record `info`."""
    _check_info(info)
    validate(model)
    if [value.name for value in model.graph.input] != [INPUT]:
        raise ModelError(f"it has {len(model.graph.input)} inputs; expected one called '{INPUT}'")
    tensors = ShapeModel(model, len(info.input.mean)).at(_size(info))
    bounds.check_bounds(model.graph, tensors)
    for layer in info.layers:
        found = tensors.get(layer.name)
        if found is None or not found.is_maps or (found.dims or ())[1] != layer.channels:
            raise ModelError(f"layer '{layer.name}' does not have the {layer.channels} channels that its record gives")


def _check_info(info: ModelInfo) -> None:
    expected = info.input
    sides = (expected.smallest, *(expected.fixed_hw or ()), *(info.classifier.size_hw if info.classifier else ()))
    if not (
        len(expected.mean) == len(expected.scale)
        and len(expected.mean) in COLOURS
        and expected.colours in get_args(Colours)
        and all(1 <= side <= MAX_INPUT_SIDE for side in sides)
        and 1 <= expected.step <= expected.smallest
        and all(layer.stride >= 1 and layer.channels >= 1 for layer in info.layers)
    ):
        raise ModelError("its record has values out of range")


def _size(info: ModelInfo) -> Hw:
    """A size that the network takes, including a classifier in the same file."""
    own = info.classifier if info.classifier and not info.classifier.file else None
    return info.input.limits.fit(own.size_hw if own else (NORMAL, NORMAL))
