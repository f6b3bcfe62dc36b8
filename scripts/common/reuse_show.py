"""The options of a show, with those saved in a file that it made where none are given."""

import dataclasses
from pathlib import Path
from typing import TypeVar

from models.errors import ModelError
from models.importing.open_network import NAMES
from models.zoo import BUNDLED
from realtime.saved_settings.read_show import read_show
from realtime.saved_settings.show_record import ShowRecord, find_model
from realtime.show.options import RenderOptions
from scripts.common.saved_settings import SavedSettings, fill_options

SAVED = ("canvas", "size", "precision")
"""The options that a file may set: none of them names another file."""

Options = TypeVar("Options", bound=RenderOptions)


def reuse_show(options: Options) -> Options:
    """The options, filled in from the file that --like names; SettingError when it has no settings of a show."""
    return options if options.like is None else options_of_show(read_show(options.like), options, options.like)


def options_of_show(record: ShowRecord, options: Options, path: Path) -> Options:
    """The options, with those of the show that made the file at `path` where none are given.

    Raises SettingError for invalid ones, and ModelError when the network must be named.
    """
    saved = {name: value for name, value in record.options.items() if name in SAVED}
    options = fill_options(options, path, SavedSettings(record.command, record.digest, saved))
    if options.model != "auto":
        return options
    model = find_model(record.model, path)
    if model not in (*NAMES, BUNDLED) and not Path(model).exists():
        raise ModelError(
            f"{path.name} was made with the network {record.model}, which is not here; choose one with --model"
        )
    return dataclasses.replace(options, model=model)
