"""Only the region that is like the chosen places dreams; it follows the picture, and a cut ends it."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from models.importing.open_network import open_network
from realtime.canvas.pipeline import Pipeline
from realtime.controls.controls import Controls, Snapshot
from realtime.features.choose_places import HINT, choose_region
from realtime.imaging.compositing import resize
from realtime.imaging.frame import Frame, Image
from realtime.inference.engine import Engine
from realtime.show.make_controls import make_controls
from realtime.views.click import Click
from realtime.views.dream import DreamView
from realtime.views.registry import find_views
from realtime.views.view import Scene
from tests.realtime.views.scenes import render_when_ready

NETWORK = open_network("world")
SIZE_HW = (96, 128)


@pytest.fixture
def controls() -> Controls:
    controls = make_controls(NETWORK.info, find_views())
    for name, value in {"size": 128, "steps": 2, "every": 0.0, "dissolve": 0.2}.items():
        controls.set(f"dream/{name}", value)
    controls.set("show/view", "dream")
    return controls


def two_kinds(across: int = 64) -> Image:
    """Stripes to the left of a column, and blurred blobs to the right of it."""
    image = np.full((*SIZE_HW, 3), 120, np.uint8)
    stripes = (np.arange(128) // 4 % 2 * 120 + 60).astype(np.uint8)
    image[:, :across] = stripes[:across, None]
    rng = np.random.default_rng(1)
    image[:, across:] = resize(rng.integers(90, 150, (6, 8, 3), np.uint8), SIZE_HW)[:, across:]
    return image


def changed(view: DreamView, engine: Engine, images: list[Image], settings: Snapshot, start: float = 0.0) -> Image:
    """How much the last picture differs from its frame, per pixel."""
    for index, image in enumerate(images):
        scene = Scene(Frame(image, index, start + index / 15), settings, NETWORK, engine, SIZE_HW, SIZE_HW)
        shown = render_when_ready(view, scene).image
    return np.asarray(cv2.absdiff(shown, images[-1]).max(axis=2), np.uint8)


def test_outside_of_the_region_the_picture_is_that_of_the_camera(engine: Engine, controls: Controls) -> None:
    controls.set("features/points", "0.2,0.5")
    change = changed(DreamView(), engine, [two_kinds()] * 20, controls.snapshot())
    assert change[10:-10, 10:40].mean() > 8
    assert change[:, 90:].max() == 0


def test_a_click_is_seen_on_the_canvas(engine: Engine, controls: Controls) -> None:
    """From the click to the canvas: outside of the region it is that of the camera view, to the last bit."""
    controls.set("show/layout", "full")
    controls.set("show/caption", False)
    views = {view.name: view for view in find_views()}
    place = Click((0.2, 0.5), (0.2, 0.5), None, NETWORK.info)
    assert "only" in views["dream"].click(controls, place)
    canvases = {}
    for name in ("dream", "camera"):
        controls.set("show/view", name)
        pipeline = Pipeline(NETWORK, engine, find_views(), canvas_hw=SIZE_HW, short_side=96)
        for index in range(20):
            now = index / 15
            canvas = pipeline.draw_when_ready(Frame(two_kinds(), index, now), controls.snapshot(), now)
        canvases[name] = canvas.frame.image
    change = cv2.absdiff(canvases["dream"], canvases["camera"]).max(axis=2)
    assert change[10:-10, 10:40].mean() > 8
    assert change[:, 90:].max() == 0


def test_without_places_everything_dreams(engine: Engine, controls: Controls) -> None:
    controls.set("features/points", "0.2,0.5")
    controls.set("dream/region", False)
    change = changed(DreamView(), engine, [two_kinds()] * 20, controls.snapshot())
    assert change[:, 90:].mean() > 4


def test_the_region_follows_the_picture(engine: Engine, controls: Controls) -> None:
    """The border between the kinds moves by 20 pixels, and the edge of the dream with it."""
    controls.set("features/points", "0.15,0.5")
    view, settings = DreamView(), controls.snapshot()
    before = changed(view, engine, [two_kinds(40)] * 20, settings)
    walk = [two_kinds(40 + min(2 * step, 20)) for step in range(20)]
    after = changed(view, engine, walk, settings, start=1.4)
    assert 10 < edge(after) - edge(before) < 30


def edge(change: Image) -> int:
    """The last column that dreams."""
    return int(np.flatnonzero(change[10:-10].mean(axis=0) > 6)[-1])


def test_a_cut_ends_the_region_too(engine: Engine, controls: Controls) -> None:
    controls.set("features/points", "0.2,0.5")
    view, settings = DreamView(), controls.snapshot()
    changed(view, engine, [two_kinds()] * 20, settings)
    other = resize(np.random.default_rng(8).integers(0, 256, (3, 4, 3), np.uint8), SIZE_HW)
    assert changed(view, engine, [other], settings, start=2.0).max() == 0


def test_a_click_chooses_a_place_and_a_second_one_forgets_it(controls: Controls) -> None:
    assert choose_region(controls, (0.2, 0.5), wanted=False) == HINT
    assert "only" in choose_region(controls, (0.2, 0.5))
    choose_region(controls, (0.8, 0.5), wanted=False)
    assert controls.value("features/points") == "0.200,0.500 -0.800,0.500"
    choose_region(controls, (0.8, 0.51), wanted=False)
    assert controls.value("features/points") == "0.200,0.500"
    assert "whole picture" in choose_region(controls, (0.21, 0.5))
    assert controls.value("features/points") == ""
    assert controls.value("show/view") == "dream"
