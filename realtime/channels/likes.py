"""The picture that a channel likes best, made in the background and kept in the cache."""

import logging
from functools import partial

from models.errors import VentralError
from models.spec import LayerInfo, Network
from realtime.channels.portraits import portrait_image
from realtime.imaging.frame import Image
from realtime.inference.engine import Engine, GraphError
from realtime.threads.background_result import BackgroundResult

log = logging.getLogger(__name__)

KEPT = 64  # pictures in memory

Key = tuple[str, int]
"""A layer and a channel."""


class ChannelLikes:
    """The pictures of one network; one is made at a time."""

    def __init__(self, engine: Engine, network: Network) -> None:
        self._engine, self._network = engine, network
        self._pictures: dict[Key, Image | None] = {}
        self._request = BackgroundResult[tuple[Key, Image | None]]()

    def picture(self, layer: LayerInfo, channel: int) -> Image | None:
        """The picture of a channel; None while it is being made, or where it cannot be."""
        key = layer.name, channel
        if key not in self._pictures and self._request.idle:
            self._request.send(self._engine.start(partial(self._find, key)))
        done = self._request.take()
        if done is not None:
            self._pictures[done[0]] = done[1]
            while len(self._pictures) > KEPT:
                del self._pictures[next(iter(self._pictures))]
        return self._pictures.get(key)

    def _find(self, key: Key) -> tuple[Key, Image | None]:
        """The picture; None where the network has no gradient there."""
        name, channel = key
        try:
            layer = self._network.info.layer(name)
            return key, portrait_image(self._engine, self._network, layer, channel)
        except (VentralError, GraphError) as error:
            log.warning("no picture of channel %d of %s: %s", channel, name, error)
            return key, None
