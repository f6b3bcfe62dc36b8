"""Pure functions on images, layouts and text."""

from __future__ import annotations

import numpy as np
import pytest

from models.spec import InputLimits
from realtime.canvas.layout import arrange, status_height
from realtime.imaging import compositing
from realtime.imaging.colormaps import COLORMAPS, apply_colormap
from realtime.imaging.compositing import BACKGROUND, Rect
from realtime.imaging.text import text_width, wrap, write
from realtime.inference.network_input import input_size
from realtime.overlay.hud import Placement


@pytest.mark.parametrize("panel_hw", [(100, 100), (30, 200), (200, 30)])
def test_fit_keeps_the_aspect_ratio_and_fills_the_panel(panel_hw: tuple[int, int]) -> None:
    image = np.full((60, 80, 3), 200, np.uint8)
    fitted = compositing.fit(image, panel_hw)
    assert fitted.shape == (*panel_hw, 3)
    lit = np.argwhere((fitted == 200).all(axis=2))
    height, width = lit.max(axis=0) - lit.min(axis=0) + 1
    assert width / height == pytest.approx(4 / 3, rel=0.1)
    assert height == panel_hw[0] or width == panel_hw[1]


def test_blend_goes_from_old_to_new() -> None:
    old, new = np.zeros((4, 4, 3), np.uint8), np.full((4, 4, 3), 100, np.uint8)
    assert [int(compositing.blend(old, new, weight)[0, 0, 0]) for weight in (0.0, 0.5, 1.0)] == [0, 50, 100]


@pytest.mark.parametrize(
    ("frame_hw", "short", "limits", "expected"),
    [
        ((480, 640), 224, InputLimits(), (224, 304)),
        ((640, 480), 224, InputLimits(), (304, 224)),
        ((720, 1280), 96, InputLimits(), (96, 176)),
        ((50, 50), 64, InputLimits(), (64, 64)),
        ((1, 4000), 64, InputLimits(), (64, 256)),
        ((480, 640), 224, InputLimits(64, step=64), (256, 320)),
        ((640, 480), 16, InputLimits(24, step=8), (32, 24)),
        ((480, 640), 224, InputLimits(fixed_hw=(36, 64)), (36, 64)),
    ],
)
def test_what_the_network_sees(
    frame_hw: tuple[int, int], short: int, limits: InputLimits, expected: tuple[int, int]
) -> None:
    assert input_size(frame_hw, short, limits) == expected


CANVASES = ((720, 1280), (1080, 1920), (1280, 720), (120, 160), (600, 2400), (1080, 1080), (384, 1920), (2160, 3840))


@pytest.mark.parametrize("canvas_hw", CANVASES)
@pytest.mark.parametrize("name", ["side", "inset", "full"])
@pytest.mark.parametrize("camera_hw", [(480, 640), (720, 1280), (1280, 720)])
@pytest.mark.parametrize("is_picture", [True, False])
@pytest.mark.parametrize("status", [True, False])
def test_every_layout_lies_within_the_canvas(
    name: str, canvas_hw: tuple[int, int], camera_hw: tuple[int, int], is_picture: bool, status: bool
) -> None:
    layout = arrange(name, canvas_hw, camera_hw, status=status, is_picture=is_picture)
    assert layout.view.top + layout.view.height <= canvas_hw[0] - status * status_height(canvas_hw)
    for rect in (layout.view, layout.camera, layout.caption):
        if rect is not None:
            assert rect.left >= 0
            assert rect.top >= 0
            assert rect.left + rect.width <= canvas_hw[1]
            assert rect.top + rect.height <= canvas_hw[0]


@pytest.mark.parametrize("canvas_hw", CANVASES)
@pytest.mark.parametrize("camera_hw", [(480, 640), (720, 1280), (1280, 720)])
def test_camera_and_words_take_less_than_a_quarter(canvas_hw: tuple[int, int], camera_hw: tuple[int, int]) -> None:
    layout = arrange("side", canvas_hw, camera_hw)
    assert layout.camera is not None
    assert layout.caption is not None
    taken = sum(rect.width * rect.height for rect in (layout.camera, layout.caption))
    assert taken < 0.25 * canvas_hw[0] * canvas_hw[1]


@pytest.mark.parametrize("canvas_hw", [(1920, 1080), (1280, 720), (600, 2400), (384, 1920)])
@pytest.mark.parametrize("camera_hw", [(480, 640), (720, 1280), (1280, 720)])
def test_a_pair_has_one_size_and_is_aligned(canvas_hw: tuple[int, int], camera_hw: tuple[int, int]) -> None:
    layout = arrange("side", canvas_hw, camera_hw, is_picture=True)
    assert layout.camera is not None
    assert layout.camera.hw == layout.view.hw
    assert layout.camera.top == layout.view.top or layout.camera.left == layout.view.left


def test_text_on_a_picture_has_a_shadow_without_edges() -> None:
    image = np.full((200, 300, 3), 240, np.uint8)
    compositing.darken(image, compositing.Rect(-20, 50, 150, 60), fade=50)
    levels = image[:, :, 0].astype(int)
    assert levels[100, 60] < 80
    assert max(np.abs(np.diff(levels, axis=0)).max(), np.abs(np.diff(levels, axis=1)).max()) < 24
    assert (levels[:, 190:] == 240).all()


@pytest.mark.parametrize("canvas_hw", CANVASES)
@pytest.mark.parametrize(("name", "is_picture"), [("side", False), ("side", True), ("inset", False)])
def test_only_pictures_are_covered(canvas_hw: tuple[int, int], name: str, is_picture: bool) -> None:
    layout = arrange(name, canvas_hw, (480, 640), is_picture=is_picture)
    assert not layout.over
    assert layout.view.top + layout.view.height <= canvas_hw[0] - status_height(canvas_hw)
    taken = np.zeros(canvas_hw, int)
    for rect in (layout.view, layout.camera, layout.caption):
        assert rect is not None
        taken[rect.top : rect.top + rect.height, rect.left : rect.left + rect.width] += 1
    assert taken.max() == 1


@pytest.mark.parametrize("colormap", COLORMAPS)
def test_colormaps_rise_in_lightness(colormap: str) -> None:
    colours = apply_colormap(np.arange(256, dtype=np.uint8)[None, :], colormap, 1.0)[0].astype(float)
    lightness = colours @ np.array([0.0722, 0.7152, 0.2126])  # BGR, Rec. 709
    assert (np.diff(lightness) > -1.0).all()
    assert tuple(colours[0]) == BACKGROUND
    assert lightness[-1] > 200


def test_contrast_lifts_the_faint_and_keeps_the_ends() -> None:
    grey = np.array([[0, 40, 255]], np.uint8)
    plain, lifted = apply_colormap(grey, "grey", 1.0)[0, :, 0], apply_colormap(grey, "grey", 2.0)[0, :, 0]
    assert (plain[0], plain[2]) == (lifted[0], lifted[2]) == (BACKGROUND[0], 255)
    assert lifted[1] > plain[1] + 40


def test_text_is_drawn_where_it_was_asked_and_cut_at_the_edge() -> None:
    image = np.zeros((60, 200, 3), np.uint8)
    width = write(image, "edges", 10, 40, 24, (10, 20, 250))
    assert width == text_width("edges", 24)
    assert image[20:46, 10 : 10 + width, 2].max() == 250
    assert image[:, 10 + width + 2 :].max() == 0
    write(image, "beyond the edge of the picture", 150, 58, 24, (255, 255, 255))
    write(image, "outside", 500, 500, 24, (255, 255, 255))


def test_wrap_keeps_every_word_and_the_width() -> None:
    text = "Parts that add up: this channel waits for one kind of thing."
    lines = wrap(text, 20, 200)
    assert " ".join(lines) == text
    assert len(lines) > 2
    assert all(text_width(line, 20) <= 200 for line in lines)


@pytest.mark.parametrize("window_hw", [(720, 1280), (1080, 1920), (900, 900)])
def test_window_and_canvas_points_agree(window_hw: tuple[int, int]) -> None:
    placement = Placement.of((720, 1280), window_hw)
    box = placement.to_window(Rect(100, 50, 20, 10))
    x, y = placement.to_canvas(box.left, box.top)
    assert x == pytest.approx(100, abs=1)
    assert y == pytest.approx(50, abs=1)
