"""A picture that is alone fills its canvas: nothing is stretched, nothing is shifted, and clicks hit their places."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from models.importing.open_network import open_network
from realtime.canvas.composer import Canvas
from realtime.canvas.pipeline import Pipeline
from realtime.capture.pattern import Pattern
from realtime.controls.controls import Controls
from realtime.imaging.compositing import BACKGROUND, covering
from realtime.imaging.frame import Frame, Image
from realtime.inference.engine import Engine
from realtime.show.make_controls import make_controls
from realtime.views.registry import find_views

NETWORK = open_network("world")
PICTURES = ("camera", "dream", "features", "gradcam", "saliency")
CANVASES = [(180, 320), (320, 180), (240, 240), (120, 427)]
FRAME = np.ascontiguousarray(cv2.resize(Pattern().read(), (320, 240)).astype(np.uint8))


def controls_for(view: str, fit: str) -> Controls:
    controls = make_controls(NETWORK.info, find_views())
    controls.set("show/view", view)
    for path, value in (("show/layout", "full"), ("show/fade", 0.0), ("window/status", False), ("show/fit", fit)):
        controls.set(path, value)
    return controls


def drawn(engine: Engine, view: str, fit: str, canvas_hw: tuple[int, int], count: int = 4) -> Canvas:
    pipeline = Pipeline(NETWORK, engine, find_views(), canvas_hw=canvas_hw, short_side=64)
    snapshot = controls_for(view, fit).snapshot()
    return [pipeline.draw_when_ready(Frame(FRAME, n, n / 10), snapshot, n / 10) for n in range(count)][-1]


def middle_of(image: Image, size_hw: tuple[int, int]) -> Image:
    """The centre crop."""
    whole = covering((240, 320), size_hw)
    large = cv2.resize(image, whole[::-1], interpolation=cv2.INTER_AREA)
    top, left = (whole[0] - size_hw[0]) // 2, (whole[1] - size_hw[1]) // 2
    return large[top : top + size_hw[0], left : left + size_hw[1]].astype(np.uint8)


@pytest.mark.parametrize("canvas_hw", CANVASES)
@pytest.mark.parametrize("view", PICTURES)
def test_no_bars_are_left(engine: Engine, view: str, canvas_hw: tuple[int, int]) -> None:
    image = drawn(engine, view, "cover", canvas_hw).frame.image
    assert image.shape == (*canvas_hw, 3)
    for edge in (image[0], image[-1], image[:, 0], image[:, -1]):
        assert (edge == BACKGROUND).all(axis=1).mean() < 0.1


@pytest.mark.parametrize("canvas_hw", CANVASES)
@pytest.mark.parametrize("view", PICTURES)
def test_it_is_the_middle_of_the_whole_picture(engine: Engine, view: str, canvas_hw: tuple[int, int]) -> None:
    whole = drawn(engine, view, "contain", (240, 320)).frame.image
    expected, shown = middle_of(whole, canvas_hw), drawn(engine, view, "cover", canvas_hw).frame.image
    near = cv2.blur(np.abs(cv2.blur(shown, (5, 5)).astype(np.float32) - cv2.blur(expected, (5, 5))), (9, 9))
    moved = np.abs(cv2.blur(np.roll(shown, 9, 1), (5, 5)).astype(np.float32) - cv2.blur(expected, (5, 5)))
    assert near.mean() < 0.6 * moved.mean()
    assert near.mean() < 12


@pytest.mark.parametrize("canvas_hw", CANVASES)
def test_a_place_on_the_canvas_is_its_place_in_the_frame(engine: Engine, canvas_hw: tuple[int, int]) -> None:
    box, (height, width) = drawn(engine, "camera", "cover", canvas_hw).picture, canvas_hw
    assert abs(box.width / box.height - 320 / 240) < 0.02
    assert box.left <= 0 and box.top <= 0
    assert box.left + box.width >= width and box.top + box.height >= height
    assert abs(box.left + box.width / 2 - width / 2) <= 1
    assert abs(box.top + box.height / 2 - height / 2) <= 1


def test_the_first_canvas_fills_too(engine: Engine) -> None:
    with Engine(engine.provider) as fresh:
        pipeline = Pipeline(NETWORK, fresh, find_views(), canvas_hw=(180, 320), short_side=64)
        canvas = pipeline.render(Frame(FRAME, 0, 0.0), controls_for("features", "cover").snapshot(), 0.0)
    assert canvas.waiting is not None
    np.testing.assert_allclose(canvas.frame.image.astype(int), middle_of(FRAME, (180, 320)).astype(int), atol=40)


@pytest.mark.parametrize("view", ["mosaic", "story"])
def test_other_views_are_as_they_were(engine: Engine, view: str) -> None:
    cover, contain = (drawn(engine, view, fit, (180, 320)) for fit in ("cover", "contain"))
    assert cover.picture == contain.picture
    assert cover.panel == contain.panel
