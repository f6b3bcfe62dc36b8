"""Mosaics and stories against the same pictures made from activations with numpy and Pillow."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime as ort
import pytest
from numpy.typing import NDArray
from PIL import Image as Pillow

from models.build.build import build
from models.build.graph_spec import GraphSpec
from models.build.heads.grid import Grid
from models.build.heads.head import Head
from models.build.heads.mosaic import MosaicHead
from models.build.heads.story import StoryHead
from models.build.heads.tiles import LOW, LOW_SAMPLES, SAMPLES, SMALL, SMOOTHEST, SPOT, resize_matrix, small_maps
from models.spec import Hw, Network

SIZE_HW = (96, 128)


@pytest.fixture(scope="module")
def image() -> NDArray[np.uint8]:
    return np.random.default_rng(3).integers(0, 256, (*SIZE_HW, 3), dtype=np.uint8)


def run(path: Path, feeds: dict[str, NDArray[Any]], names: list[str]) -> list[NDArray[Any]]:
    return list(ort.InferenceSession(path, providers=["CPUExecutionProvider"]).run(names, feeds))


def activations(network: Network, image: NDArray[np.uint8], layer: str) -> NDArray[np.float32]:
    """(C, h, w), from the stored network itself."""
    info = network.info.input
    tensor = (image - np.array(info.mean, np.float32)) * np.array(info.scale, np.float32)
    return run(network.path, {"input": tensor.transpose(2, 0, 1)[None]}, [layer])[0][0]  # type: ignore[no-any-return]


def numpy_cells(maps: NDArray[np.float32], size_hw: Hw) -> NDArray[np.float32]:
    """Each map averaged over whole blocks where it shrinks by two or more, then resized by Pillow."""
    rows, cols = (max(old // new, 1) for old, new in zip(maps.shape[1:], size_hw, strict=True))
    maps = maps[:, : maps.shape[1] // rows * rows, : maps.shape[2] // cols * cols]
    maps = maps.reshape(len(maps), -1, rows, maps.shape[2] // cols, cols).mean(axis=(2, 4))
    resized = [
        Pillow.fromarray(each).resize(size_hw[::-1], Pillow.Resampling.BICUBIC)  # averages where it shrinks
        for each in maps
    ]
    return np.stack([np.asarray(each) for each in resized])


def numpy_ranges(cells: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """A low quantile of some pixels of each cell, and their 99th percentile, at least a share of their maximum."""
    few, many = sorted_pixels(cells, LOW_SAMPLES), sorted_pixels(cells, SAMPLES)
    low = few[:, max(round(few.shape[1] * LOW), 1) - 1]
    return low, np.maximum(many[:, -max(round(many.shape[1] * 0.01), 1)], SPOT * many[:, -1])


def sorted_pixels(cells: NDArray[np.float32], samples: int) -> NDArray[np.float32]:
    """At most `samples` pixels of each side of each cell, ascending."""
    down, across = (-(-side // samples) for side in cells.shape[1:])
    return np.sort(cells[:, ::down, ::across].reshape(len(cells), -1), axis=1)


def numpy_mosaic(cells: NDArray[np.float32], grid: Grid) -> NDArray[np.float64]:
    """Cells in 0..1 laid out one by one, from level 1 to 255; the gaps are 0."""
    (height, width), gap = grid.cell_hw, grid.gap
    panel = np.zeros(grid.panel_hw)
    top = (grid.panel_hw[0] - (grid.rows * (height + gap) - gap)) // 2
    left = (grid.panel_hw[1] - (grid.cols * (width + gap) - gap)) // 2
    for place, cell in enumerate(cells):
        row, col = divmod(place, grid.cols)
        y, x = top + row * (height + gap), left + col * (width + gap)
        panel[y : y + height, x : x + width] = 1 + np.clip(cell, 0, 1) * 254
    return panel


GRIDS = [
    pytest.param("block1_conv1", Grid(4, 4, (30, 40), 0, (120, 160)), id="fills the grid, divides the panel"),
    pytest.param("block1_conv2", Grid(4, 4, (31, 41), 2, (135, 177)), id="fills the grid, does not divide the panel"),
    pytest.param("block2_conv1", Grid(5, 7, (25, 33), 1, (129, 237)), id="three places empty, odd panel"),
    pytest.param("block3_conv3", Grid(7, 10, (24, 31), 2, (180, 328)), id="six places empty, exact fit"),
    pytest.param("block5_conv3", Grid(20, 13, (6, 8), 1, (140, 120)), id="four places empty, maps keep their size"),
    pytest.param("block3_conv1", Grid(1, 64, (3, 2), 0, (9, 140)), id="one row of specks"),
]


@pytest.mark.parametrize(("layer", "grid"), GRIDS)
def test_mosaic_equals_the_one_made_with_numpy(
    bundled: Network, image: NDArray[np.uint8], layer: str, grid: Grid
) -> None:
    cells = numpy_cells(activations(bundled, image, layer), grid.cell_hw)
    gain = (1.0 / np.maximum(cells.max(axis=(1, 2)), 1e-6) * np.linspace(0.5, 1.5, len(cells))).astype(np.float32)
    black = np.linspace(0.0, 0.3, len(cells), dtype=np.float32) / gain
    path = build(GraphSpec(bundled, MosaicHead(layer, grid), SIZE_HW))
    feeds = {"image": image, "black": black, "gain": gain}
    low, peak, picture = run(path, feeds, ["low", "peak", "picture"])
    expected = numpy_mosaic((cells - black[:, None, None]) * gain[:, None, None], grid)
    assert picture.shape == grid.panel_hw
    assert np.abs(picture - expected).max() <= 1.0
    expected_low, expected_peak = numpy_ranges(cells)
    np.testing.assert_allclose(low, expected_low, rtol=1e-3, atol=1e-3)
    np.testing.assert_allclose(peak, expected_peak, rtol=1e-3, atol=1e-3)


def test_a_cell_shows_the_middle_of_a_wider_map(bundled: Network, image: NDArray[np.uint8]) -> None:
    grid = Grid(4, 8, (30, 24), 1, (123, 199), whole_hw=(30, 40))
    cells = numpy_cells(activations(bundled, image, "block2_conv1"), (30, 40))[:, :, 8:32]
    gain = np.full(32, 0.02, np.float32)
    path = build(GraphSpec(bundled, MosaicHead("block2_conv1", grid), SIZE_HW))
    (picture,) = run(path, {"image": image, "black": np.zeros(32, np.float32), "gain": gain}, ["picture"])
    assert np.abs(picture - numpy_mosaic(cells * 0.02, grid)).max() <= 1.0


def test_all_channels_come_in_the_order_given(bundled: Network, image: NDArray[np.uint8]) -> None:
    grid = Grid(4, 4, (20, 30), 1, (83, 123))
    channels = np.random.default_rng(0).permutation(16)
    cells = numpy_cells(activations(bundled, image, "block1_conv1"), grid.cell_hw)[channels]
    path = build(GraphSpec(bundled, MosaicHead("block1_conv1", grid, chosen=16), SIZE_HW))
    feeds: dict[str, NDArray[Any]] = {"image": image, "channels": channels}
    feeds |= {"black": np.zeros(16, np.float32), "gain": np.full(16, 0.02, np.float32)}
    (picture,) = run(path, feeds, ["picture"])
    assert np.abs(picture - numpy_mosaic(cells * 0.02, grid)).max() <= 1.0


def test_chosen_channels_are_shown_in_the_order_given(bundled: Network, image: NDArray[np.uint8]) -> None:
    grid = Grid(1, 3, (20, 30), 1, (20, 92))
    maps = activations(bundled, image, "block2_conv2")
    channels = np.array([30, 2, 17])
    path = build(GraphSpec(bundled, MosaicHead("block2_conv2", grid, chosen=3), SIZE_HW))
    black, gain = np.zeros(3, np.float32), np.full(3, 0.01, np.float32)
    feeds: dict[str, NDArray[Any]] = {"image": image, "black": black, "gain": gain, "channels": channels}
    small, picture = run(path, feeds, [small_maps("block2_conv2"), "picture"])
    expected = numpy_mosaic(numpy_cells(maps[channels], grid.cell_hw) * 0.01, grid)
    assert np.abs(picture - expected).max() <= 1.0
    assert small.shape[0] == len(maps)
    assert max(small.shape[1:]) <= SMALL
    block = maps.shape[1] // small.shape[1], maps.shape[2] // small.shape[2]
    np.testing.assert_allclose(
        small[5, 1, 2], maps[5, block[0] : 2 * block[0], 2 * block[1] : 3 * block[1]].mean(), 1e-3
    )


def test_story_is_a_strip_of_every_layer_from_one_pass(bundled: Network, image: NDArray[np.uint8]) -> None:
    layers = bundled.info.layers
    grid = Grid(len(layers), 4, (6, 8), 1, (110, 41))
    rng = np.random.default_rng(5)
    chosen = [rng.choice(layer.channels, 4, replace=False) for layer in layers]
    maps = [activations(bundled, image, layer.name) for layer in layers]
    cells = np.concatenate([numpy_cells(each[which], grid.cell_hw) for each, which in zip(maps, chosen, strict=True)])
    gain = (1.0 / np.maximum(cells.max(axis=(1, 2)), 1e-6)).astype(np.float32)
    path = build(GraphSpec(bundled, StoryHead(tuple(layer.name for layer in layers), grid), SIZE_HW))
    feeds = {"image": image, "black": np.zeros(len(gain), np.float32), "gain": gain, "channels": np.concatenate(chosen)}
    *small, picture = run(path, feeds, [*(small_maps(layer.name) for layer in layers), "picture"])
    assert np.abs(picture - numpy_mosaic(cells * gain[:, None, None], grid)).max() <= 1.0
    for each, whole in zip(small, maps, strict=True):
        np.testing.assert_allclose(each.mean(), whole.mean(), rtol=0.05)


@pytest.mark.parametrize(("source", "target"), [(7, 7), (224, 31), (14, 40), (5, 1), (1, 9)])
def test_resize_matrix_keeps_light(source: int, target: int) -> None:
    weights = resize_matrix(source, target)
    assert weights.shape == (target, source)
    np.testing.assert_allclose(weights.sum(axis=1), 1.0, rtol=1e-5)


@pytest.mark.parametrize("target", [round(14 * SMOOTHEST), 150])
def test_lines_that_grow_have_no_halos_and_keep_slopes(target: int) -> None:
    weights = resize_matrix(14, target)
    assert weights.min() >= 0, "what is drawn lies between the activations around it"
    slope = weights @ np.arange(14, dtype=np.float32)
    inner = slice(2 * target // 14, -2 * target // 14)
    np.testing.assert_allclose(np.diff(slope[inner]), 14 / target, rtol=1e-3)


def test_only_default_operators_are_used(bundled: Network) -> None:
    heads: list[Head] = [
        MosaicHead("block2_conv1", Grid(4, 4, (9, 9), 1, (50, 50)), chosen=16),
        StoryHead(("block1_conv1", "block5_conv3"), Grid(2, 4, (9, 9), 1, (50, 50))),
    ]
    for head in heads:
        model = onnx.load(build(GraphSpec(bundled, head, SIZE_HW)), load_external_data=False)
        assert {node.domain for node in model.graph.node} == {""}
