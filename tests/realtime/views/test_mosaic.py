"""A layer looks the same on tiles of every size, and what is seen there is its activation."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from models.build.heads.grid import Grid
from models.importing.open_network import open_network
from models.spec import Hw, LayerInfo
from realtime.canvas.layout import arrange
from realtime.capture.pattern import Pattern
from realtime.imaging.colormaps import INKS
from realtime.imaging.frame import Floats, hw
from realtime.imaging.text import BRIGHT
from realtime.inference.engine import Engine
from realtime.inference.network_input import input_size
from realtime.inference.providers import CPU
from realtime.show.make_controls import make_controls
from realtime.views.mosaic import MosaicView
from realtime.views.registry import find_views
from realtime.views.tile_colours import colour_tiles
from realtime.views.tiles import TileSettings
from tests.models.importing.reference import save
from tests.models.importing.tokens.transformers import Shape, Transformer
from tests.realtime.views.scenes import halves, render_when_ready, scene

CANVASES = ((720, 1280), (1920, 1080), (384, 1920))
SIDE = 64  # pixels of a tile that is compared
GREY = TileSettings(colormap="grey", contrast=1.0)


def tiles(engine: Engine, layer: str, canvas_hw: Hw, layout: str) -> dict[int, Floats]:
    """The middle of the map of each channel that a mosaic shows, at one size for all canvases."""
    network, frame = open_network("world"), Pattern().read()
    controls = make_controls(network.info, find_views())
    controls.set("show/layer", layer)
    controls.set("tiles/colormap", "grey")
    controls.set("tiles/contrast", 1.0)
    seen = scene(engine, network, controls, frame, input_hw=input_size(hw(frame), 224, network.info.input.limits))
    seen = dataclasses.replace(seen, panel_hw=arrange(layout, canvas_hw, hw(frame)).view.hw)
    view = MosaicView()
    rendered = [render_when_ready(view, seen) for _ in range(2)][-1]
    assert rendered.tiles is not None
    return dict(middles(rendered.image[:, :, 0], rendered.tiles.grid, rendered.tiles.channels))


def middles(panel: NDArray[np.uint8], grid: Grid, channels: tuple[int, ...]) -> Iterator[tuple[int, Floats]]:
    """Of each tile the part that is six tenths of the map high and wide, which every tile shows."""
    whole_hw, (height, width) = grid.whole_hw or grid.cell_hw, grid.cell_hw
    tall, wide = (round(0.6 * side) for side in whole_hw)
    for place, channel in enumerate(channels):
        left, top = grid.corner(place)
        y, x = top + (height - tall) // 2, left + (width - wide) // 2
        part = panel[y : y + tall, x : x + wide].astype(np.float32)
        yield channel, np.asarray(cv2.resize(part, (SIDE, SIDE), interpolation=cv2.INTER_AREA), np.float32)


@pytest.mark.parametrize("layer", ["block3_conv2", "block5_conv2"])
def test_a_layer_looks_the_same_on_every_canvas(engine: Engine, layer: str) -> None:
    drawn = [tiles(engine, layer, canvas_hw, "side") for canvas_hw in CANVASES]
    drawn.append(tiles(engine, layer, CANVASES[0], "full"))
    for one, other in combinations(drawn, 2):
        both = one.keys() & other.keys()
        assert len(both) >= 8
        for channel in both:
            assert np.corrcoef(one[channel].ravel(), other[channel].ravel())[0, 1] > 0.95, channel


def test_a_frame_is_around_the_peak_of_a_large_tile(engine: Engine) -> None:
    network = open_network("world")
    controls = make_controls(network.info, find_views())
    for path, value in (("show/layer", "block3_conv2"), ("tiles/zoom", True), ("tiles/channel", 5)):
        controls.set(path, value)
    image = Pattern().read()
    seen = dataclasses.replace(scene(engine, network, controls, image, input_hw=(96, 128)), panel_hw=(120, 160))
    white = (render_when_ready(MosaicView(), seen).image.astype(int) == BRIGHT).all(axis=2)
    rows, columns = np.flatnonzero(white.any(axis=1)), np.flatnonzero(white.any(axis=0))
    assert 20 < np.ptp(rows) < 60
    assert 20 < np.ptp(columns) < 60


def layer_of(stride: int, block: int = 5) -> LayerInfo:
    return LayerInfo("layer", 16, stride, block)


@pytest.mark.parametrize("stride", [4, 16])
def test_the_photo_is_faint_and_hides_no_activation(stride: int) -> None:
    rng = np.random.default_rng(0)
    grid = Grid(1, 1, (120, 160), 0, (120, 160))
    grey = cv2.resize(rng.uniform(1, 255, (6, 8)), (160, 120), interpolation=cv2.INTER_LINEAR).astype(np.uint8)
    photo = np.repeat(rng.integers(0, 2, (120, 160, 1), np.uint8) * 255, 3, axis=2)
    seen = colour_tiles(grey, grid, photo, GREY, layer_of(stride))[:, :, 0]
    assert np.corrcoef(seen.ravel(), grey.ravel())[0, 1] > 0.97
    dark = colour_tiles(np.ones_like(grey), grid, photo, GREY, layer_of(stride))[:, :, 0]
    assert (dark.std() > 1) == (stride == 16)
    assert dark.max() < 60


def test_gaps_are_darker_than_a_silent_tile() -> None:
    grid = Grid(1, 1, (8, 8), 0, (8, 8))
    silent, gap = (
        colour_tiles(np.full((8, 8), level, np.uint8), grid, np.zeros((8, 8, 3), np.uint8), TileSettings(), layer_of(4))
        for level in (1, 0)
    )
    assert silent.sum() > gap.sum()


def test_every_stage_has_an_ink_of_its_own() -> None:
    grid, grey = Grid(1, 1, (8, 8), 0, (8, 8)), np.full((8, 8), 160, np.uint8)
    photo = np.zeros((8, 8, 3), np.uint8)
    inks = [colour_tiles(grey, grid, photo, TileSettings(), layer_of(4, block))[0, 0] for block in range(1, 7)]
    for one, other in combinations(inks[: len(INKS)], 2):
        assert np.abs(one.astype(int) - other).max() > 30
    np.testing.assert_array_equal(inks[5], inks[4])


@pytest.mark.parametrize("heads", [2, 3, 6])
def test_attention_has_a_tile_for_each_head(heads: int, tmp_path: Path) -> None:
    network = open_network(str(save(Transformer(Shape(heads=heads)).model(), tmp_path)))
    layer = network.info.layer("block2_attention")
    controls = make_controls(network.info, find_views())
    controls.set("show/layer", layer.name)
    flag = halves((40, 40, 180), (160, 40, 40), (32, 32))
    with Engine(CPU) as engine:
        rendered = render_when_ready(MosaicView(), scene(engine, network, controls, flag))
    assert rendered.tiles is not None
    assert sorted(rendered.tiles.channels) == list(range(heads))
