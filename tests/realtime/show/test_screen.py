"""The main thread's part of the show, with a real window on a screen that nobody sees."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pygame
import pytest

from realtime.canvas.composer import Canvas
from realtime.controls.controls import Controls
from realtime.imaging.frame import Frame, Image
from realtime.inference.engine import Engine
from realtime.outputs.window import Window
from realtime.overlay.hud import Status
from realtime.pace.meter import Meter
from realtime.show.attract import Attract
from realtime.show.screen import Screen
from realtime.show.setup import RenderSetup
from realtime.threads.mailbox import Mailbox
from realtime.views.registry import find_views
from tests.realtime.show.stage import CANVAS_HW, NETWORK, Stage
from tests.screen import until

IDLE = 0.5
NOTHING = Status()


class WatchedWindow(Window):
    """Keeps what it shows."""

    def show(self, image: Image) -> None:
        self.shown = image.copy()
        super().show(image)


@dataclass
class Audience:
    """A screen in attract mode, and what the audience does."""

    stage: Stage
    window: WatchedWindow
    screen: Screen
    attract: Attract
    canvases: Mailbox[Canvas]

    @property
    def controls(self) -> Controls:
        return self.stage.controls

    def turn(self, status: Status = NOTHING) -> None:
        self.screen.turn(self.canvases, lambda _: status)

    def wait_for_attract_mode(self) -> None:
        def begun() -> bool:
            self.turn()
            return self.attract.running

        until(begun, "the attract mode")

    def show_canvas(self) -> None:
        """Show what the settings say now."""
        self.canvases.put(self.stage.draw())
        self.turn()

    def press(self, key: str) -> str:
        """Press a key; the answer on the status line."""
        code = pygame.key.key_code(key)
        for kind in (pygame.KEYDOWN, pygame.KEYUP):
            pygame.event.post(pygame.event.Event(kind, key=code, unicode=key, mod=0))
        self.turn()
        return self.screen.feedback

    def click(self, x: int, y: int) -> str:
        pygame.event.post(pygame.event.Event(pygame.MOUSEBUTTONDOWN, pos=(x, y), button=1))
        self.turn()
        return self.screen.feedback


@pytest.fixture
def audience(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Iterator[Audience]:
    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    stage = Stage(engine)
    attract = Attract(stage.controls, NETWORK.info, IDLE)
    with WatchedWindow(Mailbox[Frame](), CANVAS_HW) as window:
        setup = RenderSetup(NETWORK, find_views(), stage.controls)
        yield Audience(stage, window, Screen([window], setup, Meter(), attract), attract, Mailbox[Canvas]())


@pytest.mark.parametrize(
    ("key", "path", "value", "answer"),
    [
        (".", "record/format", "mp4", "recording format: mp4"),
        ("p", "predict/on", True, "predictions: on"),
        ("y", "show/layout", "inset", ""),
        ("t", "tiles/colormap", "ember", "colormap: ember"),
        ("n", "tiles/normalize", "layer", "normalize per: layer"),
        ("h", "window/help", True, ""),
        ("3", "show/layer", "block3_conv1", ""),
    ],
)
def test_a_key_that_ends_the_attract_mode_counts(
    audience: Audience, key: str, path: str, value: object, answer: str
) -> None:
    before = audience.controls.values()
    audience.wait_for_attract_mode()
    assert audience.controls.values() != before
    assert audience.press(key) == answer
    audience.turn()
    assert not audience.attract.running
    assert audience.controls.values() == before | {path: value}


@pytest.mark.parametrize("preset", ["none", "fever"])
def test_what_was_there_before_the_attract_mode_comes_back(audience: Audience, preset: str) -> None:
    audience.controls.set("dream/preset", preset)
    audience.controls.set("dream/strength", 7)
    audience.controls.set("show/view", "mosaic")
    audience.controls.set("show/layer", "block2_conv1")
    before = audience.controls.state()
    audience.wait_for_attract_mode()
    assert audience.press(".")
    assert audience.controls.values() == {**before[0], "record/format": "mp4"}


def test_a_click_that_ends_the_attract_mode_counts(audience: Audience) -> None:
    audience.controls.set("show/view", "features")
    audience.wait_for_attract_mode()
    audience.show_canvas()
    assert audience.click(150, 60)
    assert not audience.attract.running
    assert audience.controls.value("features/mode") == "similar"
    assert audience.controls.value("features/points")


def test_a_click_on_tiles_of_another_layer_selects_none_of_them(audience: Audience) -> None:
    audience.controls.set("show/layer", "block3_conv1")
    audience.wait_for_attract_mode()
    audience.controls.set("show/view", "mosaic", chosen=False)
    audience.controls.set("show/layer", "block1_conv1", chosen=False)
    audience.show_canvas()
    before = audience.controls.value("tiles/channel")
    assert audience.click(300, 60) == "block3_conv1 is not ready yet"
    assert audience.controls.value("tiles/channel") == before


def test_a_card_gives_way_to_the_attract_mode(audience: Audience) -> None:
    """It covers the picture until then, though nobody has touched anything."""

    def shown(status: Status) -> Image:
        audience.canvases.put(audience.stage.draw())
        audience.turn(status)
        return audience.window.shown

    card = Status(card="No camera found. Plug one in.")
    audience.controls.set("show/mirror", True)
    assert (shown(card) != shown(NOTHING)).any()
    audience.wait_for_attract_mode()
    np.testing.assert_array_equal(shown(card), shown(NOTHING))
