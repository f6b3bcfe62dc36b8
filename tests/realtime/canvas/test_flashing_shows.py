"""The flash limiter at the end of the pipeline: whatever a canvas shows, it does not flash."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import cv2
import numpy as np
import pytest

from models.build.graph_spec import GraphSpec
from models.build.heads.activations import ActivationsHead
from models.importing.open_network import open_network
from realtime.canvas.composer import Canvas
from realtime.canvas.pipeline import Pipeline
from realtime.controls.controls import Controls
from realtime.controls.value import KeyBinding
from realtime.imaging.frame import Frame
from realtime.inference.engine import Engine, NotReady
from realtime.inference.providers import CPU
from realtime.show.make_controls import make_controls
from realtime.views.registry import find_views
from realtime.views.view import Rendered, Scene, View
from tests.flashing.analyser import analyse
from tests.flashing.films import CALM, FPS, Image, alternating, strobing_dream

CANVAS_HW = (180, 320)


class FailingView(View):
    name = "failing"
    bind = KeyBinding(("F",), "set", "a view that fails", "failing")

    def render(self, scene: Scene) -> Rendered:
        raise ZeroDivisionError


class WaitingView(View):
    name = "waiting"
    bind = KeyBinding(("W",), "set", "a view whose graph never comes", "waiting")

    def render(self, scene: Scene) -> Rendered:
        raise NotReady(GraphSpec(scene.network, ActivationsHead("block1_conv1"), scene.input_hw))


def views() -> list[View]:
    return [*find_views(), FailingView(), WaitingView()]


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with Engine(CPU) as engine:
        yield engine


@pytest.fixture
def controls() -> Controls:
    return make_controls(open_network("world").info, views())


@pytest.fixture
def make(engine: Engine) -> Callable[[bool], Pipeline]:
    def pipeline(flash_limit: bool) -> Pipeline:
        return Pipeline(
            open_network("world"), engine, views(), canvas_hw=CANVAS_HW, short_side=48, flash_limit=flash_limit
        )

    return pipeline


def canvases(pipeline: Pipeline, controls: Controls, images: Sequence[Image]) -> list[Canvas]:
    settings = controls.snapshot()
    frames = [Frame(image, number, number / FPS) for number, image in enumerate(images)]
    return [pipeline.render(frame, settings, frame.timestamp) for frame in frames]


def images_of(canvases: Sequence[Canvas]) -> list[Image]:
    return [canvas.frame.image for canvas in canvases]


@pytest.mark.parametrize("view", ["camera", "failing", "waiting"])
def test_a_camera_that_flashes_is_limited_in_canvases_of_every_kind(
    make: Callable[[bool], Pipeline], controls: Controls, view: str
) -> None:
    controls.set("show/view", view)
    flashing = alternating((0, 0, 0), (255, 255, 255), 15)
    free, limited = (canvases(make(limit), controls, flashing) for limit in (False, True))
    assert not analyse(images_of(free), FPS).safe
    assert not any(canvas.limited for canvas in free)
    assert analyse(images_of(limited), FPS).safe
    assert limited[-1].limited
    assert (limited[-1].fault, limited[-1].waiting) == (free[-1].fault, free[-1].waiting)


def test_a_dream_that_flashes_is_limited(make: Callable[[bool], Pipeline], controls: Controls) -> None:
    controls.set("show/view", "dream")
    controls.set("show/layout", "full")
    controls.set("dream/size", 96)
    results = []
    for limit in (False, True):
        pipeline, settings, drawn = make(limit), controls.snapshot(), []
        for number, image in enumerate(strobing_dream()):
            drawn.append(pipeline.draw_when_ready(Frame(image, number, number / FPS), settings, number / FPS))
        results.append(images_of(drawn))
    assert not analyse(results[0], FPS).safe
    assert analyse(results[1], FPS).safe


def test_off_leaves_every_pixel_as_it_is(make: Callable[[bool], Pipeline], controls: Controls) -> None:
    controls.set("show/view", "camera")
    flashing = [image[: CANVAS_HW[0], : CANVAS_HW[1]] for image in alternating((0, 0, 0), (255, 255, 255), 10)]
    controls.set("show/caption", False)
    controls.set("window/status", False)
    for canvas, image in zip(canvases(make(False), controls, flashing), flashing, strict=True):
        assert np.array_equal(canvas.frame.image, image)


def test_views_that_are_changed_by_hand_pass_unchanged(make: Callable[[bool], Pipeline], controls: Controls) -> None:
    free, limited = make(False), make(True)
    keys = iter("csmcsm]]4g/c" * 2)
    for number, image in enumerate(CALM["things that move"]()):
        if number % 15 == 14:
            controls.press(next(keys))
        frame, settings = Frame(image, number, number / FPS), controls.snapshot()
        one, other = (each.draw_when_ready(frame, settings, frame.timestamp) for each in (free, limited))
        assert cv2.PSNR(one.frame.image, other.frame.image) > 45, f"{one.view}, image {number}"
        assert not other.limited
