"""The gradient of a channel, with every backprop rule and drawn in every way."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from models.importing.open_network import open_network
from models.spec import Network
from realtime.controls.controls import Controls
from realtime.imaging.drawing import faded
from realtime.imaging.frame import Image
from realtime.inference.engine import Engine
from realtime.inference.providers import CPU
from realtime.show.make_controls import make_controls
from realtime.views.registry import find_views
from realtime.views.saliency import SaliencyView
from tests.realtime.views.scenes import PANEL_HW, halves, render_when_ready, scene
from tests.screen import until

FLAG = halves((0, 0, 200), (200, 0, 0))


@pytest.fixture
def controls(network: Network) -> Controls:
    controls = make_controls(network.info, find_views())
    controls.set("show/layer", "conv1")
    controls.set("tiles/channel", 2)
    return controls


def pixels(engine: Engine, network: Network, controls: Controls, image: Image) -> Image:
    """The map, as large as the panel allows."""
    shown = render_when_ready(SaliencyView(), scene(engine, network, controls, image)).image
    assert shown.shape[0] == PANEL_HW[0] or shown.shape[1] == PANEL_HW[1]
    return shown


def test_the_gradient_shows_the_colour_and_the_place_of_the_channel(
    engine: Engine, network: Network, controls: Controls
) -> None:
    """Channel 2 is red: of the pixels, only red ones raise it where its ReLU is on, which is on the left."""
    controls.set("saliency/show", "raw")
    seen = pixels(engine, network, controls, FLAG)
    left, right = seen[90, 60].astype(int), seen[90, 180].astype(int)
    assert left[2] > 220
    assert left[:2].tolist() == [128, 128]
    assert right.tolist() == [128, 128, 128]


@pytest.mark.parametrize("show", ["raw", "grey", "norm", "blurred"])
@pytest.mark.parametrize("rule", ["guided", "plain", "deconv"])
def test_every_rule_can_be_drawn_in_every_way(
    engine: Engine, network: Network, controls: Controls, rule: str, show: str
) -> None:
    controls.set("saliency/rule", rule)
    controls.set("saliency/show", show)
    seen = pixels(engine, network, controls, FLAG)
    left, right = seen[90, 60].astype(int), seen[90, 180].astype(int)
    assert {"raw": np.ptp(left) > 80, "grey": np.ptp(left) == 0}.get(show, left.sum() > 300)
    assert np.abs(left - right).max() > 40


def test_every_rule_draws_another_picture(engine: Engine) -> None:
    network = open_network("world")
    controls = make_controls(network.info, find_views())
    controls.set("show/layer", "block2_conv1")
    image = np.random.default_rng(0).integers(0, 256, (48, 64, 3), np.uint8)
    pictures = []
    for rule in ("guided", "plain", "deconv"):
        controls.set("saliency/rule", rule)
        pictures.append(pixels(engine, network, controls, image).astype(int))
    assert all(np.abs(one - other).mean() > 2 for one, other in itertools.combinations(pictures, 2))


def test_the_gradient_of_another_channel_is_not_shown(network: Network, controls: Controls) -> None:
    """In the background the gradient comes later than the choice of a channel."""
    view = SaliencyView()
    with Engine(CPU, background=True) as engine:
        lit = scene(engine, network, controls, FLAG)
        until(lambda: render_when_ready(view, lit).tiles is not None, "the gradient")
        controls.set("tiles/channel", 0)
        other = render_when_ready(view, scene(engine, network, controls, FLAG)).image
        np.testing.assert_array_equal(other, faded(lit.fitted_frame()))


def test_the_graphs_of_the_neighbours_are_prefetched(engine: Engine, network: Network, controls: Controls) -> None:
    view = SaliencyView()
    now = scene(engine, network, controls, FLAG)
    render_when_ready(view, now)
    engine.prefetch(view.upcoming(now))
    until(lambda: engine.pending == 0, "the graphs")
    for layer in network.info.layers:
        controls.set("show/layer", layer.name)
        view.render(scene(engine, network, controls, FLAG))


@pytest.mark.parametrize("size_hw", [(48, 64), (40, 96), (64, 48)])
def test_the_map_has_the_shape_of_the_frame(
    engine: Engine, network: Network, controls: Controls, size_hw: tuple[int, int]
) -> None:
    image = halves((0, 0, 90), (0, 0, 200), size_hw)
    height, width = pixels(engine, network, controls, image).shape[:2]
    assert width / height == pytest.approx(size_hw[1] / size_hw[0], rel=0.02)


def test_only_the_strongest_pixels_are_lit(engine: Engine) -> None:
    network = open_network("world")
    controls = make_controls(network.info, find_views())
    controls.set("show/layer", "block3_conv2")
    image = np.random.default_rng(0).integers(0, 256, (96, 128, 3), np.uint8)
    lightness = pixels(engine, network, controls, image).max(axis=2)
    assert np.median(lightness) < 50
    assert 0.01 < (lightness > 128).mean() < 0.15


@pytest.mark.parametrize(("colour", "strongest"), [((200, 0, 0), 0), ((0, 0, 200), 2)])
def test_without_a_selected_channel_the_strongest_is_shown(
    engine: Engine, network: Network, controls: Controls, colour: tuple[int, int, int], strongest: int
) -> None:
    controls.set("tiles/channel", -1)
    shown = render_when_ready(SaliencyView(), scene(engine, network, controls, halves(colour, (30, 30, 30))))
    assert shown.tiles is not None
    assert shown.tiles.channels == (strongest,)


@pytest.mark.parametrize(
    ("channel", "sentence"), [(-1, "Looking for the strongest channel."), (2, "Looking at channel 2.")]
)
def test_it_says_what_it_waits_for(network: Network, controls: Controls, channel: int, sentence: str) -> None:
    controls.set("tiles/channel", channel)
    with Engine(CPU, background=True) as engine:
        waiting = render_when_ready(SaliencyView(), scene(engine, network, controls, FLAG))
    assert waiting.caption == ("saliency", sentence)
