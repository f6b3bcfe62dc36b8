"""Take a plain network apart: its layers, its classifier, the sizes it takes; and leave it as a stored network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import onnx
from onnx import helper

from models.errors import ModelError
from models.graph import surgery
from models.graph.builder import FLOAT
from models.importing.analysis import bounds
from models.importing.analysis import find_classifier as scores
from models.importing.analysis import input_sizes as sizes
from models.importing.analysis import layer_names as naming
from models.importing.analysis.find_classifier import LOGITS, PROBABILITIES
from models.importing.analysis.find_layers import FoundLayer, find_layers
from models.importing.analysis.infer_shapes import ShapeModel, TensorTypes
from models.importing.analysis.input_sizes import InputSizes
from models.importing.analysis.landmarks import landmarks
from models.importing.passes import explicit_pads as padding
from models.importing.passes import fold_shapes as settle
from models.spec import INPUT, Hw, LayerInfo

INNER = "net/"
"""Before the name of every tensor that is no layer: no head's own names can be among them."""


@dataclass(frozen=True, slots=True)
class Analysis:
    """What a network is made of; `classes` is 0 without a classifier, `fixed_hw` None when any size will do."""

    layers: tuple[LayerInfo, ...]
    classes: int
    normal_hw: Hw
    smallest: int
    fixed_hw: Hw | None


def analyze(model: onnx.ModelProto, channels: int, declared_hw: Hw | None) -> Analysis:
    """Cut a plain `model` down to layers and classifier, in place, and name its tensors; ModelError without layers."""
    graph, skeleton = model.graph, ShapeModel(model, channels)
    normal = sizes.normal_size(skeleton, declared_hw)
    found = find_layers(graph, normal[1])
    if not found:
        raise ModelError(_without_layers(graph))
    tensors = [layer.tensor for layer in found]
    sized = sizes.explore(skeleton, tensors, normal)
    strides = sizes.strides(skeleton, tensors, sized)
    stops = landmarks(graph, found, strides)
    classes = _cut(model, channels, tensors, sized)
    called = naming.layer_names(found)
    layers = _infos(found, called, strides, stops, normal[1])
    _rename(graph, called)
    _declare(graph, layers, classes)
    fixed_hw = None if sized.other else sized.normal_hw
    return Analysis(layers, classes, sized.normal_hw, max(sized.smallest, *strides), fixed_hw)


def _without_layers(graph: onnx.GraphProto) -> str:
    kinds = {node.op_type for node in graph.node}
    quantised = sorted(kinds.intersection(("QLinearConv", "ConvInteger", "QLinearAdd")))
    if quantised:
        return f"it is quantised ({quantised[0]}), and its layers are whole numbers; use the network before that"
    if "Conv" not in kinds:
        return "it has no convolution; expected a convolutional network"
    return "none of its convolutions makes maps of the picture: (1, 2 or more channels, height, width) of float32"


def _cut(model: onnx.ModelProto, channels: int, layers: Sequence[str], sized: InputSizes) -> int:
    """Settle what shapes say, keep layers and classifier alone, check what that costs; the number of classes."""
    graph = model.graph
    _settle(graph, layers, sized)
    padding.explicit_pads(graph, _dims(sized.normal) if sized.other is None else {})
    found = scores.find_classifier(graph, sized.normal, set(layers))
    if found is not None:
        scores.append_classifier_outputs(graph, found)
    surgery.prune(graph, [*layers, *([LOGITS, PROBABILITIES] if found else [])])
    bounds.check_bounds(graph, ShapeModel(model, channels).at(sized.normal_hw))
    return found.classes if found else 0


def _settle(graph: onnx.GraphProto, layers: Sequence[str], sized: InputSizes) -> None:
    if sized.other is None:
        settle.fold_shapes(graph, [sized.normal])
    else:
        settle.fold_shapes(graph, [sized.normal, sized.other])
        settle.fold_shapes(graph, [sized.normal], spare=settle.makers(graph, layers))


def _dims(tensors: TensorTypes) -> dict[str, tuple[int, ...]]:
    return {name: tensor.dims for name, tensor in tensors.items() if tensor.dims is not None}


def _infos(
    found: Sequence[FoundLayer], called: dict[str, str], strides: Sequence[int], stops: set[str], tensors: TensorTypes
) -> tuple[LayerInfo, ...]:
    """The layers' facts; a block is a stride that a landmark has, counted from 1."""
    ranks = sorted({stride for layer, stride in zip(found, strides, strict=True) if layer.tensor in stops})
    infos = []
    for layer, stride in zip(found, strides, strict=True):
        dims = tensors[layer.tensor].dims or ()
        block = max(sum(rank <= stride for rank in ranks), 1)
        infos.append(LayerInfo(called[layer.tensor], dims[1], stride, block, layer.tensor in stops))
    return tuple(infos)


def _rename(graph: onnx.GraphProto, called: dict[str, str]) -> None:
    every = {name for node in graph.node for name in (*node.input, *node.output) if name}
    kept = {INPUT, LOGITS, PROBABILITIES}
    surgery.rename(graph, {name: called.get(name, f"{INNER}{name}") for name in every - kept})
    for node in graph.node:
        node.name = node.output[0]


def _declare(graph: onnx.GraphProto, layers: Sequence[LayerInfo], classes: int) -> None:
    """The outputs of a stored network: its layers, and what the classifier makes."""
    graph.name, graph.doc_string = "network", ""
    graph.ClearField("output")
    for layer in layers:
        graph.output.append(helper.make_tensor_value_info(layer.name, FLOAT, (1, layer.channels, None, None)))
    for name in (LOGITS, PROBABILITIES) if classes else ():
        graph.output.append(helper.make_tensor_value_info(name, FLOAT, (1, classes)))
