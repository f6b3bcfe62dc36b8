"""Words that fit, marks that tell the place, kernels and grids at any size."""

from __future__ import annotations

import numpy as np
import pytest

from models.graph.kernels import Kernels
from models.spec import InputInfo, LayerInfo, ModelInfo, Prediction
from realtime.imaging.compositing import STAGE, Rect, stage
from realtime.imaging.drawing import draw_marks, draw_predictions, fitting, predictions_height
from realtime.imaging.text import ACCENT, shortened, text_width
from realtime.outputs.recording.gif import delays
from realtime.outputs.recording.palette import Palette
from realtime.sheets.kernels import cells, coloured, diverging, laid_out, signed
from realtime.sheets.kernelsheet import draw_kernels
from realtime.sheets.mapsheet import MapSheet
from realtime.sheets.storyboard import Storyboard, story_colours

LAYERS = tuple(LayerInfo(f"block{block}_conv{conv}", 64, 1, block) for block in range(1, 6) for conv in (1, 2, 3))
INFO = ModelInfo("net", "some", InputInfo(colours="RGB"), LAYERS)


@pytest.mark.parametrize("width", [60, 150, 400])
def test_words_are_made_to_fit(width: int) -> None:
    text = "inception_4c/output, a long name"
    size = fitting(text, width, size=40)
    assert text_width(shortened(text, size, width), size) <= width
    assert size == 40 or text_width(text, size + 1) > width


@pytest.mark.parametrize("lit", [0, 7, 14])
def test_one_mark_is_lit_at_its_place(lit: int) -> None:
    canvas = stage((20, 600))
    draw_marks(canvas, Rect(10, 5, 580, 6), LAYERS, LAYERS[lit])
    lit_columns = np.flatnonzero((canvas[7] == ACCENT).all(axis=-1))
    assert lit_columns.size > 10
    assert abs(lit_columns.mean() - (10 + 580 * (lit + 0.5) / 15)) < 30
    assert (canvas[:, :10] == STAGE).all()
    assert (canvas[:, 591:] == STAGE).all()


def test_bars_are_as_long_as_their_probabilities() -> None:
    said = [Prediction(0, "a cat", 0.75), Prediction(1, "a very long name of a thing that does not fit", 0.25)]
    canvas = stage((predictions_height(2, 20) + 10, 400))
    draw_predictions(canvas, Rect(50, 0, 300, 400), said, size=20)
    assert (canvas == ACCENT).all(axis=-1).sum(axis=1).max() == pytest.approx(225, abs=2)
    assert (canvas[:, :49] == STAGE).all()
    assert (canvas[:, 352:] == STAGE).all()


def test_delays_carry_the_rounding_over() -> None:
    given = list(delays([0.333] * 30))
    assert sum(given) == pytest.approx(9990, abs=10)
    assert set(given) == {330, 340}
    assert list(delays([0.001, 0.5])) == [20, 480]


def test_a_palette_gives_back_its_own_colours() -> None:
    colours = story_colours()
    assert len(colours) < 128
    painted = np.asarray(Palette(colours).paint(colours[None]).convert("RGB"))[0, :, ::-1]
    assert np.abs(painted.astype(int) - colours).max() <= 4


@pytest.mark.parametrize("canvas_hw", [(270, 480), (136, 240), (1080, 1920)])
@pytest.mark.parametrize("image_hw", [(300, 450), (900, 400), (40, 400), (1, 1)])
def test_a_board_has_room_for_any_picture(canvas_hw: tuple[int, int], image_hw: tuple[int, int]) -> None:
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


def kernels(*shape: int, first: bool = False, groups: int = 1) -> Kernels:
    weights = np.random.default_rng(5).normal(size=shape).astype(np.float32)
    return Kernels(LayerInfo("conv", shape[0], 1, 1), weights, groups, first)


@pytest.mark.parametrize(
    ("drawn", "words"),
    [
        (kernels(64, 3, 7, 7, first=True), "all 64 kernels, 7×7, in colour"),
        (kernels(512, 512, 3, 3), "one row each"),
        (kernels(256, 1024, 1, 1), "1×1, one row each"),
        (kernels(2048, 1, 3, 3, groups=2048), "kernels, 3×3, each with one input"),
        (kernels(32, 8, 3, 3, groups=4), "all 8 inputs of its group"),
        (kernels(1, 1, 1, 1), "1 kernel, 1×1"),
        (kernels(8, 3, 1, 9, first=True), "all 8 kernels, 9×1, in colour"),
    ],
)
def test_kernels_of_every_shape_are_drawn(drawn: Kernels, words: str) -> None:
    assert words in cells(drawn, "RGB", (20, 40), shape=0.5).words
    for width in (640, 1920):
        sheet = draw_kernels(drawn, INFO, width)
        assert sheet.shape[1] == width
        assert sheet.shape[0] < width
        assert sheet[80 * width // 1920 :].std() > 10


def test_the_first_kernels_are_shown_in_the_colours_that_they_answer_to() -> None:
    weights = np.zeros((2, 3, 3, 3), np.float32)
    weights[0, 0, 1, 1] = 1.0  # the first colour of the network
    weights[1, 2, 1, 1] = -2.0
    rgb, bgr = coloured(weights, "RGB"), coloured(weights, "BGR")
    assert rgb[0, 1, 1].tolist() == [0, 0, 255]
    assert bgr[0, 1, 1].tolist() == [255, 0, 0]
    assert rgb[1, 1, 1].tolist() == [0, 255, 255]
    assert (coloured(np.ones((1, 3, 2, 2), np.float32), "RGB") == 128).all()


def test_zero_is_dark_and_signs_have_their_own_colours() -> None:
    below, zero, above = diverging(np.array([-0.5, 0.0, 0.5]))
    assert zero.max() < 50
    assert below[0] > below[2]
    assert above[2] > above[0]
    assert (signed(np.zeros((2, 4, 1, 1), np.float32)) == 0).all()


def test_cells_lie_in_reading_order() -> None:
    pictures = np.arange(1, 6, dtype=np.uint8)[:, None, None, None].repeat(3, axis=3)
    laid = laid_out(pictures, cols=3, scale=2, gap=1, ground=(0, 0, 0))
    assert laid.shape == (5, 8, 3)
    assert laid[0, :, 0].tolist() == [1, 1, 0, 2, 2, 0, 3, 3]
    assert laid[4, :, 0].tolist() == [4, 4, 0, 5, 5, 0, 0, 0]
