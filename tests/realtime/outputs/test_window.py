"""The show in a real window, with real key presses."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import numpy as np
import pytest

from models.importing.open_network import open_network
from realtime.controls.controls import Controls
from realtime.imaging.text import ACCENT, ALARM
from realtime.outputs.window import key_name
from realtime.show.make_controls import make_controls
from realtime.views.registry import find_views
from tests.screen import Screen, until

SMALL = ("--source", "pattern", "--size", "64", "--canvas", "640x360")
ALL_TILES = (*SMALL, "--set", "tiles/active=off", "--set", "tiles/channel=0")


def finish(process: subprocess.Popen[str], report: Path) -> dict[str, object]:
    """The report of a show that ended well."""
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 0, errors
    assert "Traceback" not in errors
    facts: dict[str, object] = json.loads(report.read_text())
    return facts


def keys_of_the_table(controls: Controls) -> list[str]:
    """Every key that changes a value."""
    return [key for row in controls.table.values() for bind in row.binds for key in bind.keys]


def test_enter_dreams_of_the_chosen_tile(screen: Screen, tmp_path: Path) -> None:
    report = tmp_path / "r.json"
    with screen.show(*ALL_TILES, "--report", str(report), cwd=tmp_path) as process:
        until(lambda: (screen.picture() == ACCENT).all(axis=2).sum() > 100, "the cursor")
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
        controls = make_controls(open_network("world").info, find_views())
        with screen.show(*SMALL, "--report", str(report), cwd=tmp_path) as process:
            for key in chosen:
                screen.press(key)
                controls.press(key)
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
            until(lambda: (screen.picture() == ACCENT).all(axis=2).sum() > 100, "the cursor")
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


def test_record_snapshot_and_replay_keys_leave_files(screen: Screen, tmp_path: Path) -> None:
    with screen.show(*SMALL, "--folder", str(tmp_path), cwd=tmp_path) as process:
        until(lambda: screen.picture().std() > 10, "a picture")
        screen.press("w")
        until(lambda: list(tmp_path.glob("*.png")), "a snapshot")
        screen.press("r")
        until(lambda: list(tmp_path.glob("*.ventral-part*")), "a recording")
        screen.press("e")
        screen.press("r")
        until(lambda: len(list(tmp_path.glob("ventral-*.gif"))) == 2, "the take and the replay")
        screen.press("q")
        assert process.wait(timeout=30) == 0
    assert not list(tmp_path.glob("*.ventral-part*"))


def test_a_recording_is_seen_where_the_status_line_is_off(screen: Screen, tmp_path: Path) -> None:
    def lit() -> bool:
        return bool((screen.picture() == ALARM).all(axis=2).sum() > 20)

    options = ("--view", "camera", "--set", "window/status=off", "--folder", str(tmp_path))
    with screen.show(*SMALL, *options, cwd=tmp_path) as process:
        until(lambda: screen.picture().std() > 10, "a picture")
        assert not lit()
        screen.press("r")
        until(lit, "the dot")
        screen.press("r")
        until(lambda: not lit(), "no dot")
        screen.press("q")
        assert process.wait(timeout=30) == 0


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


def test_escape_resets(screen: Screen, tmp_path: Path) -> None:
    report = tmp_path / "r.json"
    with screen.show(*SMALL, "--layer", "block2_conv1", "--report", str(report), cwd=tmp_path) as process:
        for key in ("5", "s", "b", "x", "Esc"):
            screen.press(key)
        screen.press("q")
        facts = finish(process, report)
    assert (facts["layer"], facts["view"]) == ("block2_conv1", "mosaic")


def test_fullscreen_fills_the_screen(screen: Screen, tmp_path: Path) -> None:
    with screen.show(*SMALL, cwd=tmp_path) as process:
        screen.press("f")
        until(lambda: screen.do("getwindowgeometry", screen.window()).endswith("1600x1000"), "the whole screen")
        until(lambda: screen.picture()[200:800, 700:].std() > 10, "the picture, grown")
        screen.press("f")
        until(lambda: not screen.do("getwindowgeometry", screen.window()).endswith("1600x1000"), "the window")
        screen.press("q")
        assert process.wait(timeout=30) == 0


def test_window_closed_by_its_button_ends_the_show(screen: Screen, tmp_path: Path) -> None:
    report = tmp_path / "r.json"
    with screen.show(*SMALL, "--report", str(report), cwd=tmp_path) as process:
        until(lambda: screen.picture().std() > 10, "a picture")
        screen.do("key", "alt+F4")
        assert finish(process, report)["frames"]


@pytest.mark.parametrize(
    ("code", "name"), [(0x61, "a"), (0x1B, "Esc"), (0xFF55, "PgUp"), (0x20, " "), (0xFFE1, None), (0x100061, "a")]
)
def test_key_codes_have_names(code: int, name: str | None) -> None:
    assert key_name(code) == name
