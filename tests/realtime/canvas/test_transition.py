"""How one picture becomes the next."""

from __future__ import annotations

import numpy as np
import pytest

from models.build.heads.grid import Grid
from realtime.canvas.layout import Layout
from realtime.canvas.transition import FIRST_STEP, Picture, Shown, Transition
from realtime.imaging.compositing import Rect
from realtime.imaging.frame import Image

LAYOUT = Layout(Rect(0, 0, 100, 60))
TILES, LARGE = Grid(2, 2, (29, 49), 2, (60, 100)), Grid(1, 1, (60, 100), 2, (60, 100))


def flat(level: int) -> Picture:
    return Picture(np.full((60, 100, 3), level, np.uint8), np.zeros((6, 10, 3), np.uint8), LAYOUT, (60, 100))


def change(before: Shown, after: Shown, seconds: float) -> Image:
    """The canvas some time after a dark picture became a light one; a change takes one second."""
    transition = Transition()
    transition.apply(flat(0), before, 0.0, seconds=1.0)
    transition.apply(flat(200), after, 1.0, seconds=1.0)
    return transition.apply(flat(200), after, 1.0 + seconds, seconds=1.0)


def test_another_view_fades_in_from_the_first_moment_to_the_end() -> None:
    levels = [int(change(Shown("a", LAYOUT, False), Shown("b", LAYOUT, False), at)[0, 0, 0]) for at in (0, 0.5, 1, 2)]
    assert levels == [round(200 * FIRST_STEP), 100, 200, 200]


@pytest.mark.parametrize(("depths", "new_is_left"), [((3, 4), False), ((4, 3), True)])
def test_another_layer_comes_from_its_side_without_a_double_exposure(
    depths: tuple[int, int], new_is_left: bool
) -> None:
    before, after = (Shown("mosaic", LAYOUT, False, depth, TILES) for depth in depths)
    shares = []
    for seconds in (0.0, 0.2, 0.5, 0.9):
        image = change(before, after, seconds)
        assert set(np.unique(image)) <= {0, 200}
        assert image[0, 0 if new_is_left else -1, 0] == 200
        shares.append(float((image == 200).mean()))
    assert shares == sorted(shares)
    assert shares[0] > 0.2


def test_a_tile_grows_out_of_its_place() -> None:
    before = Shown("mosaic", LAYOUT, False, 3, TILES, selected=0)
    after = Shown("mosaic", LAYOUT, False, 3, LARGE, selected=0)
    for seconds in (0.0, 0.5):
        image = change(before, after, seconds)
        assert image[2, 2, 0] == 200
        assert set(np.unique(image)) <= {0, 200}
    assert change(before, after, 0.0)[58, 98, 0] == 0
    assert (change(before, after, 1.0) == 200).all()


def test_another_selected_tile_changes_nothing() -> None:
    before, after = (Shown("mosaic", LAYOUT, False, 3, TILES, selected=place) for place in (0, 3))
    assert (change(before, after, 0.0) == 200).all()


def test_without_time_everything_changes_at_once() -> None:
    transition = Transition()
    transition.apply(flat(0), Shown("a", LAYOUT, False), 0.0, seconds=0.0)
    assert (transition.apply(flat(200), Shown("b", LAYOUT, False), 0.0, seconds=0.0) == 200).all()
