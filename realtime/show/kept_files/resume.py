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

LONGEST = 1_000_000  # bytes of a file of values
ALWAYS = ("show/view", "show/layer")  # what a show without a choice does not begin with


def kept_values(controls: Controls) -> bytes:
    """What people have chosen, the view and the layer, as a preset."""
    values, chosen = controls.state()
    return as_preset({path: value for path, value in values.items() if path in chosen or path in ALWAYS}).encode()


def check_kept_values(path: Path) -> None:
    """Raise OutputError for a file of somebody else, which values must not replace; it may be missing or empty."""
    if (path.exists() or path.is_symlink()) and not _holds_values(path):
        raise OutputError(f"{path} holds no values of a show, and is left alone; choose another file for --resume")


def _holds_values(path: Path) -> bool:
    """Whether a file is TOML with tables of single values, and nothing else."""
    try:
        if not path.is_file() or path.stat().st_size > LONGEST:
            return False
        groups = tomllib.loads(path.read_text("utf-8")).values()
    except (OSError, ValueError, RecursionError):
        return False
    tables = [group for group in groups if isinstance(group, dict)]
    single = not any(isinstance(value, dict | list) for table in tables for value in table.values())
    return len(tables) == len(groups) and single


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
