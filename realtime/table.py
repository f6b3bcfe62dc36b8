"""The table of controls of this program, filled in for one network, and how it is set before the show."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from models.errors import SettingError
from models.spec import ModelInfo
from realtime.config import Look
from realtime.controls import Bind, Controls, Known
from realtime.predictor import PredictSettings
from realtime.settings import ActionSettings, RecordSettings, ShowSettings, WindowSettings
from realtime.view import View

DIGITS = range(1, 6)


def make_controls(info: ModelInfo, views: Sequence[View | type[View]]) -> Controls:
    """Every control there is: the show's, those that the views bring, the window's."""
    brought = dict.fromkeys(group for view in views for group in view.settings)
    return Controls(
        (ShowSettings, *brought, PredictSettings, WindowSettings, RecordSettings, ActionSettings),
        {
            "show/view": Known(tuple(view.name for view in views), tuple(view.bind for view in views)),
            "show/layer": Known(
                tuple(layer.name for layer in info.layers),
                tuple(_digits(info)),
                tuple(layer.name for layer in info.landmarks),
            ),
        },
    )


def _digits(info: ModelInfo) -> Iterator[Bind]:
    """A key for the first layer of each of the first blocks."""
    for block in DIGITS:
        first = next((layer.name for layer in info.landmarks if layer.block == block), None)
        if first is not None:
            yield Bind((str(block),), "set", "first layer of block 1 to 5", first)


def configure(controls: Controls, look: Look, info: ModelInfo) -> None:
    """Apply preset, --set, --view and --layer, in this order; SettingError or ModelError for what does not exist."""
    if look.preset is not None:
        for path, value in read_preset(look.preset):
            _assign(controls, path, value)
    for assignment in look.set:
        path, equals, value = assignment.partition("=")
        if not equals:
            raise SettingError(f"--set takes control=value, such as tiles/contrast=2, but got '{assignment}'")
        _assign(controls, path.strip(), value.strip())
    if look.view is not None:
        controls.set("show/view", look.view)
    if look.layer is not None:
        controls.set("show/layer", info.layer(look.layer).name)
    controls.start_here()


def _assign(controls: Controls, path: str, value: str) -> None:
    if path in controls.table and controls.table[path].is_trigger:
        raise SettingError(f"{path} fires by its key and takes no value")
    controls.set(path, value)


def read_preset(file: Path) -> Iterator[tuple[str, Any]]:
    """The controls of a preset: a TOML file with a table per group."""
    try:
        if file.exists() and not file.is_file():
            raise OSError("it is not a file")
        groups = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise SettingError(
            f"cannot read the preset {file}: {error}; expected a TOML file such as: [tiles] contrast = 2"
        ) from error
    for group, entries in groups.items():
        if not isinstance(entries, dict):
            raise SettingError(
                f"preset {file}: '{group}' stands outside a table; expected [group] and then name = value"
            )
        for name, value in entries.items():
            yield f"{group}/{name}", value if isinstance(value, str) else str(value)
