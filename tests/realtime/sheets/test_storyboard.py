"""Stories and sheets of feature maps at every size."""

from __future__ import annotations

import numpy as np
import pytest

from models.spec import InputInfo, LayerInfo, ModelInfo, Prediction
from realtime.outputs.recording.gif.drawings import delays
from realtime.outputs.recording.gif.palette import Palette
from realtime.sheets.mapsheet import MapSheet
from realtime.sheets.storyboard import Storyboard, story_colours

LAYERS = tuple(LayerInfo(f"block{block}_conv{conv}", 64, 1, block) for block in range(1, 6) for conv in (1, 2, 3))
INFO = ModelInfo("net", "some", InputInfo(colours="RGB"), LAYERS)


def test_delays_carry_rounding_errors_over() -> None:
    given = list(delays([0.333] * 30))
    assert sum(given) == pytest.approx(9990, abs=10)
    assert set(given) == {330, 340}
    assert list(delays([0.001, 0.5])) == [20, 480]


def test_a_palette_reproduces_its_colours() -> None:
    colours = story_colours()
    assert len(colours) < 128
    painted = np.asarray(Palette(colours).paint(colours[None]).convert("RGB"))[0, :, ::-1]
    assert np.abs(painted.astype(int) - colours).max() <= 4


@pytest.mark.parametrize("canvas_hw", [(270, 480), (136, 240), (1080, 1920)])
@pytest.mark.parametrize("image_hw", [(300, 450), (900, 400), (40, 400), (1, 1)])
def test_a_story_has_room_for_any_picture(canvas_hw: tuple[int, int], image_hw: tuple[int, int]) -> None:
    image = np.full((*image_hw, 3), 255, np.uint8)
    board = Storyboard(canvas_hw, image, INFO, LAYERS)
    cards = [board.opening(1.0), board.ending([Prediction(0, "a cat", 0.9)] * 3, 1.0)]
    shots = list(board.play(cards, step=0.1))
    assert sum(shot.seconds for shot in shots) == pytest.approx(2.0)
    for shot in shots:
        assert shot.image.shape == (*canvas_hw, 3)
        assert shot.image.max() == 255


@pytest.mark.parametrize("aspect", [0.25, 0.6, 1.0, 1.5, 4.0])
@pytest.mark.parametrize("width", [640, 1920, 7680])
@pytest.mark.parametrize("channels", [None, 1, 10, 500])
@pytest.mark.parametrize("count", [1, 5, 15])
def test_grids_of_a_sheet_stay_in_their_column(aspect: float, width: int, channels: int | None, count: int) -> None:
    sheet = MapSheet(width, LAYERS[:count], aspect, channels)
    for layer, grid in zip(sheet.layers, sheet.grids(), strict=True):
        assert grid.panel_hw[1] <= sheet.room
        assert grid.rows * grid.cols >= sheet.count(layer, grid) >= min(channels or 1, layer.channels)
