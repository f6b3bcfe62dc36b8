"""A take as the source of `ventral render`: its network, its options and its values."""

import dataclasses
import logging
from pathlib import Path

from models.errors import ModelError
from models.importing.open_network import NAMES
from models.zoo import BUNDLED
from realtime.capture.films.clip import Clip
from realtime.show.options import RenderOptions
from realtime.show.setup import RenderSetup
from realtime.takes.playback import Playback
from realtime.takes.take_film import open_take
from realtime.takes.take_start import TakeStart
from scripts.common.saved_settings import SavedSettings, fill_options

log = logging.getLogger(__name__)

PLAYED = ("canvas", "size", "precision")
"""The options that a take may set: none of them names a file."""


def options_of_take(take: TakeStart, options: RenderOptions, source: str) -> RenderOptions:
    """The options, with those of the show where none are given; ModelError when its network must be named."""
    path = Path(source)
    saved = {name: value for name, value in take.options.items() if name in PLAYED}
    options = fill_options(options, path, SavedSettings("live", take.digest, saved))
    if options.model != "auto":
        return options
    if take.model not in (*NAMES, BUNDLED):
        raise ModelError(f"{path.name} was made with the network {take.model}; name its file, or another one: --model")
    return dataclasses.replace(options, model=take.model)


def play(source: str, take: TakeStart, setup: RenderSetup) -> Clip:
    """Open the take, which sets the controls as it plays; values that the options have set stay."""
    path, info = Path(source), setup.network.info
    if setup.network.digest != take.digest:
        log.info("%s was made with %s; %s draws it now", path.name, _network(take, setup), info.name)
    return open_take(path, Playback(setup.controls, info, take, name=path.name).show)


def _network(take: TakeStart, setup: RenderSetup) -> str:
    return f"another {take.model}" if take.model == setup.network.info.name else take.model
