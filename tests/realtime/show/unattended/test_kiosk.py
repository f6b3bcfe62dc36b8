"""A kiosk in a real window: what visitors see, and what their keys cannot do."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np

from models.importing.open_network import open_network
from realtime.imaging.text import ALARM, QUIET
from realtime.outputs.window import CHORD
from realtime.show.make_controls import make_controls
from realtime.show.unattended.visitor_lock import UNLOCKED_FOR, VALUES, VisitorLock
from realtime.views.registry import find_views
from tests.realtime.capture.http_camera import HttpCamera
from tests.screen import Screen, until
from tests.test_show import SMALL

KIOSK = ("--kiosk", "--source", "pattern", *SMALL, "--set", "show/view=mosaic")


def fills_the_screen(screen: Screen) -> bool:
    return "WIDTH=1600" in screen.do("getwindowgeometry", "--shell", screen.window())


def test_visitors_see_the_picture_alone_and_cannot_end_it(screen: Screen, tmp_path: Path) -> None:
    with screen.show(*KIOSK, cwd=tmp_path) as process:
        until(lambda: fills_the_screen(screen) and screen.picture().std() > 10, "a picture on the whole screen")
        screen.do("mousemove", "800", "500", "mousemove", "810", "510")
        until(lambda: not screen.mouse_cursor_is_seen(), "the mouse cursor to hide", 3.0)
        for key in ("q", "f", "r", "e", "w", "h", "`", "Esc", "Backspace", " "):
            screen.press(key)
        screen.do("key", "alt+F4")
        time.sleep(1.0)
        assert process.poll() is None
        assert fills_the_screen(screen)
        assert not screen.mouse_cursor_is_seen()
        screen.do("key", "ctrl+shift+o")
        for key in ("w", "q"):
            screen.press(key)
        assert process.wait(timeout=30) == 0
        assert not list(tmp_path.iterdir())  # no key records, also for the operator


def pixels_near_the_end(screen: Screen, colour: tuple[int, int, int]) -> int:
    """How many pixels of a colour are in the lower part of the screen, where the text for visitors is."""
    lower = screen.picture()[780:960].astype(int)
    return int((np.abs(lower - np.array(colour)).max(axis=2) < 12).sum())


def test_visitors_are_told_in_other_words_that_the_camera_is_lost(screen: Screen, tmp_path: Path) -> None:
    with HttpCamera() as camera:
        words = ("--source", camera.url, "--view", "camera", "--set", "window/waiting=Einen Moment bitte")
        with screen.show("--kiosk", *words, *SMALL, cwd=tmp_path) as process:
            until(lambda: screen.picture().std() > 5, "a picture")
            before = pixels_near_the_end(screen, QUIET)
            camera.stop()
            until(lambda: pixels_near_the_end(screen, QUIET) > before + 100, "the text")
            assert pixels_near_the_end(screen, ALARM) < 20
            camera.start()
            until(lambda: pixels_near_the_end(screen, QUIET) < before + 50, "the text to go")
            process.terminate()
            _, errors = process.communicate(timeout=30)
    assert process.returncode == 0 and "lost" in errors and "is back" in errors


def test_the_lock_closes_by_itself_and_brings_back_its_values() -> None:
    controls = make_controls(open_network("world").info, find_views())
    lock = VisitorLock(controls)
    assert {path: controls.value(path) for path in VALUES} == VALUES
    assert lock.takes("h", 0.0) and lock.takes(" ", 0.0) and not lock.takes("v", 0.0)
    assert lock.takes(CHORD, 0.0) and not lock.locked
    assert not lock.takes("h", 50.0)
    controls.set("window/help", True)
    lock.turn(50.0 + UNLOCKED_FOR - 1)
    assert not lock.locked
    lock.turn(50.0 + UNLOCKED_FOR)
    assert lock.locked and {path: controls.value(path) for path in VALUES} == VALUES
    controls.set("show/freeze", True)  # as the end of the attract mode may do
    lock.turn(200.0)
    assert controls.value("show/freeze") is False
