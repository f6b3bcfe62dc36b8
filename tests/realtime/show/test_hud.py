"""What lies over the picture: nothing important is lost on a narrow window."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from models.build.heads.grid import Grid
from models.importing.open_network import open_network
from realtime.canvas.composer import Canvas
from realtime.imaging.compositing import Rect
from realtime.imaging.frame import Frame
from realtime.imaging.text import ACCENT
from realtime.overlay import hud
from realtime.overlay.layer_list import LayerList
from realtime.overlay.overlays import Overlays
from realtime.show.make_controls import make_controls
from realtime.views.registry import find_views
from realtime.views.view import Tiles

STATUS = hud.Status(
    network="world fp32",
    untrained=True,
    provider="CPU",
    rates="camera 30 · net 30 · screen 30 fps",
    latency="20 ms",
    recording="REC 3 s",
)


def canvas() -> Canvas:
    info = open_network("world").info
    layer = info.layer("block3_conv1")
    tiles = Tiles(Grid(8, 8, (20, 30), 2, (180, 300)), tuple(range(64)), 9)
    frame = Frame(np.zeros((360, 640, 3), np.uint8), 0, 0.0)
    settings, panel = make_controls(info, find_views()).snapshot(), Rect(300, 20, 300, 180)
    return Canvas(frame, settings, "mosaic", panel, panel, (224, 304), layer=layer, tiles=tiles)


def reddish(image: np.ndarray) -> int:
    """How many pixels the colour of a fault has touched."""
    return int((image[:, :, 2].astype(int) - image[:, :, 1] > 50).sum())


def test_words_of_the_status_line() -> None:
    words = hud.describe(canvas(), open_network("world").info)
    assert words == "mosaic · block3_conv1 · layer 5 of 13 · channel 9 of 64 · 76×56"
    alone = dataclasses.replace(canvas(), layer=None, tiles=None, view="story")
    assert hud.describe(alone, open_network("world").info) == "story"


@pytest.mark.parametrize("width", [1920, 1280, 900, 640])
def test_untrained_and_recording_are_said_on_every_window(width: int) -> None:
    image = np.zeros((width * 9 // 16, width, 3), np.uint8)
    hud.draw_status(image, "mosaic", STATUS)
    quiet = image.copy()
    hud.draw_status(quiet, "mosaic", dataclasses.replace(STATUS, untrained=False, recording=""))
    assert reddish(image) > 3 * reddish(quiet) + 150


@pytest.mark.parametrize("width", [1280, 900, 640, 480])
def test_what_does_not_fit_gives_way_and_nothing_overlaps(width: int) -> None:
    status = dataclasses.replace(STATUS, notice="on the CPU: CUDA libraries missing: cudart, cublas, cudnn" * 2)
    image = np.zeros((360, width, 3), np.uint8)
    hud.draw_status(image, "mosaic · block3_conv1 · layer 5 of 13 · channel 9 of 64 · 76×56", status)
    alone = np.zeros((360, width, 3), np.uint8)
    nothing = hud.Status(network="", untrained=False, provider="", rates="", latency="")
    hud.draw_status(alone, "mosaic · block3_conv1 · layer 5 of 13 · channel 9 of 64 · 76×56", nothing)
    left_end = np.argwhere(alone.max(axis=2) > 60)[:, 1].max()
    np.testing.assert_array_equal(image[:, : left_end + 1], alone[:, : left_end + 1])


@pytest.mark.parametrize("width", [1920, 640, 480, 320])
def test_an_answer_to_a_key_is_said_on_every_window(width: int) -> None:
    words = "gradient style: grey, seen in saliency (/)"
    image = np.zeros((360, width, 3), np.uint8)
    shown = dataclasses.replace(STATUS, answer=words)
    hud.draw_status(image, "mosaic · inception_4c/5x5_reduce · layer 5 of 13 · channel 9 of 64 · 76×56", shown)
    alone = np.zeros((360, width, 3), np.uint8)
    hud.draw_status(alone, "", hud.Status(answer=words))
    warm, needed = (int((each[:, :, 2].astype(int) - each[:, :, 0] > 100).sum()) for each in (image, alone))
    assert warm >= 0.95 * needed > 100


def test_an_answer_is_said_also_without_the_status_line() -> None:
    info, shown = open_network("world").info, canvas()
    controls = make_controls(info, find_views())
    controls.set("window/status", False)
    image = np.zeros((360, 640, 3), np.uint8)
    Overlays(controls, info).draw(image, shown, hud.Status(), cursor=False, dialog=None)
    assert not image.any()
    Overlays(controls, info).draw(image, shown, hud.Status(answer="contrast: 2.2"), cursor=False, dialog=None)
    assert image[340:].max() > 100


def test_a_fault_is_seen_over_the_list_of_layers() -> None:
    info, shown = open_network("world").info, canvas()
    overlays = Overlays(make_controls(info, find_views()), info)
    layers = LayerList.of("world", info.layers, "block1_conv1")
    image = np.zeros((720, 1280, 3), np.uint8)
    overlays.draw(image, shown, hud.Status(notice="frozen"), cursor=True, dialog=layers)
    assert reddish(image[600:]) == 0
    overlays.draw(image, shown, hud.Status(alarm="lost camera 0"), cursor=True, dialog=layers)
    assert reddish(image[600:]) > 100


def test_a_fault_stands_above_the_status_line() -> None:
    image = np.zeros((720, 1280, 3), np.uint8)
    hud.draw_status(image, "mosaic", dataclasses.replace(STATUS, alarm="lost camera 0 (no frame for 2 s)"))
    assert reddish(image[600:680]) > 100
    long = dataclasses.replace(STATUS, alarm="lost http://127.0.0.1/video (no frame for 2 s); reconnecting in 1 s " * 3)
    hud.draw_status(image, "mosaic", long)
    assert reddish(image[:, :20]) == 0
    assert reddish(image[540:640]) > 100


def test_cursor_surrounds_the_chosen_tile() -> None:
    image, shown = np.zeros((720, 1280, 3), np.uint8), canvas()
    hud.draw_cursor(image, shown, hud.Placement.of((360, 640), (720, 1280)))
    lit = np.argwhere((image == ACCENT).all(axis=2))
    assert shown.tiles is not None
    (left, top), (_, width) = shown.tiles.grid.corner(9), shown.tiles.grid.cell_hw
    assert abs(lit[:, 1].min() - 2 * (300 + left)) <= 4
    assert abs(lit[:, 0].min() - 2 * (20 + top)) <= 4
    assert abs(lit[:, 1].max() - lit[:, 1].min() - 2 * width) <= 8
