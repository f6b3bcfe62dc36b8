"""What is known about a network: its input, its layers, its classifier."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeAlias

from models.errors import ModelError

Hw: TypeAlias = tuple[int, int]
"""A size in array order: height, width."""

Colours: TypeAlias = Literal["BGR", "RGB", "GREY"]
"""The colour channels of a network's input, in order."""

LayerKind: TypeAlias = Literal["maps", "tokens", "attention"]

INPUT = "input"  # the name of a stored network's input: float (1, colours, height, width)
RECORD = "ventral"  # the metadata key of the ModelInfo in a stored network


@dataclass(frozen=True, slots=True)
class LayerInfo:
    """One layer that can be shown: the tensor of that name, after its activation.

    `stride` is the number of input pixels per unit. `block` numbers the stages of the network from 1; the layers of a
    stage have one stride. The keys step through the key layers; `--layer` reaches all layers. Those of a vision
    transformer are "tokens", which are as often below zero as above, or "attention", with a channel for each head.
    """

    name: str
    channels: int
    stride: int
    block: int
    is_key_layer: bool = True
    kind: LayerKind = "maps"


@dataclass(frozen=True, slots=True)
class InputLimits:
    """The input sizes that a network takes: sides of `smallest` pixels or more that `step` divides, or one size."""

    smallest: int = 1
    fixed_hw: Hw | None = None
    step: int = 1

    def accepts(self, size_hw: Hw) -> bool:
        """Whether a picture of that size can go through the network, whole or in tiles."""
        least = self.fixed_hw or (self.smallest, self.smallest)
        return size_hw[0] >= least[0] and size_hw[1] >= least[1]

    def side(self, pixels: float) -> int:
        """The nearest side that a network without a fixed size takes; `smallest` is a multiple of `step`."""
        return max(round(pixels / self.step) * self.step, self.smallest)

    def fit(self, size_hw: Hw) -> Hw:
        """The nearest size that the network takes."""
        return self.fixed_hw or (self.side(size_hw[0]), self.side(size_hw[1]))


@dataclass(frozen=True, slots=True)
class InputInfo:
    """The input of a network: tensor = (pixel - mean) * scale, for pixels 0..255 in the order of `colours`.

    `mean` and `scale` have one number for each colour; grey is one colour.
    """

    colours: Colours = "BGR"
    mean: tuple[float, ...] = (0.0, 0.0, 0.0)
    scale: tuple[float, ...] = (1.0, 1.0, 1.0)
    smallest: int = 32
    """The smallest height and width that the network accepts, in pixels."""
    fixed_hw: Hw | None = None
    """The size that the network requires, if it requires one."""
    step: int = 1
    """The number of pixels that divides every height and width that the network accepts."""

    @property
    def limits(self) -> InputLimits:
        """The sizes that the network accepts."""
        return InputLimits(self.smallest, self.fixed_hw, self.step)


@dataclass(frozen=True, slots=True)
class ClassifierInfo:
    """The classifier of a network: two tensors (1, classes), and a label for each class.

    It was trained on pictures of `size_hw`. A large one is a graph in a `file` of its own beside the network, with the
    SHA-256 `digest`; its input is the network's tensor `features`. `evidence` is the deepest key layer that its scores
    depend on; empty where that is the last one. In a vision transformer only the class token is read after that one.
    """

    logits: str
    probabilities: str
    labels: tuple[str, ...]
    size_hw: Hw = (224, 224)
    file: str = ""
    digest: str = ""
    features: str = ""
    evidence: str = ""


@dataclass(frozen=True, slots=True)
class Prediction:
    """A class: its index in the labels of the classifier, its label, and its probability from 0 to 1."""

    index: int
    label: str
    probability: float


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """A network's name, the origin of its weights, its input, its layers in forward order, and its classifier."""

    name: str
    weights: str
    input: InputInfo
    layers: tuple[LayerInfo, ...]
    classifier: ClassifierInfo | None = None

    @property
    def trained(self) -> bool:
        """Whether the weights are trained; random ones are called "none"."""
        return self.weights != "none"

    def layer(self, name: str) -> LayerInfo:
        """The layer called `name`; ModelError when there is none."""
        for layer in self.layers:
            if layer.name == name:
                return layer
        raise ModelError(
            f"layer '{name}' is not in {self.name}; its layers are {self.layers[0].name} ... {self.layers[-1].name}"
            f" (see: ventral layers {self.name})"
        )

    def to_json(self) -> str:
        """The record as JSON, for the metadata of a stored network."""
        return json.dumps(dataclasses.asdict(self))

    @property
    def scores(self) -> ClassifierInfo:
        """The classifier; ModelError when there is none."""
        if self.classifier is None:
            raise ModelError(f"{self.name} has no classifier; choose a network that has one")
        return self.classifier

    @property
    def evidence_layer(self) -> LayerInfo:
        """The deepest key layer that the classifier depends on; without a classifier the last one."""
        if self.classifier is None or not self.classifier.evidence:
            return self.key_layers[-1]
        return self.layer(self.classifier.evidence)

    @property
    def key_layers(self) -> tuple[LayerInfo, ...]:
        """The key layers, in forward order."""
        return tuple(layer for layer in self.layers if layer.is_key_layer)

    def around(self, layer: LayerInfo) -> list[LayerInfo]:
        """The key layers, the nearest to `layer` first."""
        places = {each.name: place for place, each in enumerate(self.layers)}
        return sorted(self.key_layers, key=lambda each: abs(places[each.name] - places[layer.name]))

    @classmethod
    def from_json(cls, text: str) -> ModelInfo:
        """The record that `to_json` wrote; KeyError or TypeError for any other."""
        record = json.loads(text)
        classifier = record.get("classifier")
        return cls(
            name=record["name"],
            weights=record["weights"],
            input=InputInfo(**_tuples(record["input"])),
            layers=tuple(LayerInfo(**layer) for layer in record["layers"]),
            classifier=ClassifierInfo(**_tuples(classifier)) if classifier else None,
        )


def _tuples(record: dict[str, Any]) -> dict[str, Any]:
    """JSON has no tuples."""
    return {key: tuple(value) if isinstance(value, list) else value for key, value in record.items()}


@dataclass(frozen=True, slots=True)
class Network:
    """A stored network: what is known about it, its file, and the SHA-256 of the file."""

    info: ModelInfo = field(hash=False)  # long, and looked up many times for each frame
    path: Path
    digest: str


SOMETHING_ELSE = "something else"
"""The label of a class for pictures that show none of the other classes; the show says nothing then."""

CLASSES = "classes"  # in place of the name of a layer: the logits of the classifier, one channel for each class
