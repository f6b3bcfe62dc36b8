from __future__ import annotations

from fractions import Fraction

import av
import numpy as np
import pytest

from realtime.capture.films.container import MAX_PIXELS
from realtime.capture.films.convert import Converter, square_pixels_wh, upright
from realtime.imaging.frame import Image, hw

CORNERS = np.array([[1, 2], [3, 4], [5, 6]], np.uint8)[..., None].repeat(3, 2)


@pytest.mark.parametrize(
    ("matrix", "shown"),
    [
        (None, [[1, 2], [3, 4], [5, 6]]),
        ((1, 0, 0, 1), [[1, 2], [3, 4], [5, 6]]),
        ((-1, 0, 0, -1), [[6, 5], [4, 3], [2, 1]]),
        ((-1, 0, 0, 1), [[2, 1], [4, 3], [6, 5]]),
        ((1, 0, 0, -1), [[5, 6], [3, 4], [1, 2]]),
        ((0, 1, -1, 0), [[5, 3, 1], [6, 4, 2]]),  # clockwise, as phones held upright write it
        ((0, -1, 1, 0), [[2, 4, 6], [1, 3, 5]]),
        ((0, 1, 1, 0), [[1, 3, 5], [2, 4, 6]]),
        ((0, -1, -1, 0), [[6, 4, 2], [5, 3, 1]]),
    ],
)
def test_a_display_matrix_turns_and_mirrors(matrix: tuple[int, int, int, int] | None, shown: list[list[int]]) -> None:
    assert upright(CORNERS, matrix)[..., 0].tolist() == shown


@pytest.mark.parametrize(
    ("size_wh", "aspect", "expected"),
    [
        ((320, 180), Fraction(1), (320, 180)),
        ((320, 180), Fraction(2), (640, 180)),
        ((320, 180), Fraction(1, 2), (320, 360)),
        ((720, 576), Fraction(64, 45), (1024, 576)),
        ((720, 480), Fraction(8, 9), (720, 540)),
        ((8000, 6000), Fraction(2), (8000, 6000)),
    ],
)
def test_pixels_become_square(size_wh: tuple[int, int], aspect: Fraction, expected: tuple[int, int]) -> None:
    assert square_pixels_wh(*size_wh, aspect) == expected
    assert expected[0] * expected[1] <= MAX_PIXELS


def convert(pixels: Image, pixel_format: str, aspect: Fraction | None = None) -> Image:
    return Converter("film", aspect).image(
        av.VideoFrame.from_ndarray(pixels, format="bgr24").reformat(format=pixel_format)
    )


@pytest.mark.parametrize("aspect", [None, Fraction(0), Fraction(1000), Fraction(1, 1000)])
def test_an_aspect_that_is_a_mistake_is_passed_over(aspect: Fraction | None) -> None:
    assert hw(convert(np.zeros((90, 160, 3), np.uint8), "yuv420p", aspect)) == (90, 160)


@pytest.mark.parametrize(
    "pixel_format", ["bgr24", "rgb24", "bgra", "gbrp", "yuv420p", "yuv444p10le", "rgb48le", "nv12"]
)
@pytest.mark.parametrize("width", [64, 61])
def test_every_format_becomes_bgr(pixel_format: str, width: int) -> None:
    pixels = np.full((48, width, 3), (30, 90, 200), np.uint8)
    image = convert(pixels, pixel_format)
    assert (image.dtype.name, image.flags.c_contiguous) == ("uint8", True)
    np.testing.assert_allclose(image.astype(int), pixels, atol=3)
