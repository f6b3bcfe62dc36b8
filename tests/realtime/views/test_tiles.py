"""Grids that fill a panel, gains that do not flicker, tiles that do not jump."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from realtime.views.tile_drawer import Gains, MostActive
from realtime.views.tiles import SHOWN, best_tile_count, fill_panel
from realtime.views.view import Tiles

PANELS = ((640, 828), (720, 1280), (1000, 400), (333, 517))
COUNTS = (1, 3, 16, 17, 64, 128, 192, 256, 512, 1000, 2048)
CHANNELS = np.arange(4)


@pytest.mark.parametrize(("panel_hw", "count"), list(itertools.product(PANELS, COUNTS)))
def test_grid_fits_and_keeps_the_aspect_ratio(panel_hw: tuple[int, int], count: int) -> None:
    grid = fill_panel(count, panel_hw, aspect=4 / 3)
    (height, width), gap = grid.cell_hw, grid.gap
    assert grid.rows * grid.cols >= count > (grid.rows - 1) * grid.cols
    assert grid.rows * (height + gap) - gap <= panel_hw[0]
    assert grid.cols * (width + gap) - gap <= panel_hw[1]
    whole_h, whole_w = grid.whole_hw or grid.cell_hw
    assert height <= whole_h
    assert width <= whole_w
    slack = 1.5 / min(height, width)  # whole pixels
    assert height * width >= (SHOWN - 2 * slack) * whole_h * whole_w
    assert whole_w / whole_h / (4 / 3) == pytest.approx(1, abs=0.03 + 2 * slack), "maps are not distorted"


@pytest.mark.parametrize("panel_hw", [*PANELS, (618, 952), (1400, 1008), (300, 1600)])
@pytest.mark.parametrize("count", [16, 32, 48, 64, 96, 128, 192, 208, 256, 480, 512])
@pytest.mark.parametrize("aspect", [1.0, 4 / 3, 3 / 2, 16 / 9])
def test_no_place_is_empty(panel_hw: tuple[int, int], count: int, aspect: float) -> None:
    grid = fill_panel(count, panel_hw, aspect=aspect)
    assert grid.rows * grid.cols == count
    number = best_tile_count(16, count, panel_hw, aspect=aspect)
    most_active = fill_panel(number, panel_hw, aspect=aspect)
    assert most_active.rows * most_active.cols == number


@pytest.mark.parametrize("count", [16, 32, 64, 128, 256, 512])
def test_tiles_fill_most_of_the_panel(count: int) -> None:
    grid = fill_panel(count, (640, 828), aspect=4 / 3)
    covered = count * grid.cell_hw[0] * grid.cell_hw[1] / (640 * 828)
    assert covered > 0.6, f"{count} tiles cover {covered:.0%}"


@pytest.mark.parametrize("aspect", [1.0, 4 / 3, 16 / 9, 0.6])
def test_the_most_active_fill_the_panel_too(aspect: float) -> None:
    number = best_tile_count(16, 128, (640, 828), aspect=aspect)
    assert 12 <= number <= 16
    grid = fill_panel(number, (640, 828), aspect=aspect)
    assert number * grid.cell_hw[0] * grid.cell_hw[1] / (640 * 828) > 0.85
    assert 3 <= best_tile_count(16, 5, (640, 828), aspect=aspect) <= 5


def test_more_tiles_than_pixels_still_make_a_grid() -> None:
    grid = fill_panel(4096, (20, 20), aspect=1.0)
    assert grid.cell_hw[0] >= 1


def test_the_middle_of_a_tile_belongs_to_its_channel() -> None:
    grid = fill_panel(100, (640, 828), aspect=4 / 3)
    tiles = Tiles(grid, tuple(range(200, 300)), 0)
    for place in range(100):
        (left, top), (height, width) = grid.corner(place), grid.cell_hw
        assert tiles.at(left + width / 2, top + height / 2) == 200 + place
    assert tiles.at(-5, 10) is None
    assert tiles.at(10_000, 10) is None


def test_first_peaks_count_at_once() -> None:
    gains = Gains(4)
    gains.update(CHANNELS, np.array([1, 2, 4, 8], np.float32))
    np.testing.assert_allclose(gains.gain(CHANNELS, normalize="tile"), [1, 0.5, 0.25, 0.125])
    np.testing.assert_allclose(gains.gain(CHANNELS, normalize="layer"), [0.125] * 4)


def test_gain_does_not_flicker_when_the_peak_does() -> None:
    gains, rng = Gains(4), np.random.default_rng(0)
    gains.update(CHANNELS, np.full(4, 10, np.float32))
    values = []
    for _ in range(300):
        gains.update(CHANNELS, rng.uniform(8, 12, 4).astype(np.float32))
        values.append(gains.gain(CHANNELS, normalize="tile"))
    steps = np.abs(np.diff(np.log(np.array(values[30:])), axis=0))
    raw = np.abs(np.diff(np.log(rng.uniform(8, 12, (270, 4))), axis=0))
    assert steps.mean() < raw.mean() / 3


def test_gain_follows_a_lasting_change() -> None:
    gains = Gains(4)
    gains.update(CHANNELS, np.full(4, 10, np.float32))
    for _ in range(200):
        gains.update(CHANNELS, np.full(4, 1, np.float32))
    np.testing.assert_allclose(gains.gain(CHANNELS, normalize="tile"), 1.0, rtol=0.05)


def test_dead_and_broken_channels_do_not_spoil_the_gain() -> None:
    gains = Gains(4)
    gains.update(CHANNELS, np.array([0, np.nan, np.inf, 5], np.float32))
    gain = gains.gain(CHANNELS, normalize="tile")
    assert np.isfinite(gain).all()
    assert gain[3] == pytest.approx(0.2)


def test_most_active_come_first_then_keep_their_places() -> None:
    active, rng = MostActive(32), np.random.default_rng(1)
    means = np.linspace(1, 2, 32, dtype=np.float32)
    active.channels(8)
    active.update(means)
    first = active.channels(8)
    assert set(first) == set(range(24, 32))
    for _ in range(200):  # noise of a tenth moves nothing
        active.update(means * rng.uniform(0.9, 1.1, 32).astype(np.float32))
    np.testing.assert_array_equal(active.channels(8), first)


def test_all_channels_are_in_order_and_those_without_activation_come_last() -> None:
    every = MostActive(6)
    every.update(np.array([3, 0, 1, 0, 9, 2], np.float32))
    np.testing.assert_array_equal(every.channels(6), [0, 2, 4, 5, 1, 3])


def test_the_kept_channel_takes_the_place_of_the_weakest_and_stays() -> None:
    active, means = MostActive(32), np.linspace(1, 2, 32, dtype=np.float32)
    active.channels(8)
    active.update(means)
    active.kept = 2
    assert set(active.channels(8)) == {2, *range(25, 32)}
    for _ in range(100):
        active.update(means)
    assert set(active.channels(8)) == {2, *range(25, 32)}
    active.kept = None
    for _ in range(100):
        active.update(means)
    assert set(active.channels(8)) == set(range(24, 32))


def test_a_clearly_stronger_channel_takes_one_place() -> None:
    active = MostActive(32)
    means = np.linspace(1, 2, 32, dtype=np.float32)
    active.channels(8)
    active.update(means)
    before = active.channels(8)
    means[3] = 9
    for _ in range(100):
        active.update(means)
    after = active.channels(8)
    assert 3 in after
    assert (before != after).sum() == 1
