"""What a channel likes best, found in the background and kept in the cache."""

import logging
from functools import partial

from models.errors import VentralError
from models.spec import LayerInfo, Network
from realtime.channels.portraits import Portrait, portrait
from realtime.inference.engine import Engine, GraphError
from realtime.threads.background_result import BackgroundResult

log = logging.getLogger(__name__)

KEPT = 64  # portraits in memory

Key = tuple[str, int]
"""A layer and a channel."""


class ChannelLikes:
    """The portraits of the channels of one network; one is made at a time."""

    def __init__(self, engine: Engine, network: Network) -> None:
        self._engine, self._network = engine, network
        self._portraits: dict[Key, Portrait | None] = {}
        self._request = BackgroundResult[tuple[Key, Portrait | None]]()

    def portrait(self, layer: LayerInfo, channel: int) -> Portrait | None:
        """The portrait of a channel; None while it is being made, or where it cannot be."""
        key = layer.name, channel
        if key not in self._portraits and self._request.idle:
            self._request.send(self._engine.start(partial(self._find, key)))
        done = self._request.take()
        if done is not None:
            self._portraits[done[0]] = done[1]
            while len(self._portraits) > KEPT:
                del self._portraits[next(iter(self._portraits))]
        return self._portraits.get(key)

    def has_none(self, layer: LayerInfo, channel: int) -> bool:
        """Whether the portrait of a channel cannot be made."""
        return self._portraits.get((layer.name, channel), ...) is None

    def _find(self, key: Key) -> tuple[Key, Portrait | None]:
        """The portrait; None where the network has no gradient there."""
        name, channel = key
        try:
            layer = self._network.info.layer(name)
            return key, portrait(self._engine, self._network, layer, channel)
        except (VentralError, GraphError) as error:
            log.warning("no picture of channel %d of %s: %s", channel, name, error)
            return key, None
