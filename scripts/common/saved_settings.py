"""The settings that made a picture or a film, saved as text inside its file so that they can be used again."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import cyclopts

from models.errors import SettingError
from realtime.saved_settings.read_text import read_text
from scripts.common.cli_errors import explain

NOT_GIVEN = (None, (), "auto")  # the values of an option that was not given

Options = TypeVar("Options")


@dataclass(frozen=True, slots=True)
class SavedSettings:
    """The command, the digest of its network, the options by name, and the digests of the files that they name.

    Networks and files have names without folders.
    """

    command: str
    digest: str
    options: Mapping[str, Any]
    files: Mapping[str, str] = field(default_factory=dict)
    version: str = ""

    def to_json(self) -> str:
        """The settings as text."""
        return json.dumps(dataclasses.asdict(self), default=str)

    def without(self, names: Collection[str]) -> SavedSettings:
        """The settings without some of the options."""
        return dataclasses.replace(self, options={n: each for n, each in self.options.items() if n not in names})


def given_options(options: Any) -> dict[str, Any]:
    """The fields of a dataclass of options that were given."""
    values = {each.name: getattr(options, each.name) for each in dataclasses.fields(options)}
    return {name: value for name, value in values.items() if value not in NOT_GIVEN}


def read_settings(path: Path, command: str) -> SavedSettings:
    """The settings in a picture or a film; SettingError if it has none, or those of another command."""
    expected = f"--like takes a file made by ventral {command}"
    try:
        record = json.loads(read_text(path))
        settings = SavedSettings(
            str(record["command"]), str(record["digest"]), dict(record["options"]), dict(record.get("files", {}))
        )
    except Exception as error:  # the user may name any file, and Pillow raises nearly anything
        reason = f" ({error.strerror})" if isinstance(error, OSError) and error.strerror else ""
        raise SettingError(f"{path} has no saved settings{reason}; {expected}") from error
    if settings.command != command:
        raise SettingError(f"{path} was made by ventral {settings.command}; {expected}")
    return settings


def fill_options(options: Options, path: Path, settings: SavedSettings) -> Options:
    """A dataclass of options, with saved values where none were given; SettingError for values that do not fit."""
    fields = {each.name for each in dataclasses.fields(options)}  # type: ignore[arg-type]
    tokens = [token for name, value in settings.options.items() if name in fields for token in _tokens(name, value)]
    app = cyclopts.App(help_flags=(), version_flags=(), result_action="return_value")
    app.default(type(options))
    try:
        saved = app(tokens, exit_on_error=False, print_error=False)
    except cyclopts.CycloptsError as error:
        raise SettingError(f"{path} has an invalid setting: {explain(error)}") from error
    except SettingError as error:
        raise SettingError(f"{path} has an invalid setting: {error}") from error
    return dataclasses.replace(saved, **given_options(options))  # type: ignore[no-any-return]


def _tokens(name: str, value: Any) -> list[str]:
    """A saved option as the command line takes it."""
    option = name.rstrip("_").replace("_", "-")
    return [f"--{option}={each}" for each in (value if isinstance(value, list) else [value])]
