"""Text that fits, marks and bars."""

from __future__ import annotations

import numpy as np
import pytest

from models.spec import LayerInfo, Prediction
from realtime.imaging.compositing import BACKGROUND, Rect, background
from realtime.imaging.drawing import draw_marks, draw_predictions, fitting, predictions_height
from realtime.imaging.text import ACCENT, shortened, text_width

LAYERS = tuple(LayerInfo(f"block{block}_conv{conv}", 64, 1, block) for block in range(1, 6) for conv in (1, 2, 3))


@pytest.mark.parametrize("width", [60, 150, 400])
def test_text_is_made_to_fit(width: int) -> None:
    text = "inception_4c/output, a long name"
    size = fitting(text, width, size=40)
    assert text_width(shortened(text, size, width), size) <= width
    assert size == 40 or text_width(text, size + 1) > width


@pytest.mark.parametrize("place", [0, 7, 14])
def test_the_mark_of_the_current_layer_is_coloured(place: int) -> None:
    canvas = background((20, 600))
    draw_marks(canvas, Rect(10, 5, 580, 6), LAYERS, LAYERS[place])
    columns = np.flatnonzero((canvas[7] == ACCENT).all(axis=-1))
    assert columns.size > 10
    assert abs(columns.mean() - (10 + 580 * (place + 0.5) / 15)) < 30
    assert (canvas[:, :10] == BACKGROUND).all()
    assert (canvas[:, 591:] == BACKGROUND).all()


def test_bars_are_as_long_as_their_probabilities() -> None:
    predictions = [Prediction(0, "a cat", 0.75), Prediction(1, "a very long name of a thing that does not fit", 0.25)]
    canvas = background((predictions_height(2, 20) + 10, 400))
    draw_predictions(canvas, Rect(50, 0, 300, 400), predictions, size=20)
    assert (canvas == ACCENT).all(axis=-1).sum(axis=1).max() == pytest.approx(225, abs=2)
    assert (canvas[:, :49] == BACKGROUND).all()
    assert (canvas[:, 352:] == BACKGROUND).all()
