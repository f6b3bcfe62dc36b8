"""The live evidence: it glows where the class is, and says which."""

from __future__ import annotations

import numpy as np
import pytest

from models.importing.open_network import open_network
from models.spec import Network
from realtime.controls.controls import Controls
from realtime.imaging.frame import Floats
from realtime.inference.engine import Engine
from realtime.inference.providers import CPU
from realtime.show.table import make_controls
from realtime.views.gradcam import GradcamView
from realtime.views.registry import find_views
from realtime.views.view import Rendered
from scripts.dev.benchmarks.untrained import write_untrained
from tests.realtime.views.scenes import halves, patiently, scene
from tests.screen import until

FLAG = halves((40, 40, 180), (160, 40, 40))
"""Red on the left, blue on the right; all in all it is rather red."""


@pytest.fixture
def controls(network: Network) -> Controls:
    return make_controls(network.info, find_views())


def shown(engine: Engine, network: Network, controls: Controls, *, count: int = 3) -> Rendered:
    view = GradcamView()
    return [patiently(view, scene(engine, network, controls, FLAG)) for _ in range(count)][-1]


def brightness(found: Rendered) -> tuple[float, float]:
    """Of the left and of the right half."""
    left, right = np.split(found.image.astype(float), 2, axis=1)
    return float(left.mean()), float(right.mean())


def test_the_likeliest_class_glows(engine: Engine, network: Network, controls: Controls) -> None:
    found = shown(engine, network, controls)
    left, right = brightness(found)
    assert left > 1.3 * right
    assert found.words is not None
    assert found.words[0] == "red"


def test_the_class_that_is_asked_for_glows(engine: Engine, network: Network, controls: Controls) -> None:
    controls.set("gradcam/target", 0)
    found = shown(engine, network, controls)
    left, right = brightness(found)
    assert right > 1.3 * left
    assert found.words is not None
    assert found.words[0] == "blue"


def test_a_class_that_is_not_there_is_said_and_nothing_glows(
    engine: Engine, network: Network, controls: Controls
) -> None:
    controls.set("gradcam/target", 3)
    found = shown(engine, network, controls)
    assert found.words == ("class 3", "The network's classes go from 0 to 2.")
    np.testing.assert_array_equal(found.image[90, [20, 220]], FLAG[24, [5, 60]])


def test_without_a_classifier_the_chosen_channel_glows(engine: Engine) -> None:
    network = open_network(str(write_untrained("vgg16", width=0.125)))
    controls = make_controls(network.info, find_views())
    controls.set("show/layer", "block1_conv1")
    plain = glow(shown(engine, network, controls, count=1))
    lit = []
    for channel in (5, 6):
        controls.set("tiles/channel", channel)
        found = shown(engine, network, controls)
        assert found.words == (f"channel {channel}", "Where this channel of block1_conv1 is active.")
        lit.append(glow(found))
    assert all(np.abs(each - plain).mean() > 5 for each in lit)
    assert np.abs(lit[0] - lit[1]).mean() > 1


def test_the_layer_shown_is_asked_where_that_is_wished(engine: Engine, network: Network, controls: Controls) -> None:
    controls.set("show/layer", "conv1")
    deepest = shown(engine, network, controls)
    controls.set("gradcam/where", "shown")
    chosen = shown(engine, network, controls)
    assert [each.layer.name for each in (deepest, chosen) if each.layer] == ["conv2", "conv1"]
    assert np.abs(glow(deepest) - glow(chosen)).max() > 5


def test_another_question_is_not_answered_with_old_heat(network: Network, controls: Controls) -> None:
    """Beside a show the answer comes later than the question."""
    view = GradcamView()
    with Engine(CPU, background=True) as engine:
        asked = scene(engine, network, controls, FLAG)
        dark = glow(patiently(view, asked))
        until(lambda: np.abs(glow(patiently(view, asked)) - dark).mean() > 5, "the heat")
        controls.set("gradcam/where", "shown")
        controls.set("show/layer", "conv1")
        np.testing.assert_array_equal(glow(patiently(view, scene(engine, network, controls, FLAG))), dark)


def glow(found: Rendered) -> Floats:
    return found.image.astype(np.float32)
