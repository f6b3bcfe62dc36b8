"""All layers at once, first to last: a strip of the most active channels of each, from one forward pass."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.spec import GraphSpec, Grid, Hw, LayerInfo, StoryHead
from realtime.controls.value import Bind
from realtime.imaging.colormaps import colour
from realtime.imaging.compositing import paste, stage
from realtime.imaging.frame import Image
from realtime.imaging.text import QUIET, text_width, write
from realtime.inference.network_input import network_input
from realtime.views.tiles import GAP, STRETCH, Gains, MostActive, TileSettings
from realtime.views.view import Rendered, Scene, View

WORDS = ("the whole way", "Every layer at once: edges at the top, objects at the bottom.")


class StoryView(View):
    """One row a layer, edges at the top, objects at the bottom."""

    name = "story"
    bind = Bind(("s", "0"), "set", "story: all layers at once", "story")
    settings = (TileSettings,)
    worded = True

    def __init__(self) -> None:
        self._gains = Gains()
        self._most_active = MostActive()

    def render(self, scene: Scene) -> Rendered:
        """The strips, coloured."""
        settings, layers, head = scene.settings[TileSettings], scene.info.landmarks, _head(scene)
        image = network_input(scene.frame.image, scene.input_hw)
        for _ in range(1 if self._gains.known(layers[0].name) else 2):  # the first picture is lit by its own peaks
            chosen = [self._most_active.channels(each.name, head.grid.cols, each.channels) for each in layers]
            gains = [
                self._gains.gain(each.name, channels, normalise=settings.normalise)
                for each, channels in zip(layers, chosen, strict=True)
            ]
            result = scene.engine.run(
                scene.graph(head),
                {"image": image, "channels": np.concatenate(chosen), "gain": np.concatenate(gains)},
            )
            self._learn(layers, chosen, result)
        image = colour(result["picture"], settings.colormap, settings.contrast)
        return Rendered(_labelled(image, scene, head.grid), words=WORDS)

    def _learn(
        self,
        layers: Sequence[LayerInfo],
        chosen: Sequence[NDArray[np.int64]],
        result: Mapping[str, NDArray[Any]],
    ) -> None:
        """Take the peaks and energies of all layers apart again."""
        energies = np.split(result["energy"], np.cumsum([layer.channels for layer in layers])[:-1])
        peaks = np.split(result["peak"], len(layers))
        for layer, channels, peak, energy in zip(layers, chosen, peaks, energies, strict=True):
            self._gains.learn(layer.name, channels, peak, total=layer.channels)
            self._most_active.learn(layer.name, energy)

    def upcoming(self, scene: Scene) -> Iterable[GraphSpec]:
        """Only itself."""
        return (scene.graph(_head(scene)),)


def _label_size(panel_hw: Hw, rows: int) -> int:
    return max(min(panel_hw[0] // rows // 3, panel_hw[1] // 50), 8)


def _labelled(strips: Image, scene: Scene, grid: Grid) -> Image:
    """The strips with the name of each layer at the left of its row."""
    layers, panel = scene.info.landmarks, stage(scene.panel_hw)
    size = _label_size(scene.panel_hw, len(layers))
    paste(panel, strips, scene.panel_hw[1] - strips.shape[1], 0)
    for row, layer in enumerate(layers):
        _, top = grid.corner(row * grid.cols)
        write(panel, layer.name, size // 2, top + grid.cell_hw[0] // 2 + size // 3, size, QUIET)
    return panel


def _head(scene: Scene) -> StoryHead:
    """As many columns as fill the panel with tiles of the camera's aspect ratio."""
    layers = scene.info.landmarks
    size = _label_size(scene.panel_hw, len(layers))
    label = max(text_width(layer.name, size) for layer in layers) + 3 * size // 2
    height, width = scene.panel_hw[0], max(scene.panel_hw[1] - label, 16)
    aspect = scene.aspect
    rows, most = len(layers), min(layer.channels for layer in layers)
    cell_h = max((height - GAP * (rows - 1)) // rows, 1)
    cols = min(max(round((width + GAP) / (cell_h * aspect + GAP)), 1), most)
    cell_w = max((width - GAP * (cols - 1)) // cols, 1)
    grid = Grid(rows, cols, (cell_h, min(cell_w, round(cell_h * aspect * (1 + STRETCH)))), GAP, (height, width))
    return StoryHead(tuple(layer.name for layer in layers), grid)


VIEW = StoryView
