"""The table of controls: generic verbs, keys, bad values."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import pytest

from models.errors import ModelError, SettingError
from models.importing.open_network import open_network
from realtime.controls.controls import Bind, Controls, Known, control
from realtime.controls.presses import next_preset, press
from realtime.controls.settings import ShowSettings
from realtime.dreams.objective import default_layer
from realtime.show.config import RenderOptions
from realtime.show.table import configure, make_controls
from realtime.views.registry import find_views
from realtime.views.tiles import TileSettings


@dataclass(frozen=True, slots=True)
class Demo:
    group: ClassVar[str] = "demo"

    level: float = control(1.0, "a number", Bind(("b",), "cycle", "round", 0.5), low=0.0, high=2.0)
    count: int = control(3, "a whole number", Bind(("+",), "step", "more", 1), low=1, high=4)
    lit: bool = control(False, "a switch", Bind(("x",), "toggle", "switch"))
    colour: str = control("red", "a choice", Bind(("t",), "cycle", "next"), choices=("red", "green", "blue"))
    fire: int = control(0, "a trigger", Bind(("f",), "trigger", "fire"))


@pytest.fixture
def controls() -> Controls:
    return Controls([Demo], {})


def test_verbs(controls: Controls) -> None:
    for key in "b+xt":
        controls.press(key)
    assert controls.snapshot()[Demo] == Demo(level=1.5, count=4, lit=True, colour="green")


def test_step_stops_at_the_ends_and_cycle_goes_round(controls: Controls) -> None:
    for _ in range(5):
        controls.press("+")
        controls.press("t")
    assert controls.value("demo/count") == 4
    assert controls.value("demo/colour") == "blue"
    levels = []
    for _ in range(4):
        controls.press("b")
        levels.append(controls.value("demo/level"))
    assert levels == [1.5, 2.0, 0.0, 0.5]


def test_trigger_fires_once_and_keeps_no_value(controls: Controls) -> None:
    controls.press("f")
    assert controls.fired() == ["demo/fire"]
    assert controls.fired() == []
    assert controls.snapshot()[Demo].fire == 0


def test_snapshot_does_not_change_afterwards(controls: Controls) -> None:
    before = controls.snapshot()
    controls.press("x")
    assert not before[Demo].lit
    assert controls.snapshot() is not before
    assert controls.snapshot() is controls.snapshot()


def test_reset_goes_back_to_the_start_of_the_show(controls: Controls) -> None:
    controls.set("demo/count", 2)
    controls.start_here()
    controls.set("demo/count", 4)
    controls.reset()
    assert controls.value("demo/count") == 2


def test_posted_changes_arrive_with_the_next_turn(controls: Controls) -> None:
    controls.post("demo/lit", True)
    assert not controls.snapshot()[Demo].lit
    controls.fired()
    assert controls.snapshot()[Demo].lit


def test_numbers_are_clamped(controls: Controls) -> None:
    controls.set("demo/level", 99.0)
    assert controls.value("demo/level") == 2.0


@pytest.mark.parametrize(
    ("path", "text", "message"),
    [
        ("demo/level", "loud", "demo/level takes a number from 0 to 2, but got 'loud'"),
        ("demo/level", "99", "demo/level takes a number from 0 to 2, but got '99'"),
        ("demo/level", "inf", "demo/level takes a number from 0 to 2, but got 'inf'"),
        ("demo/level", "nan", "demo/level takes a number from 0 to 2, but got 'nan'"),
        ("demo/count", "1.5", "demo/count takes a number from 1 to 4, but got '1.5'"),
        ("demo/lit", "maybe", "demo/lit takes on or off, but got 'maybe'"),
        ("demo/colour", "mauve", "demo/colour takes one of red, green, blue, but got 'mauve'"),
        ("demo/size", "1", "there is no control 'demo/size'; did you mean demo/"),
    ],
)
def test_bad_values_are_refused_in_words(controls: Controls, path: str, text: str, message: str) -> None:
    with pytest.raises(SettingError) as caught:
        controls.set(path, text)
    assert str(caught.value).startswith(message)


def test_two_owners_of_a_key_are_both_named() -> None:
    @dataclass(frozen=True, slots=True)
    class Rival:
        group: ClassVar[str] = "rival"
        other: bool = control(False, "a switch", Bind(("x",), "toggle", "switch"))

    with pytest.raises(ValueError, match="'x' belongs to both demo/lit and rival/other"):
        Controls([Demo, Rival], {})


def test_choices_known_at_start_bring_their_keys() -> None:
    known = Known(("one", "two"), (Bind(("9",), "set", "two", "two"),))
    controls = Controls([Demo], {"demo/colour": known})
    assert controls.value("demo/colour") == "one"
    controls.press("9")
    assert controls.value("demo/colour") == "two"


@pytest.fixture(scope="module")
def show() -> Controls:
    return make_controls(open_network("textures").info, find_views())


def test_the_programs_own_table_has_no_conflict_and_every_bind_is_printable(show: Controls) -> None:
    for row in show.table.values():
        for bind in row.facts.binds:
            assert len(bind.keys[0]) == 1 or bind.keys[0] == "Esc", f"{row.path} has no printable key"


def test_digits_go_to_the_first_layer_of_a_block(show: Controls) -> None:
    for digit, layer in zip(
        "12345", ("block1_conv1", "block2_conv1", "block3_conv1", "block4_conv1", "block5_conv1"), strict=True
    ):
        show.press(digit)
        assert show.snapshot()[ShowSettings].layer == layer


def test_preset_and_set_and_options(tmp_path: Path) -> None:
    info = open_network("textures").info
    preset = tmp_path / "wall.toml"
    preset.write_text('[tiles]\ncontrast = 2.2\nactive = true\n[show]\nlayout = "full"\n')
    controls = make_controls(info, find_views())
    look = RenderOptions(
        preset=str(preset), set=("tiles/contrast=1.8", "tiles/colormap=ocean"), layer="block4_conv2", view="story"
    )
    configure(controls, look, info)
    tiles, shown = controls.snapshot()[TileSettings], controls.snapshot()[ShowSettings]
    assert (tiles.contrast, tiles.active, tiles.colormap) == (1.8, True, "ocean")
    assert (shown.layout, shown.layer, shown.view) == ("full", "block4_conv2", "story")


def test_a_dream_begins_deep_unless_a_layer_was_chosen() -> None:
    info = open_network("textures").info
    controls = make_controls(info, find_views())
    assert controls.value("show/layer") == "block1_conv1"
    press(controls, info, "d")
    assert controls.value("show/layer") == default_layer(info)
    press(controls, info, "m")
    assert controls.value("show/layer") == "block1_conv1"
    press(controls, info, "d")
    press(controls, info, "]")
    press(controls, info, "m")
    assert (
        controls.value("show/layer") == info.landmarks[info.landmarks.index(info.layer(default_layer(info))) + 1].name
    )
    press(controls, info, "d")
    press(controls, info, "1")
    assert controls.value("show/layer") == "block1_conv1"
    chosen = make_controls(info, find_views())
    press(chosen, info, "2")
    press(chosen, info, "d")
    assert chosen.value("show/layer") == "block2_conv1"
    for look in (
        RenderOptions(layer="block2_conv2"),
        RenderOptions(set=("show/layer=block2_conv2",)),
        RenderOptions(layer="block1_conv1"),
    ):
        asked = make_controls(info, find_views())
        configure(asked, look, info)
        layer = asked.value("show/layer")
        press(asked, info, "d")
        assert asked.value("show/layer") == layer != default_layer(info)
    begun = make_controls(info, find_views())
    configure(begun, RenderOptions(view="dream"), info)
    assert begun.value("show/layer") == default_layer(info)
    configure(begun, RenderOptions(view="dream", layer="block1_conv1"), info)
    assert begun.value("show/layer") == "block1_conv1"


def test_a_preset_may_be_set_like_any_control_and_keeps_what_is_dreamed_of() -> None:
    info = open_network("textures").info
    controls = make_controls(info, find_views())
    configure(controls, RenderOptions(set=("dream/preset=fever", "dream/channel=5", "dream/seed=7")), info)
    assert controls.value("dream/strength") != make_controls(info, find_views()).value("dream/strength")
    next_preset(controls, info)
    values = [controls.value(f"dream/{name}") for name in ("preset", "channel", "seed")]
    assert values == ["melt", 5, 7]


def test_a_press_is_answered_where_the_picture_does_not_show_it() -> None:
    controls = make_controls(open_network("textures").info, find_views())
    assert [controls.press(key) for key in (".", "=", ",", "]")] == [
        "takes: mp4",
        "dream strength: 30",
        "way back: plain",
        "",
    ]


def test_choosing_a_layer_in_gradcam_asks_that_layer() -> None:
    info = open_network("textures").info
    controls = make_controls(info, find_views())
    press(controls, info, "g")
    press(controls, info, "l")
    assert controls.value("gradcam/where") == "deepest"
    press(controls, info, "[")
    assert controls.value("gradcam/where") == "shown"
    assert controls.value("show/layer") == info.landmarks[-2].name


def test_escape_closes_the_help_before_it_resets() -> None:
    info = open_network("textures").info
    controls = make_controls(info, find_views())
    press(controls, info, "h")
    press(controls, info, "Esc")
    assert not controls.value("window/help")
    assert controls.fired() == []
    press(controls, info, "Esc")
    assert controls.fired() == ["do/reset"]


def test_a_shipped_preset_is_shown_at_once() -> None:
    info = open_network("textures").info
    controls = make_controls(info, find_views())
    configure(controls, RenderOptions(preset="tunnel"), info)
    assert (controls.value("show/view"), controls.value("dream/preset")) == ("dream", "tunnel")
    configure(controls, RenderOptions(preset="tunnel", view="story"), info)
    assert controls.value("show/view") == "story"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("not toml at all =", "cannot read the preset"),
        ("contrast = 2", "stands outside a table"),
        ("[tiles]\ncontrast = []", "takes a number"),
        ("[tiles]\nshine = 1", "there is no control 'tiles/shine'"),
    ],
)
def test_bad_presets(tmp_path: Path, text: str, message: str) -> None:
    info = open_network("textures").info
    preset = tmp_path / "bad.toml"
    preset.write_text(text)
    with pytest.raises(SettingError, match=message):
        configure(make_controls(info, find_views()), RenderOptions(preset=str(preset)), info)


def test_bad_options() -> None:
    info = open_network("textures").info
    for look, error in (
        (RenderOptions(layer="conv9"), ModelError),
        (RenderOptions(view="dreamscape"), SettingError),
        (RenderOptions(set=("tiles/contrast",)), SettingError),
        (RenderOptions(preset="/nowhere.toml"), SettingError),
    ):
        with pytest.raises(error):
            configure(make_controls(info, find_views()), look, info)
