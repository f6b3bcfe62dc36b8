"""Reads presets: TOML files with a table per group of values."""

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from models.errors import SettingError

SHIPPED = {file.stem: file for file in sorted((Path(__file__).parent / "presets").glob("*.toml"))}
"""The presets that come with the program, by name."""


def preset_description(name: str) -> str:
    """The description of a shipped preset: the comment in its first line."""
    return SHIPPED[name].read_text(encoding="utf-8").partition("\n")[0].lstrip("# ")


def read_preset(text: str) -> Iterator[tuple[str, Any]]:
    """The paths and values in a preset, given by its name or its file; SettingError when it cannot be read."""
    file = SHIPPED.get(text, Path(text))
    for group, entries in _tables(file).items():
        if not isinstance(entries, dict):
            raise SettingError(f"{file}: '{group}' is not in a table; put it below a line such as [tiles]")
        for name, value in entries.items():
            yield f"{group}/{name}", value if isinstance(value, str) else str(value)


def _tables(file: Path) -> dict[str, Any]:
    try:
        if file.exists() and not file.is_file():
            raise OSError(None, "it is not a file")
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        names = ", ".join(SHIPPED)
        raise SettingError(
            f"there is no preset '{file}', and no file of that name; expected {names}, or a TOML file"
        ) from error
    except OSError as error:
        raise SettingError(f"cannot read the preset '{file}': {error.strerror}; expected a TOML file") from error
    except (ValueError, RecursionError) as error:
        raise SettingError(
            f"'{file}' is not valid TOML: {error}; expected lines such as [tiles] and below it contrast = 2"
        ) from error
