"""The view `features`: colour from the first frame on, calm, and clusters and likeness as chosen."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from models.importing.open_network import open_network
from models.spec import Network
from realtime.capture.pattern import Pattern
from realtime.controls.controls import Controls
from realtime.imaging.frame import Frame, Image
from realtime.inference.engine import Engine
from realtime.show.make_controls import make_controls
from realtime.views.features import FeaturesView
from realtime.views.registry import find_views
from realtime.views.view import Rendered
from tests.realtime.views.scenes import render_when_ready, scene


@pytest.fixture
def world() -> Network:
    return open_network("world")


@pytest.fixture
def controls(world: Network) -> Controls:
    controls = make_controls(world.info, find_views())
    controls.press("6")
    return controls


def shown(engine: Engine, network: Network, controls: Controls, images: list[Image]) -> list[Rendered]:
    """The same view, thirty frames a second."""
    view, drawn = FeaturesView(), []
    for number, image in enumerate(images):
        seen = scene(engine, network, controls, image, input_hw=(128, 160))
        seen = dataclasses.replace(seen, frame=Frame(image, number, number / 30))
        drawn.append(render_when_ready(view, seen))
    return drawn


def saturation(image: Image) -> float:
    """The mean difference of the strongest and the weakest colour."""
    return float(np.ptp(image.astype(int), axis=2).mean())


def test_it_begins_at_a_deep_layer(controls: Controls) -> None:
    assert controls.value("show/layer") == "block5_conv3"
    controls.press("m")
    assert controls.value("show/layer") == "block1_conv1"


@pytest.mark.parametrize("mode", ["colour", "picture", "clusters"])
def test_the_first_frame_has_colours(engine: Engine, world: Network, controls: Controls, mode: str) -> None:
    controls.set("features/mode", mode)
    grey = np.repeat(Pattern().read()[..., 1:2], 3, axis=2)
    [first] = shown(engine, world, controls, [grey])
    assert saturation(first.image) > 20
    assert first.caption is not None


def test_a_picture_that_stays_keeps_its_colours(engine: Engine, world: Network, controls: Controls) -> None:
    image = Pattern().read()
    drawn = shown(engine, world, controls, [image] * 60)
    assert np.abs(drawn[-1].image.astype(int) - drawn[0].image).max() <= 12


def test_clusters_have_as_many_colours_as_asked(engine: Engine, world: Network, controls: Controls) -> None:
    controls.set("features/mode", "clusters")
    pale = np.clip(Pattern().read() // 8 + 215, 0, 255).astype(np.uint8)
    counts = []
    for count in (2, 6):
        controls.set("features/clusters", count)
        [drawn] = shown(engine, world, controls, [pale])
        colours = (drawn.image.reshape(-1, 3) // 32).astype(int) @ (64, 8, 1)
        counts.append(int((np.bincount(colours) > 0.02 * len(colours)).sum()))
    assert counts[0] < counts[1]


def test_similar_asks_for_a_click_and_then_lights_places(engine: Engine, world: Network, controls: Controls) -> None:
    image = Pattern().read()
    controls.set("features/mode", "similar")
    [asked] = shown(engine, world, controls, [image])
    assert asked.caption is not None and "Click" in asked.caption[1]
    controls.set("features/points", "0.5,0.5")
    [found] = shown(engine, world, controls, [image])
    height, width = found.image.shape[:2]
    middle = found.image[height // 2 - 5 : height // 2 + 5, width // 2 - 5 : width // 2 + 5]
    assert middle.mean() > 1.5 * found.image.mean()
