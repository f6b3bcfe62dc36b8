"""A take as the source of `ventral render`."""

import logging
from pathlib import Path

from realtime.capture.films.clip import Clip
from realtime.saved_settings.show_record import ShowRecord
from realtime.show.setup import RenderSetup
from realtime.takes.playback import Playback
from realtime.takes.take_film import open_take

log = logging.getLogger(__name__)


def play(source: str, take: ShowRecord, setup: RenderSetup) -> Clip:
    """Open the take, which sets the controls as it plays; values that the options have set stay."""
    path, info = Path(source), setup.network.info
    if setup.network.digest != take.digest:
        made_with = f"another network named {take.model}" if take.model == info.name else take.model
        log.info("%s was made with %s; %s draws it now", path.name, made_with, info.name)
    playback = Playback(setup.controls, info, take, name=path.name)
    playback.show(take.values)
    return open_take(path, playback.show)
