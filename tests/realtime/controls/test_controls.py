"""The table of controls: generic verbs, keys, bad values."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import ClassVar, cast

import pytest

from models.errors import ModelError, SettingError
from models.importing.open_network import open_network
from realtime.controls.action import action
from realtime.controls.controls import Controls
from realtime.controls.settings import ShowSettings
from realtime.controls.value import KeyBinding, RuntimeChoices, Value, value
from realtime.dreams.objective import default_layer
from realtime.show.app import Show
from realtime.show.make_controls import configure, make_controls
from realtime.show.options import RenderOptions
from realtime.views.registry import find_views
from realtime.views.tiles import TileSettings
from scripts.common.all_controls import all_controls


@dataclass(frozen=True, slots=True)
class Demo:
    group: ClassVar[str] = "demo"

    level: float = value(1.0, "a number", KeyBinding(("b",), "cycle", "round", 0.5), low=0.0, high=2.0)
    count: int = value(3, "a whole number", KeyBinding(("+",), "step", "more", 1), low=1, high=4)
    lit: bool = value(False, "a switch", KeyBinding(("x",), "toggle", "switch"))
    colour: str = value("red", "a choice", KeyBinding(("t",), "cycle", "next"), choices=("red", "green", "blue"))


class Owner:
    def __init__(self) -> None:
        self.fired = 0

    @action("demo/fire", "f", help="fire")
    def fire(self, controls: Controls) -> None:
        self.fired += 1


@pytest.fixture
def controls() -> Controls:
    return Controls([Demo])


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


def test_an_action_is_done_by_its_key_by_name_and_from_another_thread(controls: Controls) -> None:
    owner = Owner()
    controls.register(owner)
    assert controls.press("f") == ""
    controls.run("demo/fire")
    in_a_thread(controls, "demo/fire", None)
    assert owner.fired == 2
    controls.drain()
    assert owner.fired == 3
    assert "demo/fire" not in controls.values()


def test_an_action_takes_no_value_and_its_key_is_named(controls: Controls) -> None:
    controls.register(Owner())
    with pytest.raises(SettingError, match="demo/fire is an action and takes no value; its key is f"):
        controls.set("demo/fire", "1")
    with pytest.raises(
        SettingError, match=r"^there is no control 'demo/fir'; did you mean demo/fire.*\? \(see: ventral controls\)$"
    ):
        controls.run("demo/fir")
    with pytest.raises(SettingError, match=r"^there is no control 'nonsense' \(see: ventral controls\)$"):
        controls.run("nonsense")


def test_an_announced_action_is_named_before_it_is_registered(controls: Controls) -> None:
    controls.announce(Owner)
    with pytest.raises(SettingError, match="demo/fire is an action and takes no value; its key is f"):
        controls.set("demo/fire", "1")
    with pytest.raises(SettingError, match="did you mean demo/fire"):
        controls.set("demo/fir", "1")
    controls.register(Owner())
    controls.press("f")


def test_a_rule_runs_whoever_changes_the_value_and_only_on_change(controls: Controls) -> None:
    heard = list[tuple[object, object]]()

    def follow(controls: Controls, before: object) -> None:
        heard.append((before, controls.value("demo/count")))
        controls.set("demo/lit", True)

    controls.rule("demo/count", follow)
    controls.press("+")
    controls.set("demo/count", "2")
    controls.set("demo/count", 2)
    in_a_thread(controls, "demo/count", 3)
    controls.drain()
    assert heard == [(3, 4), (4, 2), (2, 3)]


def test_a_change_and_what_its_rules_change_are_one_snapshot(controls: Controls) -> None:
    seen = list[bool]()
    before = controls.snapshot()
    controls.rule("demo/count", lambda controls, _: controls.set("demo/lit", True))
    controls.rule("demo/count", lambda controls, _: seen.append(controls.snapshot() is before))
    controls.set("demo/count", 1)
    assert seen == [True]
    assert controls.snapshot().version == before.version + 1
    assert controls.snapshot()[Demo] == Demo(count=1, lit=True)


def test_subscribers_hear_of_every_change_until_they_leave(controls: Controls) -> None:
    heard = list[tuple[str, object]]()
    leave = controls.subscribe(lambda path, value: heard.append((path, value)))
    controls.rule("demo/count", lambda controls, _: controls.set("demo/lit", True))
    controls.set("demo/count", 1)
    controls.set("demo/count", 1)
    controls.reset()
    assert heard == [("demo/count", 1), ("demo/lit", True), ("demo/count", 3), ("demo/lit", False)]
    leave()
    controls.toggle("demo/lit")
    assert len(heard) == 4


def test_snapshot_does_not_change_afterwards(controls: Controls) -> None:
    before = controls.snapshot()
    controls.press("x")
    assert not before[Demo].lit
    assert controls.snapshot() is not before
    assert controls.snapshot() is controls.snapshot()


def test_reset_goes_back_to_the_start_of_the_show(controls: Controls) -> None:
    controls.set("demo/count", 2)
    controls.mark_start()
    controls.set("demo/count", 4)
    controls.reset()
    assert controls.value("demo/count") == 2


def test_posted_changes_arrive_with_the_next_turn(controls: Controls) -> None:
    controls.post("demo/lit", True)
    assert not controls.snapshot()[Demo].lit
    controls.drain()
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
        other: bool = value(False, "a switch", KeyBinding(("x",), "toggle", "switch"))

    class Thief:
        @action("thief/steal", "x", help="steal")
        def steal(self, controls: Controls) -> None: ...

    with pytest.raises(ValueError, match="'x' belongs to both demo/lit and rival/other"):
        Controls([Demo, Rival])
    with pytest.raises(ValueError, match="'x' belongs to both demo/lit and thief/steal"):
        Controls([Demo]).register(Thief())


def test_choices_known_at_start_bring_their_keys() -> None:
    known = RuntimeChoices(("one", "two"), (KeyBinding(("9",), "set", "two", "two"),))
    controls = Controls([Demo], {"demo/colour": known})
    assert controls.value("demo/colour") == "one"
    controls.press("9")
    assert controls.value("demo/colour") == "two"


INFO = open_network("textures").info


@pytest.fixture
def show() -> Controls:
    return make_controls(INFO, find_views())


def test_the_programs_own_keys_have_no_conflict_and_are_printable() -> None:
    everything = all_controls(INFO)
    keys = [(path, bind.keys) for path, each in everything.table.items() for bind in each.binds]
    for name, bound in (*keys, *((each.name, each.keys) for each in everything.actions.values())):
        assert len(bound[0]) == 1 or bound[0] == "Esc", f"{name} has no printable key"


def another(described: Value) -> object:
    """A value other than the default."""
    if described.choices:
        return next(choice for choice in reversed(described.choices) if choice != described.default)
    if isinstance(described.default, bool):
        return not described.default
    return described.high if described.high != described.default else described.low


def by_key(path: str, new: object, _folder: Path) -> Controls:
    """Press the key that leads to the value."""
    for bind in started().table[path].binds:
        controls = started()
        controls.press(bind.keys[0])
        if controls.value(path) == new:
            return controls
    raise AssertionError(f"no key leads to {path} = {new}")


def by_set(path: str, new: object, _folder: Path) -> Controls:
    return started(RenderOptions(set=(f"{path}={new}",)))


def by_preset_file(path: str, new: object, folder: Path) -> Controls:
    group, name = path.split("/")
    text = str(new).lower() if isinstance(new, bool) else f'"{new}"' if isinstance(new, str) else str(new)
    (folder / "wall.toml").write_text(f"[{group}]\n{name} = {text}\n")
    return started(RenderOptions(preset=str(folder / "wall.toml")))


def by_post(path: str, new: object, _folder: Path) -> Controls:
    controls = started()
    in_a_thread(controls, path, new)
    controls.drain()
    return controls


def started(options: RenderOptions = RenderOptions()) -> Controls:  # noqa: B008, a frozen value
    controls = make_controls(INFO, find_views())
    configure(controls, options, INFO)
    return controls


def in_a_thread(controls: Controls, path: str, new: object) -> None:
    thread = threading.Thread(target=controls.post, args=(path, new))
    thread.start()
    thread.join()


KEYED = [
    (path, after)
    for path, each in started().table.items()
    for bind in each.binds
    for controls in [started()]
    for after in [(controls.press(bind.keys[0]), controls.value(path))[1]]
    if after != each.default
]
"""Every value that a key changes, and what the key makes of it."""


@pytest.mark.parametrize(("path", "new"), KEYED)
@pytest.mark.parametrize("way", [by_set, by_preset_file, by_post])
def test_every_way_in_leads_to_the_state_that_the_key_leads_to(
    way: Callable[[str, object, Path], Controls], path: str, new: object, tmp_path: Path
) -> None:
    assert state(way(path, new, tmp_path)) == state(by_key(path, new, tmp_path))


@pytest.mark.parametrize("path", started().table)
@pytest.mark.parametrize("way", [by_preset_file, by_post])
def test_every_value_may_be_set_in_every_way(
    way: Callable[[str, object, Path], Controls], path: str, tmp_path: Path
) -> None:
    new = another(started().table[path])
    assert state(way(path, new, tmp_path)) == state(by_set(path, new, tmp_path))
    assert by_set(path, new, tmp_path).value(path) == new


def state(controls: Controls) -> dict[str, tuple[object, bool]]:
    """Every value, and whether a person chose it."""
    return {path: (value, controls.is_chosen(path)) for path, value in controls.values().items()}


def test_the_dream_view_starts_deep_by_every_way_in(tmp_path: Path) -> None:
    for way in (by_key, by_set, by_preset_file, by_post):
        controls = way("show/view", "dream", tmp_path)
        assert (controls.value("show/view"), controls.value("show/layer")) == ("dream", default_layer(INFO))


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
    controls.press("d")
    assert controls.value("show/layer") == default_layer(info)
    controls.press("m")
    assert controls.value("show/layer") == "block1_conv1"
    controls.press("d")
    controls.press("]")
    controls.press("m")
    assert (
        controls.value("show/layer") == info.key_layers[info.key_layers.index(info.layer(default_layer(info))) + 1].name
    )
    controls.press("d")
    controls.press("1")
    assert controls.value("show/layer") == "block1_conv1"
    chosen = make_controls(info, find_views())
    chosen.press("2")
    chosen.press("d")
    assert chosen.value("show/layer") == "block2_conv1"
    for look in (
        RenderOptions(layer="block2_conv2"),
        RenderOptions(set=("show/layer=block2_conv2",)),
        RenderOptions(layer="block1_conv1"),
    ):
        asked = make_controls(info, find_views())
        configure(asked, look, info)
        layer = asked.value("show/layer")
        asked.press("d")
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
    controls.press("9")
    values = [controls.value(f"dream/{name}") for name in ("preset", "channel", "seed")]
    assert values == ["melt", 5, 7]


def test_a_press_is_answered_where_the_picture_does_not_show_it() -> None:
    controls = make_controls(open_network("textures").info, find_views())
    assert [controls.press(key) for key in (".", "=", ",", "]")] == [
        "recording format: mp4",
        "dream strength: 30",
        "backprop rule: plain",
        "",
    ]


def test_choosing_a_layer_in_gradcam_asks_that_layer() -> None:
    info = open_network("textures").info
    controls = make_controls(info, find_views())
    controls.press("g")
    controls.press("l")
    assert controls.value("gradcam/where") == "deepest"
    controls.press("[")
    assert controls.value("gradcam/where") == "shown"
    assert controls.value("show/layer") == info.key_layers[-2].name


def test_escape_closes_the_help_before_it_resets() -> None:
    controls = all_controls(INFO)
    reset = partial(Show.reset, cast(Show, None))
    controls.set("tiles/contrast", 3.0)
    controls.press("h")
    reset(controls)
    assert (controls.value("window/help"), controls.value("tiles/contrast")) == (False, 3.0)
    reset(controls)
    assert controls.value("tiles/contrast") != 3.0


def test_no_preset_is_called_none() -> None:
    info = open_network("textures").info
    controls = make_controls(info, find_views())
    assert controls.table["dream/preset"].accepts.startswith("one of none, etching, ")
    controls.set("dream/preset", "tunnel")
    assert controls.value("dream/zoom") != 1
    configure(controls, RenderOptions(set=("dream/preset=none",)), info)
    assert (controls.value("dream/preset"), controls.value("dream/zoom")) == ("none", 1)


@pytest.mark.parametrize("preset", ["none", "melt", "tunnel"])
def test_another_preset_looks_the_same_whichever_the_show_started_with(preset: str) -> None:
    info = open_network("textures").info
    plain, tunnel = (make_controls(info, find_views()) for _ in range(2))
    configure(plain, RenderOptions(set=("dream/smooth=0.9", "show/view=dream")), info)
    configure(tunnel, RenderOptions(preset="tunnel", set=("dream/smooth=0.9",)), info)
    for controls in (plain, tunnel):
        controls.set("dream/preset", "fever")
        controls.set("dream/preset", preset)
    assert tunnel.values() == plain.values()
    tunnel.reset()
    assert (tunnel.value("dream/preset"), tunnel.value("dream/zoom")) == ("tunnel", 1.35)


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
        (
            "not toml at all =",
            r"is not valid TOML: .*line 1.*; expected lines such as \[tiles\] and below it contrast =",
        ),
        ("contrast = 2", r"'contrast' is not in a table; put it below a line such as \[tiles\]"),
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
    for look, error, message in (
        (RenderOptions(layer="conv9"), ModelError, "conv9"),
        (RenderOptions(view="drem"), SettingError, "^--view takes camera, dream, .*, but got 'drem'$"),
        (RenderOptions(set=("tiles/contrast",)), SettingError, "--set takes control=value"),
        (RenderOptions(preset="swirl"), SettingError, "^there is no preset 'swirl', .*; expected etching, .*whisper, "),
        (RenderOptions(preset="."), SettingError, "cannot read the preset '.': it is not a file"),
    ):
        with pytest.raises(error, match=message):
            configure(make_controls(info, find_views()), look, info)
