"""Beside a large tile: what its channel likes, and what excited it."""

from __future__ import annotations

import dataclasses
import threading

import numpy as np
import pytest

from models.errors import ModelError
from models.importing.open_network import open_network
from realtime.capture.pattern import Pattern
from realtime.channels import portraits
from realtime.channels.column import COLUMN_GAP, ChannelColumn, Seen, split_panel
from realtime.channels.likes import ChannelLikes
from realtime.imaging.compositing import BACKGROUND
from realtime.imaging.frame import Frame, Image
from realtime.inference.engine import Engine
from realtime.inference.providers import CPU
from realtime.show.make_controls import make_controls
from realtime.views.mosaic import MosaicView
from realtime.views.registry import find_views
from tests.realtime.views.scenes import render_when_ready, scene
from tests.screen import until

PANEL_HW = (360, 640)


def zoomed(engine: Engine, panel_hw: tuple[int, int], frames: int = 1) -> Image:
    network = open_network("world")
    controls = make_controls(network.info, find_views())
    for path, value in (("show/view", "mosaic"), ("show/layer", "block2_conv2"), ("tiles/zoom", "on")):
        controls.set(path, value)
    view, pattern = MosaicView(), Pattern()
    for number in range(frames):
        image = pattern.read()
        seen = scene(engine, network, controls, image, input_hw=(96, 128))
        seen = dataclasses.replace(seen, frame=Frame(image, number, number * 2.0), panel_hw=panel_hw)
        drawn = render_when_ready(view, seen).image
    return drawn


def column_hw(panel_hw: tuple[int, int]) -> tuple[int, int]:
    """The room for the column of a panel that has one."""
    room = split_panel(panel_hw)[1]
    assert room is not None
    return room


def drawn_share(image: Image) -> float:
    """The share of pixels that are not background."""
    return float((np.abs(image.astype(int) - BACKGROUND).max(axis=2) > 8).mean())


def test_the_column_has_a_picture_and_the_crops_of_several_moments(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(portraits, "STEPS", 4)
    _, width = column_hw(PANEL_HW)
    once, later = (zoomed(engine, PANEL_HW, frames)[:, -width:] for frames in (1, 6))
    liked = slice(0, width)
    assert drawn_share(once[liked]) > 0.5
    np.testing.assert_array_equal(later[liked], once[liked])
    assert drawn_share(later[width:]) > 0.3
    assert np.abs(later[width:].astype(int) - once[width:]).mean() > 5


def test_a_narrow_panel_has_no_column(engine: Engine) -> None:
    assert split_panel((180, 240)) == ((180, 240), None)
    assert zoomed(engine, (180, 240)).shape == (180, 240, 3)


@pytest.mark.parametrize("panel_hw", [PANEL_HW, (640, 360)])
def test_the_tile_fills_its_room(engine: Engine, monkeypatch: pytest.MonkeyPatch, panel_hw: tuple[int, int]) -> None:
    monkeypatch.setattr(portraits, "STEPS", 1)
    height, width = split_panel(panel_hw)[0]
    tile = zoomed(engine, panel_hw)[:height, :width]
    assert (np.abs(tile.astype(int) - BACKGROUND).max(axis=2) > 2).mean() > 0.9


def test_in_an_upright_panel_it_lies_below(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(portraits, "STEPS", 1)
    (tile_h, tile_w), (height, width) = split_panel((640, 360))[0], column_hw((640, 360))
    assert tile_w == width == 360
    assert tile_h + COLUMN_GAP + height == 640
    image = zoomed(engine, (640, 360))
    assert image.shape == (640, 360, 3)
    assert drawn_share(image[-height:]) > 0.3


def test_the_panel_is_filled_exactly(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(portraits, "STEPS", 1)
    image = zoomed(engine, PANEL_HW)
    assert image.shape == (*PANEL_HW, 3)
    _, width = column_hw(PANEL_HW)
    gap = image[:, -width - COLUMN_GAP : -width]
    assert drawn_share(gap) == 0


def test_it_says_that_the_picture_is_being_drawn_and_lets_it_appear(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(portraits, "STEPS", 4)
    network, size_hw = open_network("world"), column_hw(PANEL_HW)
    layer, nothing = network.info.layer("block2_conv1"), np.zeros((28, 28), np.float32)
    width = size_hw[1]
    with Engine(CPU, background=True) as engine:
        column, go_on = ChannelColumn(engine, network), threading.Event()
        engine.start(lambda: go_on.wait(60))

        def liked(now: float) -> Image:
            seen = Seen(np.zeros((96, 128, 3), np.uint8), layer, 3, nothing, now)
            return column.draw(seen, size_hw, top=0)[2 * (width // 13) : width]

        assert drawn_share(liked(0.0)) == 0
        waiting = liked(1.0)
        assert 0 < drawn_share(waiting) < 0.1
        np.testing.assert_array_equal(liked(2.0), waiting)
        go_on.set()
        until(lambda: drawn_share(liked(2.0)) == 0, "the first moment of the picture")
        half, whole, later = liked(2.3), liked(3.0), liked(9.0)
        assert abs(whole.astype(int) - BACKGROUND).mean() > 1.5 * abs(half.astype(int) - BACKGROUND).mean()
        np.testing.assert_array_equal(whole, later)


def test_a_channel_without_a_picture_is_not_waited_for(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> Image:
        raise ModelError("no gradient")

    monkeypatch.setattr(portraits, "portrait_image", fail)
    network = open_network("world")
    likes, layer = ChannelLikes(engine, network), network.info.layer("block2_conv1")
    assert not likes.has_none(layer, 3)
    assert likes.portrait(layer, 3) is None
    assert likes.has_none(layer, 3)
