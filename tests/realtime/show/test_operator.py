"""Keys, clicks and the wheel: in every view each of them is seen, or the status line says why not."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from models.importing.open_network import open_network
from realtime.canvas.pipeline import Canvas, Pipeline
from realtime.capture.pattern import Pattern
from realtime.controls.controls import Controls
from realtime.imaging.compositing import Rect
from realtime.imaging.frame import Frame
from realtime.inference.engine import Engine
from realtime.inference.providers import CPU
from realtime.outputs.window import Click, Turn
from realtime.show.make_controls import make_controls
from realtime.show.operator import Operator
from realtime.show.screen import LARGEST_HW, fullscreen_canvas
from realtime.show.setup import RenderSetup
from realtime.views.registry import find_views

NETWORK = open_network("world")
VIEWS = [view.name for view in find_views()]
FRAME = Frame(Pattern().read(), 0, 0.0)


class Stage:
    """A show without a window: what is on the screen, and the operator."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.controls: Controls = make_controls(NETWORK.info, find_views())
        self.controls.set("show/fade", 0.0)
        self.operator = Operator(RenderSetup(NETWORK, find_views(), self.controls))
        self.controls.register(self.operator)

    def draw(self) -> Canvas:
        """What the settings show, from a fresh start: the same settings give the same picture."""
        pipeline = Pipeline(NETWORK, self.engine, find_views(), canvas_hw=(240, 400), short_side=48)
        for number in range(3):
            now = number / 10
            frame = Frame(FRAME.image, number, now)
            canvas = pipeline.draw_when_ready(frame, self.controls.snapshot(), now)
        self.operator.canvas = canvas
        return canvas

    def show(self, **values: object) -> Canvas:
        """Set values of the group show, and draw."""
        for name, value in values.items():
            self.controls.set(f"show/{name}", value)  # type: ignore[arg-type]
        return self.draw()

    def click(self, box: Rect, x: float = 0.5, y: float = 0.5, **how: object) -> str:
        """Click into a rectangle of the canvas."""
        place = box.left + x * box.width, box.top + y * box.height
        return self.operator.click(Click(*place, **how), place)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with Engine(CPU) as engine:
        yield engine


@pytest.fixture
def stage(engine: Engine) -> Stage:
    return Stage(engine)


def keys_of(controls: Controls) -> list[str]:
    """Every key of the values, of the views and of the operator, and one that has no function."""
    values = [key for value in controls.table.values() for bind in value.binds for key in bind.keys]
    return [*values, *(key for action in controls.actions.values() for key in action.keys), "b", "F9"]


@pytest.mark.slow
@pytest.mark.parametrize("layout", ["side", "full"])
@pytest.mark.parametrize("view", VIEWS)
def test_every_key_is_seen_or_answered_in_every_view(engine: Engine, view: str, layout: str) -> None:
    silent, first = [], Stage(engine)
    before = first.show(view=view, layout=layout)
    for key in keys_of(first.controls):
        stage = Stage(engine)
        stage.controls.set("show/view", view)
        stage.controls.set("show/layout", layout)
        stage.operator.canvas = before
        window = {path: value for path, value in stage.controls.values().items() if path.startswith("window/")}
        answer = stage.operator.press(key)
        if answer or stage.operator.cursor_visible or window.items() - stage.controls.values().items():
            continue
        after = stage.draw()
        if np.abs(before.frame.image.astype(int) - after.frame.image).mean() < 0.05:
            silent.append(key)
    assert not silent


@pytest.mark.slow
@pytest.mark.parametrize("view", VIEWS)
def test_every_click_and_turn_is_seen_or_answered(engine: Engine, view: str) -> None:
    for how in ({}, {"button": "right"}):
        for x, y in ((0.5, 0.5), (0.02, 0.02), (0.9, 0.7)):
            stage = Stage(engine)
            before = stage.show(view=view)
            answer = stage.click(before.panel, x, y, **how)
            after = stage.draw()
            seen = np.abs(before.frame.image.astype(int) - after.frame.image).mean() > 0.05
            assert answer or seen or stage.operator.cursor_visible, (how, x, y)
    for turn in (Turn(1), Turn(-1), Turn(1, shift=True), Turn(-1, shift=True)):
        stage = Stage(engine)
        before = stage.show(view=view)
        answer = stage.operator.turn(turn)
        assert answer or np.abs(before.frame.image.astype(int) - stage.draw().frame.image).mean() > 0.05, turn


def test_the_wheel_goes_through_the_layers_and_with_shift_changes_the_dream(stage: Stage) -> None:
    stage.show(layer="block3_conv1")
    assert stage.operator.turn(Turn(1)) == ""
    assert stage.controls.value("show/layer") == "block3_conv2"
    assert stage.operator.turn(Turn(-100)) == ""
    assert stage.operator.turn(Turn(-1)) == "layer: block1_conv1 already"
    assert stage.operator.turn(Turn(-1, shift=True)) == "dream strength: 34, seen in dream (d)"
    stage.show(view="camera")
    assert stage.operator.turn(Turn(1)) == "layer: block1_conv2, seen in mosaic (m)"


@pytest.mark.parametrize(
    ("view", "key", "answer"),
    [
        ("mosaic", "F9", "F9 has no function; h lists the keys"),
        ("mosaic", ".", "recording format: mp4"),
        ("mosaic", "m", "view: mosaic already"),
        ("mosaic", "7", "features: picture, seen in features (6)"),
        ("dream", "8", "contrast: 2.2, seen in mosaic (m)"),
        ("camera", "y", "layout: inset, not seen in this view"),
        ("camera", "3", "layer: block3_conv1, seen in mosaic (m)"),
        ("gradcam", "]", "layer: block5_conv3 already"),
        ("story", "l", "there are no tiles here; m shows the mosaic"),
    ],
)
def test_the_words_of_the_answers(stage: Stage, view: str, key: str, answer: str) -> None:
    stage.controls.set("show/view", view)
    assert stage.operator.press(key) == answer


def test_a_click_selects_the_tile_and_a_double_click_enlarges_it(stage: Stage) -> None:
    canvas = stage.show(layout="full")
    assert canvas.tiles is not None
    stage.click(canvas.panel, 0.85, 0.9)
    assert stage.controls.value("tiles/channel") == canvas.tiles.channels[-1]
    assert not stage.controls.value("tiles/zoom")
    assert stage.operator.cursor_visible
    stage.click(canvas.panel, 0.85, 0.9, twice=True)
    assert stage.controls.value("tiles/zoom")
    stage.draw()
    assert "all tiles" in stage.click(canvas.panel, 0.3, 0.3)
    stage.click(canvas.panel, 0.3, 0.3, twice=True)
    assert not stage.controls.value("tiles/zoom")


def test_a_click_on_features_adds_a_place_of_the_picture(stage: Stage) -> None:
    canvas = stage.show(view="features", layout="full")
    assert canvas.picture != canvas.panel  # the frame is 4:3, the panel is not
    assert stage.click(canvas.picture, 0.25, 0.75)
    assert stage.controls.value("features/mode") == "similar"
    assert stage.controls.value("features/points") == "0.250,0.750"
    stage.click(canvas.picture, 0.5, 0.5, button="right")
    assert stage.controls.value("features/points") == "0.250,0.750 -0.500,0.500"
    assert "click what you look for" in stage.click(canvas.panel, 0.001, 0.5)  # beside the picture
    stage.click(canvas.picture, 0.5, 0.5, twice=True)
    assert stage.controls.value("features/points") == ""
    assert "not this" in stage.click(canvas.picture, button="right")  # nothing is wanted yet: it would be dark
    assert stage.controls.value("features/points") == ""


def test_a_place_is_where_it_was_clicked(stage: Stage) -> None:
    """What lights up is at the click, also where the picture is letterboxed."""
    canvas = stage.show(view="features", layout="full", layer="block2_conv2")
    stage.click(canvas.picture, 0.8, 0.3)
    after = stage.draw()
    box = after.picture
    lit = after.frame.image.astype(int).std(axis=2)
    x, y = box.left + round(0.8 * box.width), box.top + round(0.3 * box.height)
    near = lit[y - 2 : y + 3, x - 2 : x + 3].mean()
    assert near >= np.percentile(lit[box.top : box.top + box.height, box.left : box.left + box.width], 50)


@pytest.mark.parametrize("view", ["camera", "gradcam"])
def test_a_click_on_a_picture_looks_for_what_is_like_it(stage: Stage, view: str) -> None:
    canvas = stage.show(view=view)
    stage.click(canvas.picture, 0.2, 0.4)
    assert (stage.controls.value("show/view"), stage.controls.value("features/points")) == ("features", "0.200,0.400")
    stage.draw()
    assert stage.click(canvas.picture, 0.2, 0.4, twice=True) == ""  # the second half of one double click
    assert stage.controls.value("features/points") == "0.200,0.400"


@pytest.mark.parametrize("view", ["mosaic", "story", "dream", "saliency"])
def test_a_click_on_the_camera_beside_any_view_does_the_same(stage: Stage, view: str) -> None:
    canvas = stage.show(view=view)
    assert canvas.camera is not None
    stage.click(canvas.camera, 0.5, 0.25)
    assert (stage.controls.value("show/view"), stage.controls.value("features/points")) == ("features", "0.500,0.250")


def test_a_click_on_a_row_of_the_story_goes_to_its_layer(stage: Stage) -> None:
    canvas = stage.show(view="story")
    rows = NETWORK.info.key_layers
    stage.click(canvas.panel, 0.5, (7 + 0.5) / len(rows))
    assert (stage.controls.value("show/view"), stage.controls.value("show/layer")) == ("mosaic", rows[7].name)


def test_escape_leaves_help_then_zoom_then_fullscreen_and_never_resets(stage: Stage) -> None:
    stage.show(view="mosaic", layer="block3_conv1")
    for path in ("tiles/zoom", "window/fullscreen", "window/help", "show/mirror"):
        stage.controls.set(path, True)
    left = []
    for _ in range(3):
        assert stage.operator.press("Esc") == ""
        left.append([stage.controls.value(path) for path in ("window/help", "tiles/zoom", "window/fullscreen")])
    assert left == [[False, True, True], [False, False, True], [False, False, False]]
    assert "Backspace" in stage.operator.press("Esc")
    assert (stage.controls.value("show/mirror"), stage.controls.value("show/layer")) == (True, "block3_conv1")


def test_backspace_resets_all_but_the_size_of_the_window(stage: Stage) -> None:
    stage.controls.mark_start()
    for key in ("5", "x", "f"):
        stage.operator.press(key)
    assert stage.operator.press("Backspace")
    assert (stage.controls.value("show/mirror"), stage.controls.value("show/layer")) == (False, "block1_conv1")
    assert stage.controls.value("window/fullscreen")


def test_any_key_closes_the_help_and_does_its_work(stage: Stage) -> None:
    stage.operator.press("h")
    stage.operator.press("s")
    assert (stage.controls.value("window/help"), stage.controls.value("show/view")) == (False, "story")


def test_a_held_key_repeats_only_steps_and_the_cursor(stage: Stage) -> None:
    stage.draw()
    for key in ("]", "=", "l", "x", "f", "h", "Enter", "F9"):
        stage.operator.hold(key)
    assert stage.controls.value("show/layer") == "block1_conv2"
    assert stage.controls.value("dream/strength") == 34
    assert stage.controls.value("tiles/channel") == 0  # the first tile: none was selected
    assert not any(stage.controls.value(path) for path in ("show/mirror", "window/fullscreen", "window/help"))
    assert stage.controls.value("show/view") == "mosaic"


def test_what_a_clicker_sends_does_no_harm(stage: Stage) -> None:
    before = stage.controls.values()
    assert stage.operator.press("b") == "b has no function; h lists the keys"
    stage.operator.press("F5")
    stage.operator.press("F5")
    stage.operator.press("PgDn")
    stage.operator.press("PgUp")
    stage.operator.press("Esc")
    stage.operator.press("Esc")
    assert stage.controls.values() == before


@pytest.mark.parametrize(
    ("screen_hw", "canvas_hw"),
    [
        ((720, 1280), (720, 1280)),
        ((1080, 1920), (1080, 1920)),
        ((2160, 3840), LARGEST_HW),
        ((3840, 2160), LARGEST_HW[::-1]),
        ((384, 1920), (384, 1920)),
        ((767, 1365), (766, 1364)),
    ],
)
def test_the_canvas_follows_the_screen_up_to_a_limit(screen_hw: tuple[int, int], canvas_hw: tuple[int, int]) -> None:
    assert fullscreen_canvas(screen_hw) == canvas_hw
