"""The keys on the screen: all of them, by purpose, large enough for the last row."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from models.importing.open_network import open_network
from realtime.canvas.composer import Canvas
from realtime.canvas.layout import status_height
from realtime.controls.controls import Controls
from realtime.imaging.compositing import Rect
from realtime.imaging.frame import Frame
from realtime.overlay.help import draw_help, draw_keys, help_lines, help_screen, key_strip
from realtime.views.dream import DreamView
from scripts.common.all_controls import all_controls

WINDOWS = [(1920, 1080), (1280, 720), (640, 360), (1080, 1920), (1920, 384)]


@pytest.fixture(scope="module")
def controls() -> Controls:
    return all_controls(open_network("world").info)


@pytest.mark.parametrize("window_wh", WINDOWS)
def test_help_fits_the_window(controls: Controls, window_wh: tuple[int, int]) -> None:
    width, height = window_wh
    image = np.zeros((height, width, 3), np.uint8)
    draw_help(image, help_screen(controls))
    lit = np.argwhere(image.max(axis=2) > 60)
    assert lit[:, 0].max() < height - 2
    assert lit[:, 1].max() < width - 2
    assert np.ptp(lit[:, 0]) > 0.8 * height


def test_every_key_is_in_the_table_and_every_control_on_the_screen(controls: Controls) -> None:
    table = " ".join(keys for keys, _ in help_lines(controls)).split()
    shown = [key for lines in help_screen(controls).values() for line in lines for key in line.keys]
    assert len(set(shown)) == len(shown)
    assert set(shown) < set(table)
    bound = [bind.keys[0] for value in controls.table.values() for bind in value.binds]
    first = {*bound, *(action.keys[0] for action in controls.actions.values())}
    assert len(shown) == len(first)


def test_the_keys_are_sorted_by_purpose(controls: Controls) -> None:
    groups = {purpose: {key for line in lines for key in line.keys} for purpose, lines in help_screen(controls).items()}
    for purpose, keys in {
        "views": "mv",
        "look": "ta",
        "move": "[]z1",
        "dream": "9",
        "record": "rw",
        "window": "hf",
    }.items():
        assert set(keys) <= groups[purpose], purpose


def canvas(controls: Controls, view: str, groups: tuple[str, ...]) -> Canvas:
    layer = open_network("world").info.layers[0]
    frame = Frame(np.zeros((360, 640, 3), np.uint8), 0, 0.0)
    panel = Rect(0, 0, 640, 360)
    return Canvas(frame, controls.snapshot(), view, panel, panel, (224, 304), layer=layer, groups=groups)


@pytest.mark.parametrize("window_wh", WINDOWS)
def test_the_line_of_keys_is_that_of_the_view(controls: Controls, window_wh: tuple[int, int]) -> None:
    width, height = window_wh
    saliency = key_strip(controls, canvas(controls, "saliency", ("tiles", "saliency")))
    shown = " ".join(key for key, _ in saliency).split()
    assert {",", "'", "t", "h"} <= set(shown)
    assert not {"7", "z", "a"} & set(shown)
    image = np.zeros((height, width, 3), np.uint8)
    draw_keys(image, saliency)
    lit = np.argwhere(image[:, :, 2].astype(int) - image[:, :, 0] > 40)  # ACCENT is warm
    assert len(lit) > 10
    strip = status_height((height, width))
    assert height - strip <= lit[:, 0].min() <= lit[:, 0].max() < height - strip // 3


def test_a_key_that_the_view_does_not_use_is_not_offered(controls: Controls) -> None:
    dream = dataclasses.replace(canvas(controls, "dream", ("features", "dream")), unused=DreamView.unused)
    keys = " ".join(key for key, _ in key_strip(controls, dream)).split()
    assert "9" in keys
    assert "7" not in keys
