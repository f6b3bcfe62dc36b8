"""Presets: files of controls, a TOML table per group; those beside this file are known by name."""

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from models.errors import SettingError

SHIPPED = {file.stem: file for file in sorted(Path(__file__).parent.glob("*.toml"))}
"""The presets that come with the program, by name."""


def words(name: str) -> str:
    """What a shipped preset says of itself: the comment that it begins with."""
    return SHIPPED[name].read_text(encoding="utf-8").partition("\n")[0].lstrip("# ")


def read_preset(text: str) -> Iterator[tuple[str, Any]]:
    """The controls of a preset, by its name or its file: their paths and values; SettingError when it is none."""
    file = SHIPPED.get(text, Path(text))
    try:
        if file.exists() and not file.is_file():
            raise OSError("it is not a file")
        groups = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        reason = getattr(error, "strerror", None) or error
        raise SettingError(
            f"cannot read the preset {file}: {reason}; expected {', '.join(SHIPPED)},"
            " or a TOML file such as: [tiles] contrast = 2"
        ) from error
    for group, entries in groups.items():
        if not isinstance(entries, dict):
            raise SettingError(
                f"preset {file}: '{group}' stands outside a table; expected [group] and then name = value"
            )
        for name, value in entries.items():
            yield f"{group}/{name}", value if isinstance(value, str) else str(value)
