"""Every channel of one layer as a tile, or the most active ones, or one tile large."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from models.spec import GraphSpec, LayerInfo, MosaicHead
from realtime.controls.value import Bind
from realtime.imaging.colormaps import colour
from realtime.inference.network_input import network_input
from realtime.views.tiles import Gains, MostActive, TileSettings, fill_panel, fullest
from realtime.views.view import Rendered, Scene, Tiles, View


class MosaicView(View):
    """The activations of the chosen layer, tiled inside the graph."""

    name = "mosaic"
    bind = Bind(("m",), "set", "mosaic: every channel of a layer", "mosaic")
    settings = (TileSettings,)

    def __init__(self) -> None:
        self._gains = Gains()
        self._most_active = MostActive()

    def render(self, scene: Scene) -> Rendered:
        """The mosaic of the layer, coloured."""
        settings, layer = scene.settings[TileSettings], scene.layer
        head = _head(scene, layer)
        feeds = {"image": network_input(scene.frame.image, scene.input_hw)}
        for _ in range(1 if self._known(settings, layer) else 2):  # the first picture is lit by its own peaks
            channels = self._channels(settings, layer, head)
            gain = self._gains.gain(layer.name, channels, normalise=settings.normalise)
            chosen = {"channels": channels} if head.chosen else {}
            result = scene.engine.run(scene.graph(head), {**feeds, **chosen, "gain": gain})
            self._gains.learn(layer.name, channels, result["peak"], total=layer.channels)
            if _chooses(settings):
                self._most_active.learn(layer.name, result["energy"])
        image = colour(result["picture"], settings.colormap, settings.contrast)
        return Rendered(image, layer, Tiles.of(head.grid, channels, scene.channel))

    def upcoming(self, scene: Scene) -> Iterable[GraphSpec]:
        """The layers around this one, near before far."""
        return (scene.graph(_head(scene, layer)) for layer in scene.info.around(scene.layer))

    def _known(self, settings: TileSettings, layer: LayerInfo) -> bool:
        chosen_known = not _chooses(settings) or self._most_active.known(layer.name)
        return chosen_known and self._gains.known(layer.name)

    def _channels(self, settings: TileSettings, layer: LayerInfo, head: MosaicHead) -> NDArray[np.int64]:
        """The channels on the tiles of `head`, in reading order."""
        if settings.zoom:
            return np.array([min(settings.channel, layer.channels - 1)])
        if head.chosen:
            return self._most_active.channels(layer.name, head.chosen, layer.channels)
        return np.arange(layer.channels)


def _chooses(settings: TileSettings) -> bool:
    """Whether the tiles are those of the most active channels."""
    return settings.active and not settings.zoom


def _head(scene: Scene, layer: LayerInfo) -> MosaicHead:
    """The head that draws a layer; one tile large is a mosaic of one."""
    settings = scene.settings[TileSettings]
    aspect = scene.aspect
    chosen = None
    if settings.zoom:
        chosen = 1
    elif settings.active:
        chosen = fullest(settings.count, layer.channels, scene.panel_hw, aspect=aspect)
    grid = fill_panel(chosen or layer.channels, scene.panel_hw, aspect=aspect)
    return MosaicHead(layer.name, grid, chosen)


VIEW = MosaicView
