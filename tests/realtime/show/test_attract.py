"""The attract mode: begins when nobody touches anything, goes through its views, and gives everything back."""

from __future__ import annotations

import pytest

from models.importing.open_network import open_network
from realtime.controls.controls import Controls
from realtime.show.attract import Attract, programme
from realtime.show.make_controls import make_controls
from realtime.views.registry import find_views

INFO = open_network("world").info


@pytest.fixture
def controls() -> Controls:
    return make_controls(INFO, find_views())


def test_it_waits_until_nobody_touches_anything(controls: Controls) -> None:
    attract = Attract(controls, INFO, idle=60)
    attract.turn(touched=100, now=159)
    assert not attract.running
    attract.turn(touched=100, now=161)
    assert attract.running
    assert controls.value("show/view") == "features"


def test_it_goes_through_all_its_views_and_begins_again(controls: Controls) -> None:
    attract, steps = Attract(controls, INFO, idle=60), list(programme(INFO, controls))
    seen, now = [], 61.0
    for _ in range(2 * len(steps)):
        attract.turn(touched=0, now=now)
        seen.append((controls.value("show/view"), controls.value("show/layer"), controls.value("tiles/zoom")))
        now += max(step.seconds for step in steps)
    assert {view for view, _, _ in seen} == {"features", "mosaic", "story", "dream"}
    assert len({layer for view, layer, _ in seen if view == "mosaic"}) >= 4
    assert seen[: len(steps)] == seen[len(steps) :]


def test_a_touch_brings_everything_back(controls: Controls) -> None:
    controls.press("m")
    controls.press("3")
    before, chosen = controls.values(), controls.is_chosen("show/layer")
    attract, now = Attract(controls, INFO, idle=60), 61.0
    for _ in range(len(list(programme(INFO, controls)))):
        attract.turn(touched=0, now=now)
        now += 40
    attract.turn(touched=now, now=now + 0.1)
    assert not attract.running
    assert controls.values() == before
    assert controls.is_chosen("show/layer") == chosen
