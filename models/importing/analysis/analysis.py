"""Look at a network and describe it: its layers, its classifier, and the input sizes it takes. Nothing is changed."""

from collections.abc import Sequence
from dataclasses import dataclass

import onnx

from models.errors import ModelError
from models.importing.analysis import input_sizes
from models.importing.analysis.find_classifier import FoundClassifier, find_classifier
from models.importing.analysis.find_layers import FoundLayer, find_layers, find_outputs
from models.importing.analysis.infer_shapes import ShapeModel, TensorTypes
from models.importing.analysis.input_sizes import InputSizes
from models.importing.analysis.key_layers import key_layers
from models.importing.analysis.layer_names import layer_names
from models.spec import Hw, LayerInfo

STAGES_OF_TOKENS = 4
"""Of a vision transformer, after its patches."""

QUANTIZED = ("QLinearConv", "ConvInteger", "QLinearAdd")


@dataclass(frozen=True, slots=True)
class Analysis:
    """What a network consists of: `names` has the name of each layer by its tensor, in the order of `layers`."""

    names: dict[str, str]
    layers: tuple[LayerInfo, ...]
    classifier: FoundClassifier | None
    sizes: InputSizes
    smallest: int

    @property
    def needed(self) -> list[str]:
        """The tensors that a stored network makes."""
        return [*self.names, *((self.classifier.logits, self.classifier.output) if self.classifier else ())]

    @property
    def fixed_hw(self) -> Hw | None:
        """The only input size that the network takes; None when it takes any."""
        return None if self.sizes.other else self.sizes.normal_hw

    @property
    def classes(self) -> int:
        """The number of classes; 0 without a classifier."""
        return self.classifier.classes if self.classifier else 0


def analyze(
    model: onnx.ModelProto, channels: int, declared_hw: Hw | None, token_layers: Sequence[FoundLayer] = ()
) -> Analysis:
    """Describe a `model` whose input is NCHW; ModelError when it has no layers that can be shown.

    `token_layers` are those of a vision transformer beside its convolutions.
    """
    graph, light = model.graph, ShapeModel(model, channels)
    normal = input_sizes.normal_size(light, declared_hw)
    places = {name: place for place, node in enumerate(graph.node) for name in node.output}
    found = sorted((*find_layers(graph, normal[1]), *token_layers), key=lambda layer: places[layer.tensor])
    if not found:
        raise ModelError(_without_layers(graph))
    outputs = find_outputs(graph, normal[1], found, normal[0])
    tensors, last = ([layer.tensor for layer in each] for each in (found, outputs))
    sizes = input_sizes.find_input_sizes(light, tensors, normal, outputs=last)
    strides = input_sizes.strides(light, tensors, sizes)
    stops = key_layers(graph, found, strides) | set(last)
    strides += input_sizes.normal_strides(last, sizes)
    names = layer_names((*found, *outputs))
    layers = _infos((*found, *outputs), names, strides, stops, normal[1])
    classifier = find_classifier(graph, sizes.normal, {*tensors, *last}, sizes.other)
    least = -(-max(sizes.smallest, *strides) // sizes.step) * sizes.step
    return Analysis(names, layers, classifier, sizes, least)


def _without_layers(graph: onnx.GraphProto) -> str:
    kinds = {node.op_type for node in graph.node}
    quantized = sorted(kinds.intersection(QUANTIZED))
    if quantized:
        return f"it is quantized ({quantized[0]}): its layers are integers; use the network before quantization"
    if "Conv" not in kinds:
        return "it has no convolution; expected a convolutional network"
    return "no convolution makes feature maps: expected float32 tensors (1, 2 or more channels, height, width)"


def _infos(
    found: Sequence[FoundLayer], names: dict[str, str], strides: Sequence[int], stops: set[str], tensors: TensorTypes
) -> tuple[LayerInfo, ...]:
    """The record of each layer; a block is the rank of its stride among the strides of key layers.

    The blocks of a vision transformer all have one stride: they are spread evenly over the stages after the first.
    """
    ranks = sorted({stride for layer, stride in zip(found, strides, strict=True) if layer.tensor in stops})
    depth, done, infos = sum(layer.kind == "tokens" for layer in found), 0, []
    for layer, stride in zip(found, strides, strict=True):
        dims = tensors[layer.tensor].dims or ()
        block = max(sum(rank <= stride for rank in ranks), 1)
        if layer.kind != "maps":
            block = 2 + STAGES_OF_TOKENS * done // depth
        done += layer.kind == "tokens"
        infos.append(LayerInfo(names[layer.tensor], dims[1], stride, block, layer.tensor in stops, layer.kind))
    return tuple(infos)
