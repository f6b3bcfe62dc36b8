"""What `ventral dream` and `ventral maximize` share: the network, and settings taken from a picture made before."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any, TypeVar

from models.errors import ModelError, SettingError
from models.spec import Network
from models.zoo import BUNDLED, ZOO
from realtime.config import NetworkChoice
from realtime.sheets.recipe import Recipe, filled, read_recipe, said

Options = TypeVar("Options")

RIVALS = ("layer", "channel", "unit", "guide")
"""What a class stands instead of."""

ELSEWHERE = ("provider", "labels")
"""What does not change the picture."""


def as_before(
    path: Path | None, command: str, options: Options, choice: NetworkChoice
) -> tuple[Options, NetworkChoice, Network]:
    """The options, the network chosen and the network, as in the picture at `path` where nothing else was said.

    Raises SettingError when it holds no settings of `command`, or was made with another network of that name.
    """
    if path is None:
        return options, choice, choice.open()
    recipe = _without_rivals(read_recipe(path, command), options)
    chosen = filled(choice, path, recipe)
    try:
        network = chosen.open()
    except ModelError as error:
        if choice.model != "auto":
            raise
        raise ModelError(f"{path} was made with a network that is not here; name it with --model ({error})") from error
    if choice.model == "auto" and network.digest != recipe.digest:
        raise SettingError(f"{path} was not made with the present {network.info.name}; name the network with --model")
    return filled(options, path, recipe), chosen, network


def _without_rivals(recipe: Recipe, options: Any) -> Recipe:
    """The recipe without a class where a layer or channel is asked for now, and the other way round."""
    given = said(options).keys()
    dropped = set(RIVALS) if "class_" in given else {"class_"} if given & set(RIVALS) else set()
    return dataclasses.replace(recipe, options={n: each for n, each in recipe.options.items() if n not in dropped})


def recipe_of(command: str, network: Network, choice: NetworkChoice, **options: Any) -> Recipe:
    """What a picture is made from; "auto" is called by its name."""
    known = network.info.name in ZOO or network.info.name == BUNDLED
    named = dataclasses.replace(choice, model=network.info.name) if choice.model == "auto" and known else choice
    kept = {name: value for name, value in said(named).items() if name not in ELSEWHERE}
    return Recipe(command, network.digest, kept | {name: value for name, value in options.items() if value is not None})
