"""The presets of the dream: no two look alike."""

from __future__ import annotations

import itertools

import cv2
import numpy as np
import pytest

from models.importing.open_network import open_network
from realtime.controls.controls import Controls
from realtime.controls.read_preset import SHIPPED, preset_description
from realtime.imaging.frame import Floats, Frame, Image
from realtime.inference.engine import Engine
from realtime.show.make_controls import make_controls
from realtime.views.dream import DreamView
from realtime.views.registry import find_views
from realtime.views.view import Scene
from tests.realtime.views.scenes import render_when_ready

NETWORK = open_network("world")
SMALL_HW = (96, 128)


def controls_of(preset: str) -> Controls:
    controls = make_controls(NETWORK.info, find_views())
    controls.set("dream/preset", preset)
    controls.set("dream/size", 128)
    controls.set("dream/steps", 3)
    return controls


def dreamed(engine: Engine, preset: str) -> Floats:
    """What a still looks like after three seconds."""
    picture = still()
    view, settings = DreamView(), controls_of(preset).snapshot()
    for index in range(36):
        scene = Scene(Frame(picture, index, index / 12), settings, NETWORK, engine, SMALL_HW, SMALL_HW)
        image = render_when_ready(view, scene).image.astype(np.float32)
    return image


def still() -> Image:
    noise = np.random.default_rng(3).integers(40, 216, (12, 16, 3), np.uint8)
    return cv2.resize(noise, SMALL_HW[::-1], interpolation=cv2.INTER_CUBIC)  # type: ignore[return-value]


def test_there_are_at_least_eight_presets_with_names_and_sentences() -> None:
    assert len(SHIPPED) >= 8
    sentences = [preset_description(name) for name in SHIPPED]
    assert len(set(sentences)) == len(sentences)
    assert all(each.endswith(".") and len(each.split()) <= 8 for each in sentences)


@pytest.fixture(scope="module")
def pictures(engine: Engine) -> dict[str, Floats]:
    return {preset: dreamed(engine, preset) for preset in SHIPPED}


def test_every_preset_changes_the_picture(pictures: dict[str, Floats]) -> None:
    for preset, picture in pictures.items():
        assert np.abs(picture - still()).mean() > 8, preset


def test_no_two_presets_look_alike(pictures: dict[str, Floats]) -> None:
    """They differ in their colours, or in their lightness detail."""
    for (one, first), (other, second) in itertools.combinations(pictures.items(), 2):
        colours = float(np.abs(_tint(first) - _tint(second)).mean())
        alike = float(np.corrcoef(_detail(first), _detail(second))[0, 1])
        assert colours > 12 or alike < 0.5, f"{one} and {other} differ by {colours:.1f}, and are {alike:.2f} alike"


def _tint(picture: Floats) -> Floats:
    """The broad colours without lightness."""
    blurred = np.asarray(cv2.GaussianBlur(picture, (0, 0), 6), np.float32)
    return np.asarray(blurred - blurred.mean(axis=2, keepdims=True), np.float32)


def _detail(picture: Floats) -> Floats:
    grey = picture.mean(axis=2) - still().astype(np.float32).mean(axis=2)
    return np.asarray(grey - cv2.GaussianBlur(grey, (0, 0), 4), np.float32).ravel()
