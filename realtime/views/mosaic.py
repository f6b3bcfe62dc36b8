"""Every channel of one layer as a tile, or the most active ones, or one large tile."""

from collections.abc import Iterable

import numpy as np

from models.build.graph_spec import GraphSpec
from models.build.heads.mosaic import MosaicHead
from models.spec import LayerInfo
from realtime.controls.controls import Controls, Snapshot
from realtime.controls.value import KeyBinding
from realtime.imaging.colormaps import apply_colormap
from realtime.views.click import Click
from realtime.views.tile_drawer import TileDrawer
from realtime.views.tiles import TileSettings, best_tile_count, fill_panel
from realtime.views.view import Rendered, Scene, Tiles, View


class MosaicView(View):
    """The activations of the chosen layer; the graph itself arranges the tiles."""

    name = "mosaic"
    bind = KeyBinding(("m",), "set", "mosaic: every channel of a layer", "mosaic")
    settings = (TileSettings,)

    def __init__(self) -> None:
        self._drawer = TileDrawer()

    def render(self, scene: Scene) -> Rendered:
        """The coloured mosaic of the layer."""
        settings, layer = scene.settings[TileSettings], scene.layer
        head = _head(scene, layer)
        grey, (channels,) = self._drawer.draw(
            scene.runner(head),
            scene.input_image,
            (layer,),
            channels=np.array([scene.channel]) if settings.zoom else None,
            count=None if settings.zoom else head.chosen,
            normalize=settings.normalize,
        )
        image = apply_colormap(grey, settings.colormap, settings.contrast)
        return Rendered(image, layer, Tiles.of(head.grid, channels, scene.channel))

    def shows(self, path: str, settings: Snapshot) -> bool:
        """A large tile is the only one."""
        tiles = settings[TileSettings]
        hidden = tiles.zoom and path in ("tiles/active", "tiles/count")
        return super().shows(path, settings) and not hidden and (tiles.active or path != "tiles/count")

    def click(self, controls: Controls, click: Click) -> str:
        """Select the tile; a double click makes it large, or small again."""
        answer = super().click(controls, click)
        large = controls.value("tiles/zoom") and not click.twice
        return answer or ("a double click or Esc shows all tiles" if large else "")

    def upcoming(self, scene: Scene) -> Iterable[GraphSpec]:
        """The selected layer and its neighbours, the nearest first."""
        return (scene.graph(_head(scene, layer)) for layer in scene.info.around(scene.layer))


def _head(scene: Scene, layer: LayerInfo) -> MosaicHead:
    settings, chosen = scene.settings[TileSettings], None
    if settings.zoom:
        chosen = 1
    elif settings.active:
        chosen = best_tile_count(settings.count, layer.channels, scene.panel_hw, aspect=scene.aspect)
    grid = fill_panel(chosen or layer.channels, scene.panel_hw, aspect=scene.aspect)
    return MosaicHead(layer.name, grid, chosen)


VIEW = MosaicView
