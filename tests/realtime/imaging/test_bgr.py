from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from models.errors import SourceError
from realtime.imaging.bgr import as_bgr
from realtime.imaging.compositing import BACKGROUND

GREY = np.array([[0, 128], [255, 7]], np.uint8)


@pytest.mark.parametrize(
    ("picture", "expected"),
    [
        (GREY, np.stack([GREY] * 3, 2)),
        (GREY[..., None], np.stack([GREY] * 3, 2)),
        (GREY.astype(np.uint16) << 8, np.stack([GREY] * 3, 2)),
        (np.full((1, 1, 3), (1, 2, 3), np.uint8), np.full((1, 1, 3), (1, 2, 3))),
        (np.full((1, 1, 4), (100, 200, 50, 255), np.uint8), np.full((1, 1, 3), (100, 200, 50))),
        (np.full((1, 1, 4), (100, 200, 50, 128), np.uint8), np.full((1, 1, 3), (58, 107, 31))),
        (np.full((1, 1, 4), (100, 200, 50, 0), np.uint16) << 8, np.full((1, 1, 3), BACKGROUND)),
    ],
)
def test_every_format_becomes_bgr(picture: NDArray[Any], expected: NDArray[Any]) -> None:
    image = as_bgr(picture, "it")
    assert image.dtype == np.uint8
    np.testing.assert_array_equal(image, expected)


@pytest.mark.parametrize("view", [np.s_[:, ::2], np.s_[::-1], np.s_[:, :, ::-1], np.s_[3:9, 2:7]])
def test_odd_strides_become_contiguous(view: tuple[slice, ...]) -> None:
    picture = np.random.default_rng(0).integers(0, 256, (12, 10, 3), np.uint8)[view]
    image = as_bgr(picture, "it")
    assert image.flags.c_contiguous
    np.testing.assert_array_equal(image, picture)


@pytest.mark.parametrize(
    "picture",
    [
        np.zeros((4, 4, 2), np.uint8),
        np.zeros(4, np.uint8),
        np.zeros((4, 4, 3), np.float32),
        np.zeros((1, 4, 4, 3), np.uint8),
    ],
)
def test_anything_else_is_refused_in_one_line(picture: NDArray[Any]) -> None:
    with pytest.raises(SourceError, match="camera 3: unsupported pixel format") as caught:
        as_bgr(picture, "camera 3")
    assert "\n" not in str(caught.value)
