"""The whole network at once: strips of active channels of layers from first to last, from one forward pass."""

from collections.abc import Iterable
from dataclasses import replace
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.build.graph_spec import GraphSpec
from models.build.heads.grid import Grid
from models.build.heads.story import StoryHead
from models.spec import Hw, LayerInfo, ModelInfo
from realtime.controls.controls import Controls
from realtime.controls.value import KeyBinding
from realtime.imaging.colormaps import PHOTO, ink_colour
from realtime.imaging.compositing import background, paste
from realtime.imaging.frame import Image
from realtime.imaging.text import ACCENT, BRIGHT, QUIET, Colour, text_width, write
from realtime.views.click import Click
from realtime.views.stages import across_depth, short_names, stage_caption
from realtime.views.tile_colours import colour_tiles
from realtime.views.tile_drawer import TileDrawer
from realtime.views.tiles import GAP, SHOWN, TileSettings, whole
from realtime.views.view import Rendered, Scene, View

ROWS = 6  # of all layers, those that are shown: with more, nothing can be recognized from far away
WORD = 0.26  # size of the word of a stage, as a share of the height of a row


class StoryView(View):
    """One row per layer, the first at the top: a few layers across the depth of the network, or all."""

    name = "story"
    bind = KeyBinding(("s", "0"), "set", "story: layers from first to last", "story")
    settings = (TileSettings,)
    unused = ("show/layer", "tiles/channel", "tiles/zoom", "tiles/count")

    def __init__(self) -> None:
        self._drawer = TileDrawer()

    def render(self, scene: Scene) -> Rendered:
        """The coloured strips, each with the name of its layer."""
        settings, head = scene.settings[TileSettings], _head(scene)
        layers = _layers(scene.info, every=not settings.active)
        grey, _ = self._drawer.draw(
            scene.runner(head),
            scene.input_image,
            layers,
            count=head.grid.cols,
            normalize=settings.normalize,
        )
        strips = _coloured(grey, head.grid, layers, scene)
        return Rendered(_labelled(strips, scene, head.grid, layers), caption=_caption(scene.info))

    def click(self, controls: Controls, click: Click) -> str:
        """Go to the mosaic of the layer whose row is clicked."""
        if click.right:
            return super().click(controls, click)
        layers = _layers(click.info, every=not controls.value("tiles/active"))
        controls.set("show/layer", layers[min(int(click.panel[1] * len(layers)), len(layers) - 1)].name)
        controls.set("show/view", "mosaic")
        return ""

    def upcoming(self, scene: Scene) -> Iterable[GraphSpec]:
        """Only the story itself."""
        return (scene.graph(_head(scene)),)


def _layers(info: ModelInfo, *, every: bool) -> tuple[LayerInfo, ...]:
    """The layers of the rows."""
    return info.key_layers if every else across_depth(info.key_layers, ROWS)


def _caption(info: ModelInfo) -> tuple[str, str]:
    """What a trained network has learned from its first to its last layer."""
    first, last = (stage_caption(layer, info)[0] for layer in (info.key_layers[0], info.key_layers[-1]))
    if first == last:
        return "story", "One image, from the first layer to the last."
    return "story", f"One image through the network: from {first} to {last}."


def _coloured(grey: NDArray[np.uint8], grid: Grid, layers: tuple[LayerInfo, ...], scene: Scene) -> Image:
    """The strips, each in the colours of its layer."""
    settings, photo = scene.settings[TileSettings], scene.frame.image
    if settings.colormap == PHOTO:
        return colour_tiles(grey, grid, photo, settings, layers[0])
    height, strips = grid.cell_hw[0], background(grid.panel_hw)
    strip = replace(grid, rows=1, panel_hw=(height, grid.panel_hw[1]))
    for row, layer in enumerate(layers):
        top = grid.corner(row * grid.cols)[1]
        paste(strips, colour_tiles(grey[top : top + height], strip, photo, settings, layer), 0, top)
    return strips


def _labels(scene: Scene, layers: tuple[LayerInfo, ...]) -> tuple[list[tuple[str, str]], int, int]:
    """The word of the stage, where it begins, and the short name for each row; the sizes of both texts in pixels."""
    words = [stage_caption(layer, scene.info)[0] for layer in layers]
    first = [word if number == 0 or word != words[number - 1] else "" for number, word in enumerate(words)]
    row = scene.panel_hw[0] / len(layers)
    size = max(min(round(row * WORD), scene.panel_hw[1] // 24), 8)
    small = max(min(round(size * 0.62), round(row / 2.6)), 8)
    names = short_names(scene.info.key_layers)
    places = [scene.info.key_layers.index(layer) for layer in layers]
    if len(layers) > ROWS:  # no room for both
        return [("", names[place]) for place in places], small, max(min(round(row / 2.6), scene.panel_hw[1] // 48), 8)
    return list(zip(first, (names[place] for place in places), strict=True)), size, small


def _label_width(scene: Scene, layers: tuple[LayerInfo, ...]) -> int:
    """The width of the column of words, with room around them."""
    labels, size, small = _labels(scene, layers)
    return max(max(text_width(word, size), text_width(name, small)) for word, name in labels) + 2 * small


def _labelled(strips: Image, scene: Scene, grid: Grid, layers: tuple[LayerInfo, ...]) -> Image:
    """The strips with the words of each layer at the left of its row; the row of the selected layer is marked."""
    label = _label_width(scene, layers)
    left = max((scene.panel_hw[1] - label - strips.shape[1]) // 2, 0)
    labels, size, small = _labels(scene, layers)
    marked, colormap = _nearest(scene, layers), scene.settings[TileSettings].colormap
    rows = tuple(
        Row(word, name, ink_colour(colormap, layer.block), layer == marked)
        for layer, (word, name) in zip(layers, labels, strict=True)
    )
    panel = _words(scene.panel_hw, grid, left, size, small, rows).copy()
    paste(panel, strips, left + label, 0)
    return panel


class Row(NamedTuple):
    """What is written beside a row: the word of the stage in its colour, and the name of the layer."""

    word: str
    name: str
    colour: Colour
    marked: bool


@lru_cache(maxsize=4)
def _words(panel_hw: Hw, grid: Grid, left: int, size: int, small: int, rows: tuple[Row, ...]) -> Image:
    """An empty panel with the words of all rows; cached, because they take longer than the tiles."""
    panel = background(panel_hw)
    for number, row in enumerate(rows):
        _, top = grid.corner(number * grid.cols)
        baseline = top + (grid.cell_hw[0] + small) // 2
        if row.marked:
            panel[top : top + grid.cell_hw[0], left : left + max(small // 4, 2)] = ACCENT
        if row.word:
            write(panel, row.word, left + small, baseline - small // 2, size, row.colour)
            baseline += small
        write(panel, row.name, left + small, baseline, small, BRIGHT if row.marked else QUIET)
    return panel


def _nearest(scene: Scene, layers: tuple[LayerInfo, ...]) -> LayerInfo:
    """The row of the selected layer, or the one nearest to it, in its own block where there is one."""
    places = {layer.name: place for place, layer in enumerate(scene.info.layers)}
    here = places[scene.layer.name]
    return min(layers, key=lambda each: (each.block != scene.layer.block, abs(places[each.name] - here)))


def _head(scene: Scene) -> StoryHead:
    """As many columns as fill the panel with tiles of about the aspect ratio of the camera."""
    layers = _layers(scene.info, every=not scene.settings[TileSettings].active)
    height, width = scene.panel_hw[0], max(scene.panel_hw[1] - _label_width(scene, layers), 16)
    aspect = scene.aspect
    rows, most = len(layers), min(layer.channels for layer in layers)
    cell_h = max((height - GAP * (rows - 1)) // rows, 1)
    cols = min(max(round((width + GAP) / (cell_h * aspect + GAP)), 1), most)
    cell_w = max((width - GAP * (cols - 1)) // cols, 1)
    cell_hw: Hw = cell_h, min(cell_w, round(cell_h * aspect / SHOWN))
    strips_hw = height, cols * (cell_hw[1] + GAP) - GAP
    grid = Grid(rows, cols, cell_hw, GAP, strips_hw, whole(cell_hw, aspect))
    return StoryHead(tuple(layer.name for layer in layers), grid)


VIEW = StoryView
