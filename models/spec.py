"""Frozen facts about networks and about the graphs made from them; standard library only."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias

from models.errors import ModelError

Hw: TypeAlias = tuple[int, int]
"""A size in array order: height, width."""

Colours: TypeAlias = Literal["BGR", "RGB", "GREY"]
"""The order of the colours of a pixel."""

INPUT = "input"
"""The name of a stored network's input: float (1, colours, height, width)."""

CARD = "ventral"
"""The metadata key under which a stored network keeps its ModelInfo."""


@dataclass(frozen=True, slots=True)
class LayerInfo:
    """One layer that can be shown: the tensor of that name, after its activation.

    `stride` is the number of input pixels per step; `block` counts the stages of the network from 1: its layers
    have one stride. The keys stop at landmarks; what lies between them is reached by its name.
    """

    name: str
    channels: int
    stride: int
    block: int
    landmark: bool = True


@dataclass(frozen=True, slots=True)
class InputInfo:
    """What a network wants to be fed: tensor = (pixel - mean) * scale, pixels 0..255 in `colours` order.

    `mean` and `scale` have one number for each colour; grey is one colour.
    """

    colours: Colours = "BGR"
    mean: tuple[float, ...] = (0.0, 0.0, 0.0)
    scale: tuple[float, ...] = (1.0, 1.0, 1.0)
    smallest: int = 32
    """Pixels of the shortest side that the network accepts."""
    fixed_hw: Hw | None = None
    """The one size that the network accepts, when there is but one."""


@dataclass(frozen=True, slots=True)
class ClassifierInfo:
    """What names the whole picture: two tensors (1, classes), and a label for each class.

    It was trained on pictures of `size_hw`. A large one lies apart, in `file` beside the network's, whose SHA-256
    is `digest`: a graph of its own, whose input is the network's tensor `features`.
    """

    logits: str
    probabilities: str
    labels: tuple[str, ...]
    size_hw: Hw = (224, 224)
    file: str = ""
    digest: str = ""
    features: str = ""


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
        """Whether the weights were learned; seeded ones are called "none"."""
        return self.weights != "none"

    def layer(self, name: str) -> LayerInfo:
        """The layer called `name`, or a ModelError that lists the layers there are."""
        for layer in self.layers:
            if layer.name == name:
                return layer
        raise ModelError(
            f"layer '{name}' is not in {self.name}; its layers are {self.layers[0].name} ... {self.layers[-1].name}"
            f" (see: ventral layers {self.name})"
        )

    def to_json(self) -> str:
        """The record as JSON, as it is kept in the metadata of a stored network."""
        return json.dumps(dataclasses.asdict(self))

    @property
    def scores(self) -> ClassifierInfo:
        """The classifier, or a ModelError when there is none."""
        if self.classifier is None:
            raise ModelError(f"{self.name} has no classifier; expected a network that names what it sees")
        return self.classifier

    @property
    def landmarks(self) -> tuple[LayerInfo, ...]:
        """The layers that the keys stop at, in forward order."""
        return tuple(layer for layer in self.layers if layer.landmark)

    def around(self, layer: LayerInfo) -> list[LayerInfo]:
        """The layers that the keys stop at, the nearest to `layer` first."""
        place = self.layers.index
        return sorted(self.landmarks, key=lambda each: abs(place(each) - place(layer)))

    @classmethod
    def from_json(cls, text: str) -> ModelInfo:
        """The record that `to_json` wrote; KeyError or TypeError for another."""
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
    """A stored network: its facts, its file, and that file's SHA-256."""

    info: ModelInfo
    path: Path
    digest: str


CLASSES = "classes"
"""Stands for the classifier where a layer may be named: its logits, one channel for each class."""
