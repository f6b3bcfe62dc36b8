from __future__ import annotations

import itertools

import cv2
import numpy as np
import pytest

from models.build.heads.grid import Grid
from models.spec import InputInfo, LayerInfo, ModelInfo, Prediction
from realtime.imaging.compositing import Rect
from realtime.sheets.camera_move import look, move_into, seen, tile_to_enter
from realtime.sheets.storyboard import Storyboard

PANEL_HW = (180, 320)
GRID = Grid(3, 4, (60, 80), 0, PANEL_HW)


def noise(seed: int) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    small = np.random.default_rng(seed).integers(0, 256, (18, 32), np.uint8)
    return np.asarray(cv2.resize(small, PANEL_HW[::-1]), np.uint8)


@pytest.mark.parametrize("place", range(12))
def test_the_way_begins_with_the_panel_and_ends_with_the_tile_and_the_next_panel(place: int) -> None:
    panel, inner = noise(1), noise(2)
    tile = Rect(*GRID.corner(place), 80, 60)
    assert np.array_equal(move_into(panel, tile, inner, 0.0), panel)
    assert np.abs(move_into(panel, tile, inner, 1.0).astype(int) - inner).max() <= 1
    left, top, scale = seen(tile, PANEL_HW, 1.0)
    assert left <= tile.left + 0.01 and left + 320 / scale >= tile.left + tile.width - 0.01
    assert top <= tile.top + 0.01 and top + 180 / scale >= tile.top + tile.height - 0.01


def test_the_camera_never_leaves_the_panel_and_never_jumps() -> None:
    tile = Rect(*GRID.corner(7), 80, 60)
    ways = [seen(tile, PANEL_HW, amount) for amount in np.linspace(0, 1, 30)]
    for left, top, scale in ways:
        assert left >= -0.01 and top >= -0.01 and left + 320 / scale <= 320.01 and top + 180 / scale <= 180.01
    ratios = [after[2] / before[2] for before, after in itertools.pairwise(ways)]
    assert max(ratios) == pytest.approx(min(ratios)), "the scale grows by the same factor"


def test_the_tile_fills_what_the_camera_sees() -> None:
    panel = np.zeros(PANEL_HW, np.uint8)
    tile = Rect(*GRID.corner(5), 80, 60)
    panel[tile.top : tile.top + 60, tile.left : tile.left + 80] = 200
    assert (look(panel, tile, 1.0)[5:-5, 50:-50] == 200).all()


def test_the_tile_that_is_entered_shows_something_near_the_middle() -> None:
    panel = np.full(PANEL_HW, 90, np.uint8)
    left, top = GRID.corner(6)
    panel[top : top + 60, left : left + 80] = noise(3)[:60, :80]
    assert tile_to_enter(panel, GRID, 12) == Rect(left, top, 80, 60)
    assert tile_to_enter(noise(4), GRID, 12).top == 60, "all are alike: one in the middle row"


@pytest.mark.parametrize(
    ("probabilities", "bars"), [((0.9, 0.05, 0.05), 1), ((0.4, 0.35, 0.1), 2), ((0.25, 0.2, 0.2), 0), ((), 0)]
)
def test_only_what_is_likely_enough_is_said_at_the_end(probabilities: tuple[float, ...], bars: int) -> None:
    layers = (LayerInfo("conv1", 8, 1, 1),)
    info = ModelInfo("net", "some", InputInfo(colours="RGB"), layers)
    board = Storyboard((360, 640), np.zeros((30, 40, 3), np.uint8), info, layers)
    said = [Prediction(number, "thing", each) for number, each in enumerate(probabilities)]
    shown, expected = board.ending(said, 1.0).text, board.ending(said[:bars], 1.0).text
    assert np.array_equal(shown, expected)
    assert np.array_equal(shown, board.ending((), 1.0).text) == (bars == 0)
