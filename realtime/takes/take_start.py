"""How a show began whose take is kept: its network, its options and its values."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import metadata
from typing import Any, TypeAlias

from models.spec import ModelInfo, Network
from realtime.takes.take_file import Values, checked_values

Depth: TypeAlias = tuple[float, float]
"""The stride of a layer in pixels, and its place among the layers of that stride, from 0 to 1."""

LONGEST = 2_000_000  # characters of the record


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeStart:
    """What is kept once in a take. No path of the machine is in it: a network is known by its name and its digest.

    `layers` says how deep every layer is, so that another network can show a similar one. `options` are those of the
    command line that change the picture.
    """

    model: str
    digest: str
    layers: Mapping[str, Depth]
    options: Mapping[str, str | int]
    source: str
    fps: float
    values: Values
    version: str = ""

    @classmethod
    def of(
        cls, network: Network, *, options: Mapping[str, str | int | None], source: str, fps: float, values: Values
    ) -> TakeStart:
        """The start of a show with that network; options that are None are left out."""
        return cls(
            version=metadata.version("ventral"),
            model=network.info.name,
            digest=network.digest,
            layers=depths(network.info),
            options={name: value for name, value in options.items() if value is not None},
            source=source,
            fps=fps,
            values=values,
        )

    def to_json(self) -> str:
        """The record as text."""
        return json.dumps({each.name: getattr(self, each.name) for each in dataclasses.fields(self)})

    @classmethod
    def from_json(cls, text: str) -> TakeStart:
        """The record that `to_json` wrote; KeyError, TypeError or ValueError for any other text."""
        if len(text) > LONGEST:
            raise ValueError("the record is too long")
        record: dict[str, Any] = json.loads(text)
        return cls(
            version=str(record.get("version", "")),
            model=str(record["model"]),
            digest=str(record["digest"]),
            layers={str(name): _depth(*depth) for name, depth in record["layers"].items()},
            options={str(name): _plain(value) for name, value in record["options"].items()},
            source=str(record["source"]),
            fps=min(max(float(record["fps"]), 1.0), 240.0),
            values=checked_values(record["values"]),
        )


def depths(info: ModelInfo) -> dict[str, Depth]:
    """How deep each layer of a network is."""
    found = dict[str, Depth]()
    for layer in info.layers:
        alike = [each.name for each in info.layers if each.stride == layer.stride]
        place = alike.index(layer.name) / max(len(alike) - 1, 1)
        found[layer.name] = float(layer.stride), round(place, 4)
    return found


def _plain(value: Any) -> str | int:
    if not isinstance(value, str | int):
        raise TypeError("expected a text or a number")
    return value


def _depth(stride: Any, place: Any) -> Depth:
    return min(max(float(stride), 1.0), 4096.0), float(place)
