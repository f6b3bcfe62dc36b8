"""Frozen facts about networks and about the graphs made from them; standard library only."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from models.errors import ModelError

Hw: TypeAlias = tuple[int, int]
"""A size in array order: height, width."""

INPUT = "input"
"""The name of a stored network's input: float (1, 3, height, width)."""

CARD = "ventral"
"""The metadata key under which a stored network keeps its ModelInfo."""


@dataclass(frozen=True, slots=True)
class LayerInfo:
    """One layer that can be shown: the tensor of that name, after its activation.

    `stride` is the number of input pixels per step; `block` counts the stages of the network from 1.
    """

    name: str
    channels: int
    stride: int
    block: int


@dataclass(frozen=True, slots=True)
class InputInfo:
    """What a network wants to be fed: tensor = (pixel - mean) * scale, pixels 0..255 in `colours` order."""

    colours: Literal["BGR", "RGB"] = "BGR"
    mean: tuple[float, float, float] = (0.0, 0.0, 0.0)
    scale: tuple[float, float, float] = (1.0, 1.0, 1.0)
    smallest: int = 32
    """Pixels of the shortest side that the network accepts."""


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """A network's name, the origin of its weights, its input and its layers in forward order."""

    name: str
    weights: str
    input: InputInfo
    layers: tuple[LayerInfo, ...]

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

    @classmethod
    def from_json(cls, text: str) -> ModelInfo:
        """The record that `to_json` wrote."""
        record = json.loads(text)
        numbers = record["input"]
        return cls(
            name=record["name"],
            weights=record["weights"],
            input=InputInfo(
                **{
                    **numbers,
                    "mean": tuple(numbers["mean"]),
                    "scale": tuple(numbers["scale"]),
                }  # JSON has no tuples
            ),
            layers=tuple(LayerInfo(**layer) for layer in record["layers"]),
        )


@dataclass(frozen=True, slots=True)
class Network:
    """A stored network: its facts, its file, and that file's SHA-256."""

    info: ModelInfo
    path: Path
    digest: str


@dataclass(frozen=True, slots=True)
class Grid:
    """Tiles on a panel: `rows` x `cols` cells of `cell_hw` pixels, `gap` apart, centred in `panel_hw`."""

    rows: int
    cols: int
    cell_hw: Hw
    gap: int
    panel_hw: Hw

    def corner(self, place: int) -> tuple[int, int]:
        """Left and top of the cell at a place in reading order, in pixels of the panel."""
        (height, width), gap = self.cell_hw, self.gap
        top = (self.panel_hw[0] - self.rows * (height + gap) + gap) // 2
        left = (self.panel_hw[1] - self.cols * (width + gap) + gap) // 2
        row, col = divmod(place, self.cols)
        return left + col * (width + gap), top + row * (height + gap)

    def place(self, x: float, y: float) -> int | None:
        """The place of the cell under a point of the panel, or None."""
        (height, width), (left, top) = self.cell_hw, self.corner(0)
        col, row = int((x - left) // (width + self.gap)), int((y - top) // (height + self.gap))
        return row * self.cols + col if 0 <= col < self.cols and 0 <= row < self.rows else None


@dataclass(frozen=True, slots=True)
class MosaicHead:
    """The channels of one layer as tiles: all of them in order, or the `chosen` many that the feed names.

    One channel large is a mosaic of one.
    """

    layer: str
    grid: Grid
    chosen: int | None = None


@dataclass(frozen=True, slots=True)
class StoryHead:
    """A strip of `grid.cols` chosen channels for each of `layers`, one row a layer, from one pass."""

    layers: tuple[str, ...]
    grid: Grid


Precision: TypeAlias = Literal["fp32"]
"""How exactly a graph computes."""

Head: TypeAlias = MosaicHead | StoryHead


@dataclass(frozen=True, slots=True)
class GraphSpec:
    """All that decides a finished graph: which network, which head, what it is fed, how exact it computes."""

    network: Network
    head: Head
    size_hw: Hw
    precision: Precision = "fp32"
