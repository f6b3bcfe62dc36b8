"""Live Grad-CAM: it glows where the class is, and names the class."""

from __future__ import annotations

import numpy as np
import pytest

from models.importing.open_network import open_network
from models.spec import Network
from realtime.controls.controls import Controls
from realtime.imaging.frame import Floats
from realtime.imaging.heatmap import COLOUR_LEFT
from realtime.inference.engine import Engine
from realtime.inference.providers import CPU
from realtime.show.make_controls import make_controls
from realtime.views.gradcam import GradcamView
from realtime.views.registry import find_views
from realtime.views.view import Rendered
from scripts.dev.benchmarks.untrained import write_untrained
from tests.realtime.views.scenes import halves, render_when_ready, scene
from tests.screen import until

FLAG = halves((40, 40, 180), (160, 40, 40))
"""Red on the left, blue on the right; on average rather red."""


@pytest.fixture
def controls(network: Network) -> Controls:
    return make_controls(network.info, find_views())


def shown(engine: Engine, network: Network, controls: Controls, *, count: int = 3) -> Rendered:
    view = GradcamView()
    return [render_when_ready(view, scene(engine, network, controls, FLAG)) for _ in range(count)][-1]


def warmth(rendered: Rendered) -> tuple[float, float]:
    """How much warmer than the picture in grey the left and the right half are."""
    image = rendered.image.astype(float)
    grey = COLOUR_LEFT * (FLAG[..., 2].astype(float) - FLAG[..., 0])
    left, right = np.split(image[..., 2] - image[..., 0], 2, axis=1)
    return float(left.mean() - grey[:, :32].mean()), float(right.mean() - grey[:, 32:].mean())


def test_the_likeliest_class_glows(engine: Engine, network: Network, controls: Controls) -> None:
    rendered = shown(engine, network, controls)
    left, right = warmth(rendered)
    assert left > right + 40
    assert rendered.caption is not None
    assert rendered.caption[0] == "red"


def test_what_has_no_name_is_explained_by_the_strongest_channel(
    engine: Engine, network: Network, controls: Controls
) -> None:
    named = shown(engine, network, controls)
    controls.set("predict/threshold", 1)
    unsure = shown(engine, network, controls)
    assert unsure.caption == ("not sure", "Light where the strongest channel answers.")
    assert np.abs(glow(unsure) - glow(named)).max() > 5
    controls.set("gradcam/target", 1)
    assert shown(engine, network, controls).caption != unsure.caption


def test_in_the_background_nothing_glows_before_the_strongest_channel(network: Network, controls: Controls) -> None:
    controls.set("predict/threshold", 1)
    view = GradcamView()
    with Engine(CPU, background=True) as engine:
        picture, captions = scene(engine, network, controls, FLAG), []

        def found() -> bool:
            captions.append(render_when_ready(view, picture).caption)
            return captions[-1] == ("not sure", "Light where the strongest channel answers.")

        until(found, "the strongest channel")
    assert {caption[0] for caption in captions if caption} == {"Grad-CAM", "not sure"}


def test_the_chosen_class_glows(engine: Engine, network: Network, controls: Controls) -> None:
    controls.set("gradcam/target", 0)
    rendered = shown(engine, network, controls)
    left, right = warmth(rendered)
    assert right > left + 40
    assert rendered.caption is not None
    assert rendered.caption[0] == "blue"


def test_a_class_that_does_not_exist_is_named_and_nothing_glows(
    engine: Engine, network: Network, controls: Controls
) -> None:
    controls.set("gradcam/target", 3)
    rendered = shown(engine, network, controls)
    assert rendered.caption == ("class 3", "The network's classes go from 0 to 2.")
    np.testing.assert_array_equal(rendered.image[90, [20, 220]], FLAG[24, [5, 60]])


def test_the_list_is_of_the_frames_of_the_heatmap(engine: Engine, network: Network, controls: Controls) -> None:
    rendered = shown(engine, network, controls)
    assert rendered.predictions
    assert rendered.caption is not None
    assert rendered.predictions[0].label == rendered.caption[0]


def test_without_a_classifier_the_strongest_channel_of_the_last_layer_glows(engine: Engine) -> None:
    network = open_network(str(write_untrained("vgg16", width=0.125)))
    controls = make_controls(network.info, find_views())
    controls.set("show/view", "gradcam")
    plain = scene(engine, network, controls, FLAG).fitted_frame().astype(np.float32)
    last = network.info.key_layers[-1]
    strongest = shown(engine, network, controls)
    assert strongest.layer == last
    assert strongest.caption is not None
    assert strongest.caption[1] == f"What activates this channel of {last.name}."
    assert np.abs(glow(strongest) - plain).mean() > 5
    controls.set("gradcam/target", 3)
    assert shown(engine, network, controls).caption == ("channel 3", f"What activates this channel of {last.name}.")
    controls.set("gradcam/target", 64)
    assert shown(engine, network, controls).caption == ("channel 64", "The network's channels go from 0 to 63.")


def test_the_heatmap_is_of_the_chosen_layer(engine: Engine, network: Network, controls: Controls) -> None:
    controls.set("show/view", "gradcam")
    deepest = shown(engine, network, controls)
    controls.set("show/layer", "conv1")
    chosen = shown(engine, network, controls)
    assert [each.layer.name for each in (deepest, chosen) if each.layer] == ["conv2", "conv1"]
    assert np.abs(glow(deepest) - glow(chosen)).max() > 5


def test_the_heatmap_of_another_layer_is_not_shown(network: Network, controls: Controls) -> None:
    """In the background the heatmap comes later than the choice of a layer."""
    view = GradcamView()
    with Engine(CPU, background=True) as engine:
        controls.set("show/view", "gradcam")
        first = scene(engine, network, controls, FLAG)
        dark = glow(render_when_ready(view, first))
        until(lambda: np.abs(glow(render_when_ready(view, first)) - dark).mean() > 5, "the heatmap")
        controls.set("show/layer", "conv1")
        np.testing.assert_array_equal(glow(render_when_ready(view, scene(engine, network, controls, FLAG))), dark)


def glow(rendered: Rendered) -> Floats:
    return rendered.image.astype(np.float32)
