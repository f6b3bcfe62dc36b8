"""Grids that fill a panel, gains that do not flicker, tiles that do not jump."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from numpy.typing import NDArray

from realtime.views.tile_drawer import Ranges
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


def peaks(*values: float) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Lows of 0, and peaks."""
    return np.zeros(len(values), np.float32), np.array(values, np.float32)


def gain(ranges: Ranges, normalize: str = "tile") -> NDArray[np.float32]:
    return np.asarray(ranges.scale(CHANNELS, normalize=normalize)[1], np.float32)


def test_first_peaks_count_at_once() -> None:
    ranges = Ranges(4)
    ranges.update(CHANNELS, *peaks(1, 2, 4, 8))
    np.testing.assert_allclose(gain(ranges), [1, 0.5, 0.25, 0.125])
    np.testing.assert_allclose(gain(ranges, "layer"), [0.125] * 4)


def test_a_tile_is_black_at_its_low_and_white_at_its_peak() -> None:
    ranges = Ranges(4)
    ranges.update(CHANNELS, np.array([0, 1, 3, -2], np.float32), np.full(4, 4, np.float32))
    black, factor = ranges.scale(CHANNELS, normalize="tile")
    np.testing.assert_allclose(black, [0, 1, 2, 0], err_msg="an even tile stays bright, and black is never below 0")
    np.testing.assert_allclose((4 - black) * factor, 1.0)
    assert (ranges.scale(CHANNELS, normalize="layer")[0] == 0).all()


def test_a_signed_tile_is_black_at_its_low_wherever_that_is() -> None:
    ranges = Ranges(4, signed=True)
    ranges.update(CHANNELS, np.array([-3, -1, 5, 0], np.float32), np.array([-1, 1, 6, 500], np.float32))
    black, factor = ranges.scale(CHANNELS, normalize="tile")
    np.testing.assert_allclose(black, [-3, -1, 5, 0])
    np.testing.assert_allclose(factor, [1 / 2, 1 / 2, 1, 1 / 500])


def test_gain_does_not_flicker_when_the_peak_does() -> None:
    ranges, rng = Ranges(4), np.random.default_rng(0)
    ranges.update(CHANNELS, *peaks(10, 10, 10, 10))
    values = []
    for _ in range(300):
        ranges.update(CHANNELS, *peaks(*rng.uniform(8, 12, 4)))
        values.append(gain(ranges))
    steps = np.abs(np.diff(np.log(np.array(values[30:])), axis=0))
    raw = np.abs(np.diff(np.log(rng.uniform(8, 12, (270, 4))), axis=0))
    assert steps.mean() < raw.mean() / 3


def test_gain_follows_a_lasting_change() -> None:
    ranges = Ranges(4)
    ranges.update(CHANNELS, *peaks(10, 10, 10, 10))
    for _ in range(200):
        ranges.update(CHANNELS, *peaks(1, 1, 1, 1))
    np.testing.assert_allclose(gain(ranges), 1.0, rtol=0.05)


def test_where_all_channels_rise_at_once_none_clips_in_the_next_frame() -> None:
    ranges, channels = Ranges(4), np.arange(4)
    for peaks in (np.array([1, 2, 3, 4], np.float32), np.array([2, 5, 7, 9], np.float32)):
        ranges.update(channels, np.zeros(4, np.float32), peaks)
    assert gain(ranges) == pytest.approx(1 / np.array([2, 5, 7, 9]), rel=1e-5)


def test_where_the_lens_is_covered_noise_is_not_amplified() -> None:
    ranges, channels = Ranges(4), np.arange(4)
    for peaks in (np.array([1, 2, 3, 4], np.float32), np.full(4, 0.01, np.float32)):
        ranges.update(channels, np.zeros(4, np.float32), peaks)
    assert (gain(ranges) < 1.1 / np.array([1, 2, 3, 4])).all()


def test_dead_and_broken_channels_do_not_spoil_the_gain() -> None:
    ranges = Ranges(4)
    ranges.update(CHANNELS, *peaks(0, np.nan, np.inf, 5))
    assert np.isfinite(gain(ranges)).all()
    assert gain(ranges)[3] == pytest.approx(0.2)
