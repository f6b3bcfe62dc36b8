"""What `ventral dream` and `ventral maximize` share: the network, and settings taken from a picture made before."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection
from pathlib import Path
from typing import Any, TypeVar

from models.errors import ModelError, SettingError
from models.files import digest_file
from models.spec import Network
from models.zoo import BUNDLED, ZOO
from realtime.show.config import NetworkOptions
from scripts.common.saved_settings import SavedSettings, filled, read_settings, said

Options = TypeVar("Options")

RIVALS = ("layer", "channel", "unit", "guide")
"""What a class stands instead of."""

FED = ("colours", "mean", "scale")
"""What a network is fed with: it belongs to that network alone, and is not remembered for it."""

ELSEWHERE = ("provider", "labels")
"""What does not change the picture."""


def reuse_settings(
    path: Path | None, command: str, options: Options, choice: NetworkOptions
) -> tuple[Options, NetworkOptions, Network]:
    """The options, the network chosen and the network, as in the picture at `path` where nothing else was said.

    Raises SettingError when it holds no settings of `command`, or was made with another network or guide of that name.
    """
    if path is None:
        return options, choice, choice.open()
    recipe = read_settings(path, command)
    _refuse_unknown(path, recipe, options, choice)
    recipe = recipe.without((*_rivals(options), *ELSEWHERE))
    settled = filled(options, path, recipe)
    _check_files(path, recipe.without(said(options)), settled)
    return settled, *_network(path, recipe, choice)


def _refuse_unknown(path: Path, recipe: SavedSettings, *records: Any) -> None:
    """A setting that is passed over would make another picture."""
    known = {field.name for record in records for field in dataclasses.fields(record)}
    if unknown := sorted(recipe.options.keys() - known):
        raise SettingError(f"{path} holds settings that this version does not know: {', '.join(unknown)}")


def _rivals(options: Any) -> Collection[str]:
    """What of a recipe has no say: a class where a layer or channel is asked for now, and the other way round."""
    given = said(options).keys()
    if "class_" in given:
        return RIVALS
    return ("class_",) if given & set(RIVALS) else ()


def _check_files(path: Path, recipe: SavedSettings, options: Any) -> None:
    for name in recipe.files.keys() & recipe.options.keys():
        file = getattr(options, name)
        if file.is_file() and digest_file(file) != recipe.files[name]:
            raise SettingError(f"{file} is not the {name} that {path} was made with; name it with --{name}")


def _network(path: Path, recipe: SavedSettings, choice: NetworkOptions) -> tuple[NetworkOptions, Network]:
    """The network of the recipe, fed as then; another one that was asked for, fed as is its own."""
    chosen = filled(choice, path, recipe.without(FED))
    try:
        network = chosen.open()
    except ModelError as error:
        if choice.model != "auto":
            raise
        raise ModelError(f"{path} was made with a network that is not here; name it with --model ({error})") from error
    if network.digest == recipe.digest:
        chosen = filled(chosen, path, recipe)
        return chosen, dataclasses.replace(network, info=chosen.hints.apply(network.info))
    if choice.model == "auto":
        raise SettingError(f"{path} was not made with the present {network.info.name}; name the network with --model")
    return chosen, network


def settings_of(command: str, network: Network, choice: NetworkOptions, **options: Any) -> SavedSettings:
    """What a picture is made from; "auto" is called by its name, and a file by its whole path."""
    model = network.info.name if choice.model == "auto" else choice.model
    whereabouts = model if model in (*ZOO, BUNDLED) else str(Path(model).resolve())
    named = dataclasses.replace(choice, model=whereabouts)
    given = {name: value.resolve() if isinstance(value, Path) else value for name, value in options.items()}
    kept = {name: value for name, value in (said(named) | _fed(network) | given).items() if value is not None}
    files = {name: digest_file(value) for name, value in given.items() if isinstance(value, Path)}
    return SavedSettings(command, network.digest, {name: kept[name] for name in kept if name not in ELSEWHERE}, files)


def _fed(network: Network) -> dict[str, str]:
    """What the network is fed with, as the command line takes it; who follows may not remember what was said."""
    info = network.info.input
    mean, scale = (",".join(str(float(value)) for value in values) for values in (info.mean, info.scale))
    return {"colours": info.colours, "mean": mean, "scale": scale}
