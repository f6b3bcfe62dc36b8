"""The most active channels of one layer as tiles, or all of them, or one large tile."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from models.build.graph_spec import GraphSpec
from models.build.heads.grid import Grid
from models.build.heads.mosaic import MosaicHead
from models.spec import LayerInfo
from realtime.channels.column import ChannelColumn, Seen, join_column, split_panel, within_edges
from realtime.channels.excited import WINDOW
from realtime.channels.peak import Peak, square_around
from realtime.controls.controls import Controls, Snapshot
from realtime.controls.settings import ShowSettings
from realtime.controls.value import KeyBinding
from realtime.imaging.compositing import frame_line
from realtime.imaging.frame import Image
from realtime.imaging.text import BRIGHT
from realtime.views.click import Click
from realtime.views.tile_colours import colour_tiles, shown_part
from realtime.views.tile_drawer import TileDrawer
from realtime.views.tiles import TileSettings, best_tile_count, fill_panel
from realtime.views.view import Rendered, Scene, Tiles, View


class MosaicView(View):
    """The activations of the chosen layer; the graph itself arranges the tiles."""

    name = "mosaic"
    bind = KeyBinding(("m",), "set", "mosaic: the channels of a layer", "mosaic")
    settings = (TileSettings,)

    def __init__(self) -> None:
        self._drawer = TileDrawer()
        self._column: ChannelColumn | None = None
        self._channel = -1
        self._subject: tuple[str, int] | None = None
        self._peak = Peak()

    def render(self, scene: Scene) -> Rendered:
        """The coloured mosaic of the layer."""
        settings, layer = scene.settings[TileSettings], scene.layer
        head = _head(scene, layer)
        grid = head.grid
        if settings.channel != self._channel:  # on other layers than this one, its number means nothing
            self._channel = settings.channel
            self._drawer.keep(layer, scene.channel)
        chosen = np.array([scene.channel]) if settings.zoom and scene.channel is not None else None
        grey, (channels,) = self._drawer.draw(
            scene.runner(head),
            scene.input_image,
            (layer,),
            channels=chosen,
            count=head.chosen if chosen is None else None,
            normalize=settings.normalize,
        )
        image = colour_tiles(grey, grid, scene.frame.image, settings, layer)
        if settings.zoom:
            image = self._with_column(scene, image, grey, grid, int(channels[0]))
        return Rendered(image, layer, Tiles.of(grid, channels, scene.channel))

    def _with_column(self, scene: Scene, image: Image, grey: NDArray[np.uint8], grid: Grid, channel: int) -> Image:
        """The image of one large tile with a frame around its peak, and beside it what is known of the channel."""
        (left, top), (height, width), layer = grid.corner(0), grid.cell_hw, scene.layer
        tile = np.ascontiguousarray(grey[top : top + height, left : left + width])
        activations = self._drawer.activations(tile, layer, channel)
        if self._subject != (layer.name, channel):
            self._subject, self._peak = (layer.name, channel), Peak()
        if (place := self._peak.update(activations)) is not None:
            around = square_around(place, (height, width), round(WINDOW * min(grid.whole_hw or grid.cell_hw)))
            frame_line(image, around._replace(left=around.left + left, top=around.top + top), BRIGHT)
        _, column_hw = split_panel(scene.panel_hw)
        if column_hw is None:
            return image
        self._column = self._column or ChannelColumn(scene.engine, scene.network)
        picture = shown_part(scene.frame.image, grid)
        seen = Seen(picture, layer, channel, activations, scene.frame.timestamp)
        at_the_edge = scene.settings[ShowSettings].layout != "side"
        inner_hw = within_edges(column_hw, scene.panel_hw) if at_the_edge else column_hw
        return join_column(image, self._column.draw(seen, inner_hw, top=top), column_hw)

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


def _grid(scene: Scene, layer: LayerInfo) -> Grid:
    """Where the tiles lie: one as large as the panel allows, the most active ones, or all, as of attention."""
    settings, total, panel_hw = scene.settings[TileSettings], layer.channels, scene.panel_hw
    if settings.zoom:
        return fill_panel(1, split_panel(panel_hw)[0], aspect=scene.aspect)
    every_head = layer.kind == "attention" and total <= settings.count
    if settings.active and not every_head:
        total = best_tile_count(settings.count, total, panel_hw, aspect=scene.aspect)
    return fill_panel(total, panel_hw, aspect=scene.aspect)


def _head(scene: Scene, layer: LayerInfo) -> MosaicHead:
    """The graph of the tiles."""
    settings, grid = scene.settings[TileSettings], _grid(scene, layer)
    return MosaicHead(layer.name, grid, 1 if settings.zoom else min(grid.rows * grid.cols, layer.channels))


VIEW = MosaicView
