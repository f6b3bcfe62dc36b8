"""The show in a real window, with real key presses."""

from __future__ import annotations

import json
import subprocess
import time
from pathlib import Path

import numpy as np
import pygame
import pytest

from models.importing.open_network import open_network
from realtime.capture.cameras.connected import list_cameras
from realtime.controls.controls import Controls
from realtime.imaging.text import ACCENT, BRIGHT
from realtime.outputs.window import key_name
from realtime.show.make_controls import make_controls
from realtime.show.operator import Operator
from realtime.show.setup import RenderSetup
from realtime.views.registry import find_views
from tests.screen import Screen, until

SMALL = ("--source", "pattern", "--size", "64", "--canvas", "640x360", "--set", "show/view=mosaic")
ALL_TILES = (*SMALL, "--set", "tiles/active=off", "--set", "tiles/channel=0")


def finish(process: subprocess.Popen[str], report: Path) -> dict[str, object]:
    """The report of a show that ended well."""
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 0, errors
    assert "Traceback" not in errors
    facts: dict[str, object] = json.loads(report.read_text())
    return facts


def cursor_is_seen(screen: Screen) -> bool:
    """Whether the tiles are there: then a key for the cursor shows it, though it cannot move further up."""
    screen.press("i")
    return bool((screen.picture() == ACCENT).all(axis=2).sum() > 100)


def keys_of_the_table(controls: Controls) -> list[str]:
    """Every key that changes a value."""
    return [key for row in controls.table.values() for bind in row.binds for key in bind.keys]


def test_enter_dreams_of_the_chosen_tile(screen: Screen, tmp_path: Path) -> None:
    report = tmp_path / "r.json"
    with screen.show(*ALL_TILES, "--report", str(report), cwd=tmp_path) as process:
        until(lambda: cursor_is_seen(screen), "the cursor")
        for key in ("Right", "Enter", "9", "q"):
            screen.press(key)
        controls = finish(process, report)["controls"]
    assert isinstance(controls, dict)
    assert controls["show/view"] == "dream"
    assert controls["dream/preset"] == "etching"
    assert controls["tiles/channel"] == 1


def test_every_key_reaches_its_control(screen: Screen, tmp_path: Path) -> None:
    """The same keys, pressed for real and pressed in the table, lead to the same values after each half."""
    expected = make_controls(open_network("world").info, find_views())
    keys = keys_of_the_table(expected)
    assert len(keys) > 35
    for half, chosen in enumerate((keys[::2], keys[1::2])):
        report = tmp_path / f"{half}.json"
        network, views = open_network("world"), find_views()
        controls = make_controls(network.info, views)
        operator = Operator(RenderSetup(network, views, controls))
        with screen.show(*SMALL, "--report", str(report), cwd=tmp_path) as process:
            for key in chosen:
                screen.press(key)
                operator.press(key)
            screen.press("q")
            facts = finish(process, report)
        found = facts["controls"]
        assert isinstance(found, dict)
        wrong = {
            path: (found[path], value)
            for path, value in controls.values().items()
            if path != "tiles/channel" and found[path] != value
        }
        assert not wrong, f"found and expected: {wrong}"


def test_cursor_moves_over_tiles_by_keys_and_mouse(screen: Screen, tmp_path: Path) -> None:
    def channel_after(*keys: str, click: tuple[int, int] | None = None) -> int:
        report = tmp_path / "r.json"
        options = (*ALL_TILES, "--set", "show/layout=full", "--report", str(report), "--force")
        with screen.show(*options, cwd=tmp_path) as process:
            until(lambda: cursor_is_seen(screen), "the cursor")
            for key in keys:
                screen.press(key)
            if click:
                screen.do("mousemove", "--window", screen.window(), *map(str, click), "click", "1")
            screen.press("c")
            screen.press("q")
            controls = finish(process, report)["controls"]
        assert isinstance(controls, dict)
        return int(controls["tiles/channel"])

    assert channel_after("l", "l", "k", "j", "i", "Down") == 5  # a grid of four by four
    assert channel_after("i", "j", "Up") == 0
    assert channel_after(click=(540, 330)) == 15


def test_help_covers_the_screen_and_goes_away(screen: Screen, tmp_path: Path) -> None:
    with screen.show(*SMALL, "--view", "camera", "--set", "show/freeze=on", cwd=tmp_path) as process:
        until(lambda: screen.picture().std() > 10, "a picture")
        before = screen.picture().astype(int)
        screen.press("h")
        until(lambda: np.abs(screen.picture().astype(int) - before).mean() > 2, "the help screen")
        screen.press("h")
        until(lambda: np.abs(screen.picture().astype(int) - before).mean() < 1, "the show again")
        screen.press("q")
        assert process.wait(timeout=30) == 0


def test_a_number_and_a_name_are_typed_on_the_screen(screen: Screen, tmp_path: Path) -> None:
    report = tmp_path / "r.json"
    with screen.show(*SMALL, "--set", "show/layer=block4_conv2", "--report", str(report), cwd=tmp_path) as process:
        until(lambda: cursor_is_seen(screen), "the tiles")
        for key in ("numbersign", "4", "1", "Enter", "numbersign", "9", "9", "9", "Enter", "Esc", "Tab"):
            screen.press(key)
        until(lambda: bool((screen.picture()[180:540, 320:960] < 60).mean() > 0.9), "the list of layers")
        for key in ("5", "underscore", "c", "o", "n", "v", "2", "Enter"):
            screen.press(key)
        until(lambda: bool((screen.picture()[180:540, 320:960] < 60).mean() < 0.9), "the tiles again")
        screen.press("q")
        controls = finish(process, report)["controls"]
    assert isinstance(controls, dict)
    assert (controls["tiles/channel"], controls["show/layer"]) == (41, "block5_conv2")
    assert controls["show/view"] == "mosaic"


def test_backspace_resets_and_what_a_clicker_sends_does_not(screen: Screen, tmp_path: Path) -> None:
    def shown_after(*keys: str) -> tuple[object, object, object]:
        report = tmp_path / f"{len(keys)}.json"
        with screen.show(*SMALL, "--layer", "block2_conv1", "--report", str(report), cwd=tmp_path) as process:
            for key in ("5", "s", "x", *keys, "q"):
                screen.press(key)
            facts = finish(process, report)
        controls = facts["controls"]
        assert isinstance(controls, dict)
        return facts["layer"], facts["view"], controls["show/mirror"]

    assert shown_after("Backspace") == ("block2_conv1", "mosaic", False)
    assert shown_after("b", "F5", "PgDn", "PgUp", "Esc", "Esc") == ("block5_conv1", "story", True)


def test_window_closed_by_its_button_ends_the_show(screen: Screen, tmp_path: Path) -> None:
    report = tmp_path / "r.json"
    with screen.show(*SMALL, "--report", str(report), cwd=tmp_path) as process:
        until(lambda: screen.picture().std() > 10, "a picture")
        screen.do("key", "alt+F4")
        assert finish(process, report)["frames"]


@pytest.mark.parametrize(
    ("key", "text", "modifiers", "name"),
    [
        (pygame.K_a, "a", 0, "a"),
        (pygame.K_a, "A", pygame.KMOD_LSHIFT, "A"),
        (pygame.K_ESCAPE, "\x1b", 0, "Esc"),
        (pygame.K_KP_ENTER, "\r", 0, "Enter"),
        (pygame.K_PAGEUP, "", 0, "PgUp"),
        (pygame.K_F5, "", pygame.KMOD_LSHIFT, "F5"),
        (pygame.K_SPACE, " ", 0, " "),
        (pygame.K_8, "[", pygame.KMOD_RALT, "["),  # AltGr on a German keyboard
        (pygame.K_3, "#", pygame.KMOD_LSHIFT, "#"),  # on an American keyboard
        (pygame.K_HASH, "#", 0, "#"),  # on a German one
        (pygame.K_KP_4, "4", pygame.KMOD_NUM, "4"),
        (pygame.K_TAB, "\t", 0, "Tab"),
        (pygame.K_TAB, "\t", pygame.KMOD_LALT, None),  # it goes to another window
        (pygame.K_LSHIFT, "", pygame.KMOD_LSHIFT, None),
        (pygame.K_c, "\x03", pygame.KMOD_LCTRL, None),
        (pygame.K_F4, "", pygame.KMOD_LALT, None),
    ],
)
def test_keys_have_names(key: int, text: str, modifiers: int, name: str | None) -> None:
    assert key_name(key, text, modifiers) == name


def test_the_wheel_changes_the_layer_and_never_the_size_of_the_picture(screen: Screen, tmp_path: Path) -> None:
    report = tmp_path / "r.json"
    options = (*SMALL, "--view", "story", "--set", "show/freeze=on", "--report", str(report))
    with screen.show(*options, cwd=tmp_path) as process:
        until(lambda: screen.picture().std() > 10, "a picture")
        screen.do("mousemove", "--window", screen.window(), "300", "200")
        geometry = screen.do("getwindowgeometry", screen.window())
        screen.do("click", "5", "click", "5", "click", "4", "click", "5")
        screen.do("keydown", "shift", "click", "4", "keyup", "shift")
        screen.do("mousedown", "1", "mousemove_relative", "60", "40", "mouseup", "1")  # a drag is one click
        assert screen.do("getwindowgeometry", screen.window()) == geometry
        screen.press("q")
        controls = finish(process, report)["controls"]
    assert isinstance(controls, dict)
    assert controls["dream/strength"] == 34
    assert controls["show/view"] == "mosaic"  # the drag began on a row of the story


def test_the_wheel_goes_through_the_layers(screen: Screen, tmp_path: Path) -> None:
    report = tmp_path / "r.json"
    with screen.show(*SMALL, "--report", str(report), cwd=tmp_path) as process:
        until(lambda: cursor_is_seen(screen), "the cursor")
        screen.do("mousemove", "--window", screen.window(), "300", "200", "click", "5", "click", "5", "click", "4")
        screen.press("q")
        assert finish(process, report)["layer"] == "block1_conv2"


def test_a_held_key_repeats(screen: Screen, tmp_path: Path) -> None:
    report = tmp_path / "r.json"
    with screen.show(*SMALL, "--report", str(report), cwd=tmp_path) as process:
        until(lambda: cursor_is_seen(screen), "the cursor")
        for key in ("x", "bracketright"):  # the mirror is switched once
            screen.do("keydown", key)
            time.sleep(2.0)
            screen.do("keyup", key)
        screen.press("q")
        facts = finish(process, report)
    controls = facts["controls"]
    assert isinstance(controls, dict)
    assert controls["show/mirror"]
    assert facts["layer"] not in ("block1_conv1", "block1_conv2")


def test_buttons_of_the_mouse_reach_the_view(screen: Screen, tmp_path: Path) -> None:
    report = tmp_path / "r.json"
    options = (*SMALL, "--view", "camera", "--set", "show/freeze=on", "--report", str(report))
    with screen.show(*options, cwd=tmp_path) as process:
        until(lambda: screen.picture().std() > 10, "a picture")
        screen.do("mousemove", "--window", screen.window(), "320", "180", "click", "1")
        until(lambda: screen.picture()[:, :700].std() > 10, "the view")
        time.sleep(2.0)  # the graph of the features is made
        screen.do("click", "3")
        time.sleep(0.5)
        screen.press("q")
        controls = finish(process, report)["controls"]
    assert isinstance(controls, dict)
    assert controls["show/view"] == "features"
    first, second = str(controls["features/points"]).split()
    assert all(abs(float(share) - 0.5) < 0.06 for share in first.split(","))
    assert second.startswith("-")


def test_the_mouse_cursor_hides_and_comes_back(screen: Screen, tmp_path: Path) -> None:
    with screen.show(*SMALL, cwd=tmp_path) as process:
        screen.do("mousemove", "--window", screen.window(), "300", "200")
        until(lambda: not screen.mouse_cursor_is_seen(), "no cursor")
        screen.do("mousemove_relative", "9", "9")
        until(screen.mouse_cursor_is_seen, "the cursor")
        screen.press("q")
        assert process.wait(timeout=30) == 0


def card_is_seen(screen: Screen) -> bool:
    """Whether there are letters above the middle of the status line of a window of 640x360."""
    return bool((screen.picture()[590:645, 700:900] == BRIGHT).all(axis=2).sum() > 4)


@pytest.mark.skipif(bool(list_cameras()), reason="this machine has a camera")
def test_without_a_camera_the_window_shows_moving_pictures_and_a_card(screen: Screen, tmp_path: Path) -> None:
    with screen.show("--size", "64", "--canvas", "640x360", "--view", "camera", cwd=tmp_path) as process:
        until(lambda: screen.picture().std() > 10, "a picture")
        first = screen.picture().astype(int)
        until(lambda: np.abs(screen.picture().astype(int) - first).mean() > 1, "another")
        assert card_is_seen(screen)
        screen.press("h")
        screen.press("h")
        until(lambda: not card_is_seen(screen), "no card")
        screen.press("q")
        assert process.wait(timeout=30) == 0


@pytest.mark.slow
def test_figures_for_the_operator_leave_the_status_line_and_come_back_with_it(screen: Screen, tmp_path: Path) -> None:
    def figures() -> bool:
        """Whether there is text at the right of the status line of a window of 640x360."""
        return bool(screen.picture()[684:696, 800:1110].max() > 100)

    with screen.show(*SMALL, "--view", "camera", cwd=tmp_path) as process:
        until(figures, "rates and latency")
        until(lambda: not figures(), "a calm status line")
        screen.press("`")
        screen.press("`")
        until(figures, "rates and latency again")
        screen.press("q")
        assert process.wait(timeout=30) == 0
