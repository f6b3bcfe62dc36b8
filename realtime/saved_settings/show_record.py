"""How a show was set: its network, its options and its values, as text inside its takes, films and pictures."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any, TypeAlias

from models.importing.open_network import NAMES
from models.spec import ModelInfo, Network
from models.zoo import BUNDLED
from realtime.controls.value import Scalar

Values: TypeAlias = Mapping[str, Scalar]
"""Values of controls by path."""

Depth: TypeAlias = tuple[float, float]
"""The stride of a layer in pixels, and its place among the layers of that stride, from 0 to 1."""

COMMANDS = ("live", "render")
"""The commands whose files have such a record."""

LONGEST = 2_000_000  # characters of the record


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowRecord:
    """What is known of a show. No path of the machine is in it: a network is known by its name and its digest.

    `layers` says how deep layers are, so that another network can show similar ones. `options` are those of the
    command line that change the picture.
    """

    command: str
    model: str
    digest: str
    layers: Mapping[str, Depth]
    options: Mapping[str, str | int]
    source: str
    fps: float
    values: Values
    version: str = ""

    def with_values(self, values: Values) -> ShowRecord:
        """The same show with other values, for a file that needs only the layer which is shown."""
        layer = str(values.get("show/layer", ""))
        layers = {name: depth for name, depth in self.layers.items() if name == layer}
        return dataclasses.replace(self, values=values, layers=layers)

    def to_json(self) -> str:
        """The record as text."""
        return json.dumps({each.name: getattr(self, each.name) for each in dataclasses.fields(self)})

    @classmethod
    def from_json(cls, text: str) -> ShowRecord:
        """The record that `to_json` wrote; KeyError, TypeError or ValueError for any other text."""
        if len(text) > LONGEST:
            raise ValueError("the record is too long")
        record: dict[str, Any] = json.loads(text)
        return cls(
            command=str(record["command"]),
            version=str(record.get("version", "")),
            model=str(record["model"]),
            digest=str(record["digest"]),
            layers={str(name): _depth(*depth) for name, depth in record["layers"].items()},
            options={str(name): _plain(value) for name, value in record["options"].items()},
            source=str(record["source"]),
            fps=min(max(float(record["fps"]), 1.0), 240.0),
            values=checked_values(record["values"]),
        )


def show_record(
    command: str, network: Network, model: str, options: Mapping[str, str | int | None], *, source: str, fps: float
) -> ShowRecord:
    """The record of a show with a network that was opened as `model`; options that are None are left out."""
    return ShowRecord(
        command=command,
        version=version(),
        model=public_model(model, network),
        digest=network.digest,
        layers=depths(network.info),
        options={name: value for name, value in options.items() if value is not None},
        source=source,
        fps=fps,
        values={},
    )


def version() -> str:
    """The version of this program."""
    return metadata.version("ventral")


def public_model(model: str, network: Network) -> str:
    """The name by which a network is known elsewhere: without the folder of its file."""
    name = network.info.name if model == "auto" else model
    return name if name in (*NAMES, BUNDLED) else Path(name).resolve().name


def find_beside(name: str, file: Path) -> str:
    """The path of what is called `name`: beside `file`, or else in the present folder."""
    beside = file.parent / Path(name).name
    return str(beside) if beside.exists() else Path(name).name


def find_model(model: str, file: Path) -> str:
    """What `--model` takes for a network that is called `model` in the settings inside `file`."""
    return model if model in (*NAMES, BUNDLED) else find_beside(model, file)


def checked_values(values: Any) -> dict[str, Scalar]:
    """A JSON object with values of controls; TypeError for anything else. Their ranges are not checked."""
    if not isinstance(values, dict) or not all(isinstance(each, bool | int | float | str) for each in values.values()):
        raise TypeError("expected values by path")
    return values


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
