"""The network and the options of a command, with those saved in an earlier picture where none are given."""

import dataclasses
from collections.abc import Collection
from pathlib import Path
from typing import Any, TypeVar

from models.errors import ModelError, SettingError
from models.files import digest_file
from models.spec import Network
from realtime.saved_settings.show_record import find_beside, find_model, public_model, version
from realtime.show.options import NetworkOptions
from scripts.common.saved_settings import SavedSettings, fill_options, given_options, read_settings

Options = TypeVar("Options")

REPLACED_BY_CLASS = ("layer", "channel", "unit", "guide")  # the options that --class replaces

INPUT_OPTIONS = ("colours", "mean", "scale")
"""The options of the network's input: they belong to the saved network, and are not saved beside its file."""

NOT_SAVED = ("provider", "labels")  # the options that do not change the picture


def reuse_settings(
    path: Path | None, command: str, options: Options, network_options: NetworkOptions
) -> tuple[Options, NetworkOptions, Network]:
    """The options, filled in from the picture at `path` if there is one, and the open network.

    Raises SettingError if it has no settings of `command`, or if its network or guide has changed since.
    """
    if path is None:
        return options, network_options, network_options.open()
    settings = read_settings(path, command)
    _check_names(path, settings, options, network_options)
    settings = _found(settings.without((*_replaced(options), *NOT_SAVED)), path)
    filled = fill_options(options, path, settings)
    _check_files(path, settings.without(given_options(options)), filled)
    return filled, *_open_network(path, settings, network_options)


def _found(settings: SavedSettings, path: Path) -> SavedSettings:
    """The settings with paths for the files that they name: beside the file at `path`, or in the present folder."""
    found = {name: find_beside(str(settings.options[name]), path) for name in settings.files.keys() & settings.options}
    if "model" in settings.options:
        found["model"] = find_model(str(settings.options["model"]), path)
    return dataclasses.replace(settings, options={**settings.options, **found})


def _check_names(path: Path, settings: SavedSettings, *records: Any) -> None:
    """Raise SettingError for an unknown setting: without it the picture would differ."""
    known = {field.name for record in records for field in dataclasses.fields(record)}
    if unknown := sorted(settings.options.keys() - known):
        raise SettingError(f"{path} has settings that this version does not know: {', '.join(unknown)}")


def _replaced(options: Any) -> Collection[str]:
    """The saved options that a given one replaces: --class replaces layers and channels, and they replace it."""
    given = given_options(options).keys()
    if "class_" in given:
        return REPLACED_BY_CLASS
    return ("class_",) if given & set(REPLACED_BY_CLASS) else ()


def _check_files(path: Path, settings: SavedSettings, options: Any) -> None:
    for name in settings.files.keys() & settings.options.keys():
        file = getattr(options, name)
        if file.is_file() and digest_file(file) != settings.files[name]:
            raise SettingError(f"{file} has changed since {path} was made; choose a {name} with --{name}")


def _open_network(
    path: Path, settings: SavedSettings, network_options: NetworkOptions
) -> tuple[NetworkOptions, Network]:
    """The saved network with its saved input options, or another one that --model names, with its own."""
    chosen = fill_options(network_options, path, settings.without(INPUT_OPTIONS))
    try:
        network = chosen.open()
    except ModelError as error:
        if network_options.model != "auto":
            raise
        raise ModelError(f"the network of {path} cannot be opened; choose one with --model ({error})") from error
    if network.digest == settings.digest:
        chosen = fill_options(chosen, path, settings)
        return chosen, dataclasses.replace(network, info=chosen.overrides.apply(network.info))
    if network_options.model == "auto":
        raise SettingError(f"{network.info.name} has changed since {path} was made; choose a network with --model")
    return chosen, network


def settings_of(command: str, network: Network, network_options: NetworkOptions, **options: Any) -> SavedSettings:
    """The settings to save: "auto" is replaced by the network's name, and files have names without folders."""
    model = public_model(network_options.model, network)
    given = {name: value.resolve().name if isinstance(value, Path) else value for name, value in options.items()}
    values = given_options(dataclasses.replace(network_options, model=model)) | _input_options(network) | given
    values = {name: value for name, value in values.items() if value is not None and name not in NOT_SAVED}
    files = {name: digest_file(value) for name, value in options.items() if isinstance(value, Path)}
    return SavedSettings(command, network.digest, values, files, version())


def _input_options(network: Network) -> dict[str, str]:
    """The input options that apply, as the command line takes them; another machine may not have them saved."""
    info = network.info.input
    mean, scale = (",".join(str(float(value)) for value in values) for values in (info.mean, info.scale))
    return {"colours": info.colours, "mean": mean, "scale": scale}
