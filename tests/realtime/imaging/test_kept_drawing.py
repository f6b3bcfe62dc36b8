"""What is kept looks exactly like what is drawn."""

from __future__ import annotations

import numpy as np

from realtime.imaging.kept_drawing import KeptDrawing
from realtime.imaging.text import BRIGHT, write


def test_a_drawing_is_drawn_anew_only_when_it_or_what_lies_under_it_changes() -> None:
    kept, drawn = KeptDrawing(), list[str]()

    def picture(under: int, text: str) -> np.ndarray:
        image = np.full((60, 300, 3), under, np.uint8)

        def draw() -> None:
            drawn.append(text)
            write(image, text, 10, 40, 30, BRIGHT)

        kept.draw(image[5:55], text, draw)
        return image

    for under, text in ((16, "edges"), (16, "edges"), (90, "edges"), (90, "edges"), (90, "parts"), (90, "parts")):
        expected = np.full((60, 300, 3), under, np.uint8)
        write(expected, text, 10, 40, 30, BRIGHT)
        assert np.array_equal(picture(under, text), expected)
    assert drawn == ["edges", "edges", "parts"]
