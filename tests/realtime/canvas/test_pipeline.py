"""Frames to canvases, with the real engine: every view, cross-fades, freeze, faults."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest

from models.importing.open_network import open_network
from realtime.canvas.pipeline import Pipeline
from realtime.capture.pattern import Pattern
from realtime.controls.action import action
from realtime.controls.controls import Controls
from realtime.controls.value import KeyBinding, value
from realtime.imaging.frame import Frame
from realtime.inference.engine import Engine
from realtime.inference.providers import CPU
from realtime.pace.level import FULL, Level
from realtime.show.make_controls import make_controls
from realtime.views.registry import find_views
from realtime.views.view import Rendered, Scene, View
from tests.screen import until

CANVAS_HW = (180, 320)


class FailingView(View):
    name = "failing"
    bind = KeyBinding(("F",), "set", "a view that fails", "failing")

    def render(self, scene: Scene) -> Rendered:
        raise ZeroDivisionError("the lens is cracked")


@dataclass(frozen=True, slots=True)
class InkSettings:
    group: ClassVar[str] = "ink"
    level: int = value(100, "how bright", KeyBinding(("+",), "step", "more ink", 50), high=250)


class InkView(View):
    """A view that the program has never heard of, with a value and an action of its own."""

    name = "ink"
    bind = KeyBinding(("I",), "set", "one flat colour", "ink")
    settings = (InkSettings,)
    hides_camera = True

    def render(self, scene: Scene) -> Rendered:
        level = scene.settings[InkSettings].level
        return Rendered(np.full((*scene.panel_hw, 3), level, np.uint8), caption=("ink", "Nothing else."))

    @action("ink/flood", "J", help="all the ink there is")
    def flood(self, controls: Controls) -> None:
        controls.set("ink/level", 250)


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with Engine(CPU) as engine:
        yield engine


@pytest.fixture
def controls() -> Controls:
    return make_controls(open_network("world").info, [*find_views(), FailingView(), InkView()])


@pytest.fixture
def pipeline(engine: Engine) -> Pipeline:
    views = [*find_views(), FailingView(), InkView()]
    return Pipeline(open_network("world"), engine, views, canvas_hw=CANVAS_HW, short_side=64)


def frames() -> Iterator[Frame]:
    source = Pattern()
    index = 0
    while True:
        yield Frame(source.read(), index, index / 30)
        index += 1


STREAM = frames()


def draw(pipeline: Pipeline, controls: Controls, *, count: int = 1, start: float = 0.0) -> np.ndarray:
    for number in range(count):
        canvas = pipeline.draw_when_ready(next(STREAM), controls.snapshot(), start + number / 30)
    return canvas.frame.image


@pytest.mark.parametrize("view", [view.name for view in find_views()])
@pytest.mark.parametrize("layout", ["side", "inset", "full"])
def test_every_view_in_every_layout_shows_something(
    pipeline: Pipeline, controls: Controls, view: str, layout: str
) -> None:
    controls.set("show/view", view)
    controls.set("show/layout", layout)
    image = draw(pipeline, controls)
    assert image.shape == (*CANVAS_HW, 3)
    assert image.std() > 20


@pytest.mark.parametrize("key", ["z", "a", "n", "t", "8", "x", "y", ";"])
def test_every_switch_changes_the_picture(pipeline: Pipeline, controls: Controls, key: str) -> None:
    controls.set("show/fade", 0.0)
    controls.set("show/layer", "block2_conv1")
    controls.press(" ")  # one frame, held, so that only the key makes a difference
    before = draw(pipeline, controls, count=3)
    controls.press(key)
    after = draw(pipeline, controls, count=3)
    assert np.abs(before.astype(int) - after).mean() > 0.3


def test_frozen_picture_stands_still_and_its_layer_can_change(pipeline: Pipeline, controls: Controls) -> None:
    controls.set("show/fade", 0.0)
    controls.set("show/view", "camera")
    controls.press(" ")
    first = draw(pipeline, controls)
    assert np.array_equal(first, draw(pipeline, controls, count=5))
    controls.press(" ")
    assert not np.array_equal(first, draw(pipeline, controls, count=5))


def test_mirror_turns_the_camera_round(pipeline: Pipeline, controls: Controls) -> None:
    controls.set("show/fade", 0.0)
    controls.set("show/view", "camera")
    controls.set("show/freeze", True)
    straight = draw(pipeline, controls)
    controls.set("show/mirror", True)
    np.testing.assert_allclose(draw(pipeline, controls)[:, ::-1], straight, atol=2)


def test_while_a_graph_is_made_the_last_picture_stays(pipeline: Pipeline, controls: Controls) -> None:
    controls.set("show/layer", "block1_conv1")
    draw(pipeline, controls)
    last = pipeline.render(next(STREAM), controls.snapshot(), 9.0)
    assert last.waiting is None
    controls.set("show/layer", "block5_conv2")
    controls.set("tiles/count", 7)
    controls.set("tiles/active", True)
    waiting = pipeline.render(next(STREAM), controls.snapshot(), 9.1)
    assert waiting.waiting == "block5_conv2"
    assert np.array_equal(waiting.frame.image, last.frame.image)


def test_between_two_drawings_a_transition_goes_on_and_the_camera_is_newer(
    pipeline: Pipeline, controls: Controls
) -> None:
    draw(pipeline, controls, count=3)
    controls.set("show/view", "camera")
    drawing = pipeline.draw_view(next(STREAM), controls.snapshot(), 1.0)
    first, second = (pipeline.composer.compose(drawing, 1.0 + later) for later in (0.0, 0.2))
    assert np.abs(first.frame.image.astype(int) - second.frame.image).mean() > 1
    done = pipeline.composer.compose(drawing, 2.0)
    newer = next(STREAM)
    beside = pipeline.composer.compose(drawing, 2.1, newer)
    assert beside.frame.index == newer.index
    assert np.array_equal(done.frame.image, pipeline.composer.compose(drawing, 2.2).frame.image)


def test_a_new_level_is_seen_once_its_graph_is_ready_and_no_picture_is_missing(controls: Controls) -> None:
    network = open_network("world")
    with Engine(CPU) as engine:
        pipeline = Pipeline(network, engine, find_views(), canvas_hw=CANVAS_HW, short_side=96)
        assert pipeline.draw_when_ready(next(STREAM), controls.snapshot(), 0.0).input_hw[0] == 96
        pipeline.level = Level(size=0.71)
        sides: list[int] = []
        while not sides or sides[-1] == 96:
            canvas = pipeline.render(next(STREAM), controls.snapshot(), 0.1)
            assert canvas.waiting is None
            sides.append(canvas.input_hw[0])
        assert sides[0] == 96
        assert sides[-1] == 64


def test_before_anything_is_ready_the_camera_is_shown() -> None:
    with Engine(CPU) as engine:
        network = open_network("world")
        pipeline = Pipeline(network, engine, find_views(), canvas_hw=CANVAS_HW, short_side=48)
        canvas = pipeline.render(next(STREAM), make_controls(network.info, find_views()).snapshot(), 0.0)
    assert canvas.view == "camera"
    assert canvas.frame.image.std() > 20


def test_a_card_about_a_fault_is_left_out_where_visitors_look(pipeline: Pipeline, controls: Controls) -> None:
    controls.press("F")
    frame = next(STREAM)
    with_card = pipeline.render(frame, controls.snapshot(), 0.0).frame.image
    pipeline.composer.says_faults = False
    canvas = pipeline.render(frame, controls.snapshot(), 10.0)
    assert canvas.fault == "the failing view failed: the lens is cracked"
    changed = (canvas.frame.image != with_card).any(axis=2)
    assert 0.02 < changed.mean() < 0.6  # the card is gone, the frame around it is the same


def test_failing_view_leaves_a_card_and_one_traceback(
    pipeline: Pipeline, controls: Controls, caplog: pytest.LogCaptureFixture
) -> None:
    controls.press("F")
    with caplog.at_level(logging.ERROR):
        canvases = [pipeline.render(next(STREAM), controls.snapshot(), 0.0) for _ in range(3)]
    assert canvases[-1].fault == "the failing view failed: the lens is cracked"
    assert canvases[-1].frame.image.std() > 10
    assert len([record for record in caplog.records if record.exc_info]) == 1
    controls.press("m")
    assert pipeline.draw_when_ready(next(STREAM), controls.snapshot(), 1.0).fault is None


def test_size_that_the_network_does_not_take_becomes_the_nearest(engine: Engine, controls: Controls) -> None:
    network = open_network("world")
    pipeline = Pipeline(network, engine, find_views(), canvas_hw=CANVAS_HW, short_side=16)
    controls.set("show/layer", "block5_conv3")
    assert pipeline.short_side(FULL) == network.info.input.smallest == 32
    assert pipeline.draw_when_ready(next(STREAM), controls.snapshot(), 0.0).fault is None


def test_a_new_view_brings_its_key_its_value_and_its_action(pipeline: Pipeline, controls: Controls) -> None:
    controls.set("show/fade", 0.0)
    controls.set("window/status", False)
    controls.press("I")
    assert (draw(pipeline, controls) == 100).all()
    controls.press("+")
    assert (draw(pipeline, controls) == 150).all()
    controls.press("J")
    assert (draw(pipeline, controls) == 250).all()


def test_stepping_through_all_layers_is_never_blank_and_prefetch_makes_it_immediate(controls: Controls) -> None:
    network = open_network("world")
    with Engine(CPU) as engine:
        pipeline = Pipeline(network, engine, find_views(), canvas_hw=CANVAS_HW, short_side=72)
        pipeline.draw_when_ready(next(STREAM), controls.snapshot(), 0.0)
        until(lambda: engine.pending == 0, "the layers that the first picture asked for")
        for number, layer in enumerate(network.info.layers[1:], start=1):
            controls.press("]")
            canvas = pipeline.render(next(STREAM), controls.snapshot(), float(number))
            assert canvas.waiting is None, f"{layer.name} was not prefetched"
            assert canvas.layer == layer
            assert canvas.frame.image.std() > 20


def test_with_little_memory_only_the_present_layer_stays_open(controls: Controls) -> None:
    controls.set("engine/memory", 1)
    controls.press("5")
    with Engine(CPU) as engine:
        pipeline = Pipeline(open_network("world"), engine, find_views(), canvas_hw=CANVAS_HW, short_side=72)
        pipeline.draw_when_ready(next(STREAM), controls.snapshot(), 0.0)
        until(lambda: engine.pending == 0, "the only layer that there is room for")
        for number in range(1, 20):
            assert pipeline.render(next(STREAM), controls.snapshot(), number / 30).waiting is None
        controls.press("[")
        assert pipeline.render(next(STREAM), controls.snapshot(), 1.0).waiting is not None
        assert pipeline.draw_when_ready(next(STREAM), controls.snapshot(), 2.0).waiting is None


def test_changing_layers_quickly_shows_only_whole_pictures(controls: Controls) -> None:
    network = open_network("world")
    with Engine(CPU) as engine:
        pipeline = Pipeline(network, engine, find_views(), canvas_hw=CANVAS_HW, short_side=80)
        pipeline.draw_when_ready(next(STREAM), controls.snapshot(), 0.0)
        shown = set()
        for number in range(150):
            controls.press("]" if number % 40 < 20 else "[")
            canvas = pipeline.render(next(STREAM), controls.snapshot(), number / 30)
            assert canvas.frame.image.std() > 20
            assert canvas.fault is None
            if canvas.waiting is None:
                assert canvas.layer is not None
                assert canvas.layer.name == controls.value("show/layer")
                shown.add(canvas.layer.name)
    assert len(shown) > 5
