"""The controls of the show: the same state by every way in, presets, options and keys."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from models.errors import ModelError, SettingError
from models.importing.open_network import open_network
from realtime.controls.controls import Controls
from realtime.controls.read_preset import SHIPPED
from realtime.controls.settings import ShowSettings
from realtime.controls.value import Value
from realtime.dreams.objective import default_layer
from realtime.show.make_controls import configure, make_controls
from realtime.show.options import RenderOptions
from realtime.views.registry import find_views
from realtime.views.tiles import TileSettings
from scripts.common.all_controls import all_controls
from tests.realtime.controls.in_a_thread import in_a_thread

INFO = open_network("world").info


@pytest.fixture
def show() -> Controls:
    return make_controls(INFO, find_views())


NAMED = ("Esc", "Backspace", "F5")  # keys without a character that every keyboard has


def test_the_programs_own_keys_have_no_conflict_and_are_printable() -> None:
    everything = all_controls(INFO)
    keys = [(path, bind.keys) for path, each in everything.table.items() for bind in each.binds]
    for name, bound in (*keys, *((each.name, each.keys) for each in everything.actions.values())):
        assert len(bound[0]) == 1 or bound[0] in NAMED, f"{name} has no printable key"


def another(described: Value) -> object:
    """A value other than the default."""
    if described.choices:
        return next(choice for choice in reversed(described.choices) if choice != described.default)
    if isinstance(described.default, bool):
        return not described.default
    if isinstance(described.default, str):
        return "2*block1_conv1" if described.path == "dream/objective" else "0.500,0.250"
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
    info = open_network("world").info
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
    info = open_network("world").info
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
    for look in (
        RenderOptions(view="dream", layer="block2_conv2"),
        RenderOptions(set=("show/layer=block2_conv2", "show/view=dream")),
        RenderOptions(set=("show/layer=block2_conv2",), preset="tunnel"),
    ):
        asked = make_controls(info, find_views())
        configure(asked, look, info)
        assert asked.value("show/layer") == "block2_conv2" != default_layer(info)
    begun = make_controls(info, find_views())
    configure(begun, RenderOptions(view="dream"), info)
    assert begun.value("show/layer") == default_layer(info)
    configure(begun, RenderOptions(view="dream", layer="block1_conv1"), info)
    assert begun.value("show/layer") == "block1_conv1"


def test_a_layer_that_was_chosen_for_another_view_is_not_dreamed_of() -> None:
    controls = make_controls(INFO, find_views())
    controls.press("2")
    controls.press("d")
    assert controls.value("show/layer") == default_layer(INFO)
    controls.press("m")
    assert controls.value("show/layer") == "block2_conv1"
    controls.press("d")
    controls.press("3")
    controls.press("m")
    controls.press("4")
    controls.press("d")
    assert controls.value("show/layer") == "block3_conv1", "it was chosen in the dream"


@pytest.mark.parametrize("preset", SHIPPED)
def test_a_preset_dreams_at_its_own_depth_in_every_network(preset: str) -> None:
    controls = make_controls(INFO, find_views())
    controls.press("d")
    controls.press("1")
    controls.set("dream/preset", preset)
    depth = float(controls.value("dream/depth"))
    assert controls.value("show/layer") == default_layer(INFO, depth)
    controls.set("tiles/channel", 3)
    controls.press("\\")
    controls.press("5")
    controls.press("9")
    assert controls.value("show/layer") == "block5_conv1", "a dream of a channel stays with its layer"


def test_a_preset_may_be_set_like_any_control_and_keeps_what_is_dreamed_of() -> None:
    info = open_network("world").info
    controls = make_controls(info, find_views())
    configure(controls, RenderOptions(set=("dream/preset=fever", "dream/channel=5", "dream/seed=7")), info)
    assert controls.value("dream/strength") != make_controls(info, find_views()).value("dream/strength")
    controls.press("9")
    values = [controls.value(f"dream/{name}") for name in ("preset", "channel", "seed")]
    assert values == ["gilt", 5, 7]


def test_a_press_is_answered_where_the_picture_does_not_show_it() -> None:
    controls = make_controls(open_network("world").info, find_views())
    assert [controls.press(key) for key in (".", "=", ",", "]")] == [
        "recording format: mp4",
        "dream strength: 34",
        "backprop rule: plain",
        "",
    ]


@pytest.mark.parametrize("before", ["", "m1", "d", "d3", "6", "/"])
def test_gradcam_begins_at_the_deepest_layer_until_one_is_chosen_in_it(before: str) -> None:
    info = open_network("world").info
    controls = make_controls(info, find_views())
    for key in (*before, "g"):
        controls.press(key)
    assert controls.value("show/layer") == info.key_layers[-1].name
    controls.press("[")
    assert controls.value("show/layer") == info.key_layers[-2].name
    controls.press("1")
    assert controls.value("show/layer") == info.key_layers[0].name


def test_no_preset_is_called_none() -> None:
    info = open_network("world").info
    controls = make_controls(info, find_views())
    assert controls.table["dream/preset"].accepts.startswith("one of none, etching, ")
    controls.set("dream/preset", "tunnel")
    assert controls.value("dream/form") != "plain"
    configure(controls, RenderOptions(set=("dream/preset=none",)), info)
    assert (controls.value("dream/preset"), controls.value("dream/form")) == ("none", "plain")


@pytest.mark.parametrize("preset", ["none", "melt", "tunnel"])
def test_another_preset_looks_the_same_whichever_the_show_started_with(preset: str) -> None:
    info = open_network("world").info
    plain, tunnel = (make_controls(info, find_views()) for _ in range(2))
    configure(plain, RenderOptions(set=("dream/jitter=9", "show/view=dream")), info)
    configure(tunnel, RenderOptions(preset="tunnel", set=("dream/jitter=9",)), info)
    for controls in (plain, tunnel):
        controls.set("dream/preset", "fever")
        controls.set("dream/preset", preset)
    assert tunnel.values() == plain.values()
    tunnel.reset()
    assert (tunnel.value("dream/preset"), tunnel.value("dream/form")) == ("tunnel", "tunnel")


def test_a_shipped_preset_is_shown_at_once() -> None:
    info = open_network("world").info
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
    info = open_network("world").info
    preset = tmp_path / "bad.toml"
    preset.write_text(text)
    with pytest.raises(SettingError, match=message):
        configure(make_controls(info, find_views()), RenderOptions(preset=str(preset)), info)


def test_bad_options() -> None:
    info = open_network("world").info
    for look, error, message in (
        (RenderOptions(layer="conv9"), ModelError, "conv9"),
        (RenderOptions(view="drem"), SettingError, "^--view takes camera, dream, .*, but got 'drem'$"),
        (RenderOptions(set=("tiles/contrast",)), SettingError, "--set takes control=value"),
        (RenderOptions(preset="swirl"), SettingError, "^there is no preset 'swirl', .*; expected .*etching, .*whirl, "),
        (RenderOptions(preset="."), SettingError, "cannot read the preset '.': it is not a file"),
    ):
        with pytest.raises(error, match=message):
            configure(make_controls(info, find_views()), look, info)
