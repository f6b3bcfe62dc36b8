"""Keys, clicks and the wheel: what they do."""

from __future__ import annotations

import time

import numpy as np
import pytest

from realtime.inference.engine import Engine
from realtime.outputs.window import Click, Turn
from realtime.overlay.channel_entry import ChannelEntry
from realtime.overlay.layer_list import LayerList
from realtime.overlay.layer_sheet import arrange_layers
from realtime.show.screen import LARGEST_HW, fullscreen_canvas
from realtime.views.stages import across_depth
from realtime.views.story import ROWS
from tests.realtime.show.stage import NETWORK, Stage


@pytest.fixture
def stage(engine: Engine) -> Stage:
    return Stage(engine)


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
        ("mosaic", "7", "features: colour, seen in features (6)"),
        ("dream", "8", "contrast: 1.8, seen in mosaic (m)"),
        ("camera", "y", "layout: inset, not seen in this view"),
        ("camera", "3", "layer: block3_conv1, seen in mosaic (m)"),
        ("gradcam", "]", "layer: block5_conv3 already"),
        ("story", "l", "there are no tiles here; m shows the mosaic"),
        ("story", "a", "shown: all"),
        ("camera", "a", "shown: all, seen in mosaic (m)"),
        ("features", "6", "features: picture already"),
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
    canvas = stage.show(view="features", layout="full", fit="contain")
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


@pytest.mark.parametrize("fit", ["cover", "contain"])
def test_a_place_is_where_it_was_clicked(stage: Stage, fit: str) -> None:
    """What lights up is at the click, also where the picture is letterboxed or cut."""
    canvas = stage.show(view="features", layout="full", layer="block2_conv2", fit=fit)
    stage.click(canvas.picture, 0.8, 0.3)
    after = stage.draw()
    box = after.picture
    lit = after.frame.image.astype(int).std(axis=2)
    x, y = box.left + round(0.8 * box.width), box.top + round(0.3 * box.height)
    near = lit[y - 2 : y + 3, x - 2 : x + 3].mean()
    panel = after.panel
    assert near >= np.percentile(lit[: panel.height, max(box.left, 0) : min(box.left + box.width, panel.width)], 50)


def test_a_click_on_a_dream_makes_only_what_is_like_it_dream(stage: Stage) -> None:
    canvas = stage.show(view="dream", layout="full")
    assert "only what is like this" in stage.click(canvas.picture, 0.25, 0.75)
    assert stage.controls.value("features/points") == "0.250,0.750"
    assert stage.controls.value("show/view") == "dream"
    stage.draw()
    assert "the whole picture" in stage.click(canvas.picture, 0.25, 0.75)
    assert stage.controls.value("features/points") == ""


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
    rows = across_depth(NETWORK.info.key_layers, ROWS)
    stage.click(canvas.panel, 0.5, (3 + 0.5) / len(rows))
    assert (stage.controls.value("show/view"), stage.controls.value("show/layer")) == ("mosaic", rows[3].name)


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


def pressed(stage: Stage, *keys: str) -> str:
    """The answer to the last of some keys."""
    return [stage.operator.press(key) for key in keys][-1]


def after_a_while(stage: Stage, monkeypatch: pytest.MonkeyPatch, seconds: float) -> str:
    now = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now + seconds)
    return stage.operator.wait()


@pytest.mark.parametrize("keys", ["#41", "m#4", "#0"])
def test_a_number_selects_its_channel_and_brings_it_onto_the_page(stage: Stage, keys: str) -> None:
    channel = int(keys.partition("#")[2])
    before = stage.show(layer="block4_conv2")
    assert pressed(stage, *keys, "Enter") == ""
    assert stage.operator.dialog is None
    assert stage.controls.value("tiles/channel") == channel
    assert stage.controls.value("show/layer") == "block4_conv2"  # 4 was a digit
    after = stage.draw()
    assert before.tiles is not None and after.tiles is not None
    assert after.tiles.channels[after.tiles.selected or 0] == channel
    assert len(set(before.tiles.channels) - set(after.tiles.channels)) <= 1
    assert stage.operator.cursor_visible


@pytest.mark.parametrize("view", ["mosaic", "saliency"])
def test_a_number_shows_its_channel_where_there_is_one(stage: Stage, view: str) -> None:
    stage.show(view=view, layer="block4_conv2")
    stage.controls.set("tiles/zoom", True)
    pressed(stage, *"#41", "Enter")
    tiles = stage.draw().tiles
    assert tiles is not None and tiles.channels == (41,)


def test_a_number_counts_after_a_moment_and_a_late_enter_does_not_dream(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.show(layer="block4_conv2")
    pressed(stage, *"#23")
    assert stage.operator.wait() == ""
    assert stage.operator.dialog is not None
    assert after_a_while(stage, monkeypatch, 1.3) == ""
    assert stage.operator.dialog is None
    assert stage.controls.value("tiles/channel") == 23
    assert pressed(stage, "Enter") == "channel 23 is selected"
    assert stage.controls.value("show/view") == "mosaic"
    after_a_while(stage, monkeypatch, 2.0)
    pressed(stage, "Enter")
    assert stage.controls.value("show/view") == "dream"


def test_a_number_out_of_range_is_refused_in_words(stage: Stage) -> None:
    stage.show(layer="block4_conv2")
    pressed(stage, *"#999", "Enter")
    entry = stage.operator.dialog
    assert isinstance(entry, ChannelEntry)
    assert entry.refused
    assert entry.sentence == "block4_conv2 has channels 0 to 127"
    assert stage.controls.value("tiles/channel") == -1


@pytest.mark.parametrize("view", ["camera", "dream", "features", "gradcam", "story"])
def test_a_view_without_channels_says_so(stage: Stage, view: str) -> None:
    stage.show(view=view)
    assert pressed(stage, "#") == f"{view} shows no single channels; m shows the mosaic"
    assert stage.operator.dialog is None
    assert pressed(stage, "3") == "" or stage.controls.value("show/layer") == "block3_conv1"


def test_other_keys_and_the_mouse_close_an_entry_and_do_their_own_work(stage: Stage) -> None:
    canvas = stage.show(view="mosaic")
    pressed(stage, *"#12", "s")
    assert (stage.operator.dialog, stage.controls.value("show/view")) == (None, "story")
    pressed(stage, "m", "#", "1")
    stage.operator.turn(Turn(1))
    assert (stage.operator.dialog, stage.controls.value("show/layer")) == (None, "block1_conv2")
    pressed(stage, "#", "1")
    assert stage.operator.click_dialog(Click(5, 5), (240, 400)) == ""
    assert stage.operator.dialog is None
    assert stage.controls.value("tiles/channel") == -1
    stage.click(canvas.panel, twice=True)  # the second half of a double click
    assert not stage.controls.value("tiles/zoom")
    for _ in range(5):
        stage.operator.press("#")
        stage.operator.hold("Backspace")
        stage.operator.hold("1")
        pressed(stage, "Esc")
    assert stage.controls.value("show/layer") == "block1_conv2"  # nothing was reset


def test_a_layer_is_chosen_by_name(stage: Stage) -> None:
    stage.show(view="mosaic", layer="block3_conv1")
    pressed(stage, "L")
    layers = stage.operator.dialog
    assert isinstance(layers, LayerList)
    assert layers.found[layers.place].name == layers.present == "block3_conv1"
    stage.operator.hold("Down")
    stage.operator.turn(Turn(1))
    assert pressed(stage, "Enter") == ""
    assert (stage.operator.dialog, stage.controls.value("show/layer")) == (None, "block3_conv3")
    assert pressed(stage, "Tab", *"5_conv2", "Enter") == ""
    assert stage.controls.value("show/layer") == "block5_conv2"
    assert pressed(stage, "L", "Enter") == "layer: block5_conv2 already"
    assert pressed(stage, "c", "L", *"block1", "Enter") == "layer: block1_conv1, seen in mosaic (m)"


def test_a_click_chooses_from_the_list(stage: Stage) -> None:
    stage.show(view="mosaic")
    pressed(stage, "L")
    layers = stage.operator.dialog
    assert isinstance(layers, LayerList)
    place, box = arrange_layers(layers.found, layers.place, (720, 1280)).rows[-1]
    stage.operator.click_dialog(Click(box.left + 5, box.top + 5), (720, 1280))
    assert stage.controls.value("show/layer") == NETWORK.info.layers[place].name


def test_the_help_and_the_list_are_not_open_together(stage: Stage) -> None:
    pressed(stage, "h", "L")
    assert stage.operator.dialog is not None
    assert not stage.controls.value("window/help")
    pressed(stage, "?")
    assert stage.operator.dialog is None
    assert stage.controls.value("window/help")


@pytest.mark.parametrize("view", ["mosaic", "saliency"])
@pytest.mark.parametrize(("key", "step"), [("l", 1), ("j", -1), ("Down", 1), ("Left", -1)])
def test_the_cursor_goes_on_from_the_channel_that_is_shown(stage: Stage, view: str, key: str, step: int) -> None:
    """Where none is selected, that is the one which the view has found."""
    stage.controls.set("tiles/zoom", True)
    canvas = stage.show(view=view, layer="block4_conv1")
    assert stage.controls.value("tiles/channel") == -1
    assert canvas.tiles is not None
    (shown,) = canvas.tiles.channels
    assert shown > 1
    assert stage.operator.press(key) == ""
    assert stage.controls.value("tiles/channel") == shown + step


@pytest.mark.parametrize("mode", ["colour", "clusters", "similar"])
def test_the_key_of_features_goes_back_to_the_plain_ones(stage: Stage, mode: str) -> None:
    stage.show(view="features")
    stage.controls.set("features/mode", mode)
    assert stage.operator.press("6") == "features: picture"
    assert stage.controls.value("features/mode") == "picture"
    stage.controls.set("features/mode", mode)
    stage.show(view="mosaic")
    stage.operator.press("6")
    assert stage.controls.value("features/mode") == mode, "a view is as it was left"


def test_regions_are_called_what_the_caption_calls_them(stage: Stage) -> None:
    stage.show(view="features")
    stage.controls.set("features/mode", "colour")
    assert stage.operator.press("7") == "features: regions"
