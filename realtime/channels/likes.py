"""The picture that a channel likes best, made in the background and kept in the cache."""

import hashlib
import logging
from functools import partial
from pathlib import Path

import cv2
import numpy as np

from models.errors import OutputError, VentralError
from models.spec import Hw, LayerInfo, Network
from models.zoo import cache_folder
from realtime.dreams.maximize import Target, maximize, with_deconv_fallback
from realtime.imaging.frame import Image
from realtime.imaging.png import write_png
from realtime.inference.engine import Engine, GraphError
from realtime.threads.background_result import BackgroundResult

log = logging.getLogger(__name__)

SIDE, STEPS = 160, 96  # pixels, and steps of gradient ascent: one to a few seconds
KEPT = 64  # pictures in memory
VERSION = 1  # of the way in which they are made

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
        """Read the picture from the cache, or make it; None where the network has no gradient there."""
        path = self._path(key)
        kept = cv2.imread(str(path)) if path.exists() else None
        if kept is not None:
            return key, np.asarray(kept, np.uint8)
        try:
            picture = self._make(key)
        except (VentralError, GraphError) as error:
            log.warning("no picture of channel %d of %s: %s", key[1], key[0], error)
            return key, None
        try:
            write_png(path, picture)
        except OutputError as error:
            log.warning("%s", error)
        return key, picture

    def _make(self, key: Key) -> Image:
        layer, channel = key
        gradient = Target(layer, channel, layer).gradient(self._engine, self._network)
        rng = np.random.default_rng(channel)
        picture, _ = maximize(with_deconv_fallback(gradient), self._size_hw(layer), STEPS, rng, advance=lambda: None)
        return picture

    def _size_hw(self, layer: str) -> Hw:
        info = self._network.info
        side = max(SIDE, info.input.smallest, info.layer(layer).stride)
        return info.input.fixed_hw or (side, side)

    def _path(self, key: Key) -> Path:
        name = hashlib.sha256(f"{self._network.digest} {key} {SIDE} {STEPS} {VERSION}".encode()).hexdigest()[:32]
        return cache_folder() / "likes" / f"{name}.png"
