"""Check that a file which describes itself is as it says, before it is built upon."""

from __future__ import annotations

from typing import get_args

import onnx

from models.errors import ModelError
from models.importing.analysis import bounds
from models.importing.analysis.infer_shapes import ShapeModel
from models.importing.input.find_input import COLOURS, MOST_PIXELS
from models.importing.validate import validate
from models.spec import INPUT, Colours, Hw, ModelInfo

NORMAL = 224


def check_card(model: onnx.ModelProto, info: ModelInfo) -> None:
    """Raise ModelError unless `model` is sound, and takes and makes what its card `info` says."""
    _check_card(info)
    validate(model)
    if [value.name for value in model.graph.input] != [INPUT]:
        raise ModelError(f"it takes {len(model.graph.input)} inputs; expected one called '{INPUT}'")
    tensors = ShapeModel(model, len(info.input.mean)).at(_size(info))
    bounds.check_bounds(model.graph, tensors)
    for layer in info.layers:
        found = tensors.get(layer.name)
        if found is None or not found.is_maps or (found.dims or ())[1] != layer.channels:
            raise ModelError(f"layer '{layer.name}' does not have the {layer.channels} channels that its card says")


def _check_card(info: ModelInfo) -> None:
    fed = info.input
    sides = (fed.smallest, *(fed.fixed_hw or ()), *(info.classifier.size_hw if info.classifier else ()))
    if not (
        len(fed.mean) == len(fed.scale)
        and len(fed.mean) in COLOURS
        and fed.colours in get_args(Colours)
        and all(1 <= side <= MOST_PIXELS for side in sides)
        and all(layer.stride >= 1 and layer.channels >= 1 for layer in info.layers)
    ):
        raise ModelError("its card does not make sense")


def _size(info: ModelInfo) -> Hw:
    """A size that the network takes, with its classifier where that lies in the same file."""
    side = max(NORMAL, info.input.smallest)
    own = info.classifier if info.classifier and not info.classifier.file else None
    return info.input.fixed_hw or (own.size_hw if own else (side, side))
