"""The values of a show in a file, with which the next one begins: after a crash it goes on as it was."""

import json
import logging
import tomllib
from pathlib import Path

from models.errors import OutputError, SettingError
from realtime.controls.controls import Controls
from realtime.controls.read_preset import read_preset
from realtime.controls.value import Scalar

log = logging.getLogger(__name__)

ALWAYS = ("show/view", "show/layer")  # what a show without a choice does not begin with


def kept_values(controls: Controls) -> bytes:
    """What people have chosen, the view and the layer, as a preset."""
    values, chosen = controls.state()
    return as_preset({path: value for path, value in values.items() if path in chosen or path in ALWAYS}).encode()


def check_kept_values(path: Path) -> None:
    """Raise OutputError for a file of somebody else, which values must not replace; it may be missing or empty."""
    if not path.exists() and not path.is_symlink():
        return
    try:
        groups = tomllib.loads(path.read_text("utf-8")) if path.is_file() else {"": ""}
    except (OSError, ValueError, RecursionError):
        groups = {"": ""}
    if not all(isinstance(group, dict) and not any(map(_is_nested, group.values())) for group in groups.values()):
        raise OutputError(f"{path} holds no values of a show, and is left alone; choose another file for --resume")


def _is_nested(value: object) -> bool:
    return isinstance(value, dict | list)


def resume(path: Path, controls: Controls) -> None:
    """Set the values that a show has left in `path`; a file that is missing or damaged is passed over."""
    if not path.exists():
        return
    before, kept = controls.state(), dict[str, Scalar]()
    try:
        for name, value in read_preset(str(path)):
            controls.set(name, value)
            kept[name] = controls.value(name)
    except SettingError as error:
        log.warning("%s", error)
        controls.restore(before)
        return
    values, chosen = controls.state()
    controls.restore(({**values, **kept}, chosen | kept.keys()))  # a rule may have changed one that was set before


def as_preset(values: dict[str, Scalar]) -> str:
    """Values by path as a TOML file with a table per group."""
    groups: dict[str, list[str]] = {}
    for path, value in sorted(values.items()):
        group, _, name = path.partition("/")
        groups.setdefault(group, []).append(f"{name} = {json.dumps(value)}")  # for these types TOML is JSON
    return "\n".join(f"[{group}]\n" + "\n".join(lines) + "\n" for group, lines in groups.items())
