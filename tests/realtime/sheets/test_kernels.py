"""Kernels of every shape as pictures."""

from __future__ import annotations

from typing import cast

import numpy as np
import pytest

from models.graph.kernels import Kernels
from models.spec import Colours, InputInfo, LayerInfo, ModelInfo
from realtime.sheets.kernel_answers import SEAM, SIDE, beside_answers
from realtime.sheets.kernels import cells, coloured, diverging, grid_image, signed
from realtime.sheets.kernelsheet import draw_kernels

INFO = ModelInfo("net", "some", InputInfo(colours="RGB"), (LayerInfo("conv", 64, 1, 1),))


def kernels(*shape: int, first: bool = False, groups: int = 1) -> Kernels:
    weights = np.random.default_rng(5).normal(size=shape).astype(np.float32)
    return Kernels(LayerInfo("conv", shape[0], 1, 1), weights, groups, first)


@pytest.mark.parametrize(
    ("drawn", "words"),
    [
        (kernels(64, 3, 7, 7, first=True), "all 64 kernels, 7×7, in the colours that they look for"),
        (kernels(512, 512, 3, 3), "one row each"),
        (kernels(256, 1024, 1, 1), "1×1, one row each"),
        (kernels(2048, 1, 3, 3, groups=2048), "kernels, 3×3, each with one input"),
        (kernels(32, 8, 3, 3, groups=4), "all 8 inputs of its group"),
        (kernels(1, 1, 1, 1), "1 kernel, 1×1"),
        (kernels(8, 3, 1, 9, first=True), "all 8 kernels, 9×1, in the colours"),
    ],
)
def test_kernels_of_every_shape_are_drawn(drawn: Kernels, words: str) -> None:
    assert words in cells(drawn, "RGB", (20, 40), shape=0.5).description
    for width in (640, 1920):
        sheet = draw_kernels(drawn, INFO, width)
        assert sheet.shape[1] == width
        assert sheet.shape[0] < width
        assert sheet[80 * width // 1920 :].std() > 10


def test_the_first_kernels_are_shown_in_the_colours_that_activate_them() -> None:
    weights = np.zeros((2, 3, 3, 3), np.float32)
    weights[0, 0, 1, 1] = 1.0  # the first colour of the network
    weights[1, 2, 1, 1] = -2.0
    rgb, bgr = coloured(weights, "RGB"), coloured(weights, "BGR")
    assert rgb[0, 1, 1].tolist() == [0, 0, 255]
    assert bgr[0, 1, 1].tolist() == [255, 0, 0]
    assert rgb[1, 1, 1].tolist() == [0, 255, 255]
    assert (coloured(np.ones((1, 3, 2, 2), np.float32), "RGB") == 128).all()


def test_zero_is_dark_and_signs_have_different_colours() -> None:
    below, zero, above = diverging(np.array([-0.5, 0.0, 0.5]))
    assert zero.max() < 50
    assert below[0] > below[2]
    assert above[2] > above[0]
    assert (signed(np.zeros((2, 4, 1, 1), np.float32)) == 0).all()


def test_cells_lie_in_reading_order() -> None:
    pictures = np.arange(1, 6, dtype=np.uint8)[:, None, None, None].repeat(3, axis=3)
    laid = grid_image(pictures, cols=3, scale=2, gap=1, ground=(0, 0, 0))
    assert laid.shape == (5, 8, 3)
    assert laid[0, :, 0].tolist() == [1, 1, 0, 2, 2, 0, 3, 3]
    assert laid[4, :, 0].tolist() == [4, 4, 0, 5, 5, 0, 0, 0]


def test_beside_a_kernel_is_where_it_answers() -> None:
    """A kernel of the first colour answers to the discs of that colour and to the white one."""
    weights = np.zeros((4, 3, 3, 3), np.float32)
    weights[:, 0, 1, 1] = 1.0
    drawn = Kernels(LayerInfo("conv", 4, 1, 1), weights, 1, first=True)
    for colours, (x, y) in {"RGB": (7, 7), "BGR": (7, 41)}.items():
        order = cast(Colours, colours)
        first = cells(drawn, order, (20, 40), shape=0.5)
        paired = beside_answers(first, drawn, order, (600, 800), 2)
        answer = paired.pictures[0, :, SIDE + SEAM :].astype(int).sum(axis=2)
        assert answer[24, 24] > 500
        assert answer[y, x] > 500
        assert answer[7, 41] < 100, "the green one"
        assert beside_answers(first, drawn, order, (40, 80), 2) is first, "no room"
